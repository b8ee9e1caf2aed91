"""What seldom happens to money: times without a zone, credits far away, odd refunds."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters.bank_profiles import profile_named
from jimpitan_server.domain.bank_day import bank_day, bank_days
from jimpitan_server.domain.books import Debit, Refund, RemittanceMethod, Rules
from jimpitan_server.domain.match import Relation, State
from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.mentions import plain, plain_all
from jimpitan_server.domain.money_errors import ProfileMalformed, QrisMalformed
from jimpitan_server.domain.pairing import Item, Window, group_equal
from jimpitan_server.domain.partner import Account, BankPartner, KeyPurpose
from jimpitan_server.domain.qris_payload import take_apart
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.settlement import Settlement
from jimpitan_server.domain.statement_profile import StatementProfile
from jimpitan_server.domain.tlv import write_tlv
from jimpitan_server.domain.what_if import changed_rules, rule_values
from money_books import (
    ACCOUNT,
    at,
    collection,
    credit,
    day,
    kinds,
    matched,
    of,
    opening,
    payment,
    remittance,
)


def test_instant_without_a_zone_has_no_bank_day() -> None:
    with pytest.raises(ValueError, match="zone"):
        bank_day(datetime(2026, 1, 9, 18))  # noqa: DTZ001 -- that is the point
    evening = datetime(2026, 1, 9, 22, tzinfo=timezone(timedelta(hours=9)))
    assert bank_day(evening) == date(2026, 1, 9)
    assert bank_day(datetime(2026, 1, 9, 18, tzinfo=UTC)) == date(2026, 1, 10)


def test_count_near_the_end_of_a_long_visit_is_its_own_and_a_later_one_is_not() -> None:
    """The lid was opened again and again for an hour; reach is not tolerance."""
    openings = (*(opening(n, minutes=20 * n) for n in range(4)), opening(9, minutes=300))
    counts = (
        collection("k1", 1_000, minutes(70), sensed=True),
        collection("k2", 1_000, minutes(360), sensed=True),
    )
    found = matched(openings=openings, collections=counts)
    by_count = {one.right: one.state for one in of(found, Relation.LID_COUNT) if one.right}
    assert by_count == {("k1",): State.MATCHED, ("k2",): State.MISSING}


def minutes(number: float) -> float:
    return number / (24 * 60)


def test_few_notes_pass_where_the_programme_says_so() -> None:
    rules = Rules(remittance_tolerance_steps=2)
    found = matched(
        rules,
        collections=(collection("k1", 50_000),),
        remittances=(remittance("r1", 48_000, "k1"),),
    )
    (match,) = of(found, Relation.COUNT_REMITTANCE)
    assert match.state is State.WITHIN_TOLERANCE


def refund(name: str, of_payment: str, amount: int) -> Refund:
    return Refund(
        refund_id=name,
        payment_id=of_payment,
        account=ACCOUNT,
        amount=Rupiah(amount),
        told_at=at(1),
    )


def test_payment_is_given_back_up_to_what_should_have_arrived() -> None:
    """Of a payment with a fee the refunds are a little more than what the account would get."""
    found = matched(
        payments=(payment("p1", 1_000, fee=Rupiah(10)),),
        refunds=(refund("f1", "p1", 995), refund("f2", "p1", 5)),
    )
    (back,) = of(found, Relation.PAYMENT_REFUND)
    assert (back.right, back.left_total) == (("f1",), Rupiah(990))


def test_debit_that_names_a_payment_with_another_sum_is_not_its_refund() -> None:
    def with_debit(amount: int) -> Matching:
        named = Debit(
            debit_id="d1",
            account=ACCOUNT,
            booked_on=day(2),
            amount=Rupiah(amount),
            text="REFUND REFp100",
        )
        return matched(
            payments=(payment("p1", 1_000),),
            credits=(credit("c1", 1_000, 1),),
            refunds=(refund("f1", "p1", 1_000),),
            debits=(named,),
        )

    assert kinds(with_debit(1_000)) == []
    assert kinds(with_debit(900)) == ["refund_not_debited"]


def test_message_far_from_its_own_time_is_worth_a_look_until_money_comes() -> None:
    told = payment("p1", 1_000, held=True)
    waiting = matched(days_later=1, statement_until={}, payments=(told,))
    assert kinds(waiting) == ["payment_held"]
    assert kinds(matched(payments=(told,), credits=(credit("c1", 1_000),))) == []


def test_remittance_whose_reference_differs_is_worth_a_look() -> None:
    found = matched(
        collections=(collection("k1", 50_000),),
        remittances=(remittance("r1", 50_000, "k1", method=RemittanceMethod.QRIS),),
        payments=(payment("p1", 50_000),),
        credits=(credit("c1", 50_000),),
    )
    assert kinds(found) == ["remittance_notification"]


def test_amount_that_waited_too_long_is_paid_by_no_later_one() -> None:
    window = Window(before=1, after=5)
    items = [Item(day=day(n), item_id=f"e{n}", amount=Rupiah(1_000)) for n in (0, 5, 6)]
    late = [Item(day=day(n), item_id=f"a{n}", amount=Rupiah(1_000)) for n in (7, 8)]
    alone, together = group_equal(items, late, window)
    assert [one.item_id for one in alone.expected] == ["e0"]
    assert not alone.answered
    assert [one.item_id for one in together.answered] == ["a7", "a8"]


def test_amount_whose_time_ran_out_in_a_group_is_passed_over() -> None:
    window = Window(before=1, after=5)
    items = [Item(day=day(n), item_id=f"e{n}", amount=Rupiah(1_000)) for n in (0, 1, 6)]
    arrived = [Item(day=day(n), item_id=f"a{n}", amount=Rupiah(1_000)) for n in (5, 8)]
    (group,) = group_equal(items, arrived, window)
    assert [one.item_id for one in group.answered] == ["a5", "a8"]
    assert not group.unique


def test_partner_gives_tokens_at_its_path_and_money_where_the_body_is_signed() -> None:
    partner = BankPartner(
        partner_id="BANK-1", account=ACCOUNT, profile=profile_named("snap-asymmetric")
    )
    assert partner.takes_money
    assert partner.gives_tokens_at(partner.token_path)
    assert not partner.gives_tokens_at("/elsewhere")
    assert partner.answers_at("/qr-mpm-notify")
    assert not partner.answers_at("/elsewhere")
    assert partner.keys_for(KeyPurpose.NOTIFICATION, at()) == []


def test_account_settles_by_what_it_began_with_until_it_changed() -> None:
    account = Account(
        account_id=ACCOUNT, settlement=Settlement.PAYMENT, changes=((day(3), "daily"),)
    )
    assert [account.terms.on(day(n)).name for n in (2, 3)] == ["payment", "daily"]


def test_code_with_a_broken_template_is_not_whole() -> None:
    assert not take_apart("000201" + "6403abc").is_whole
    assert take_apart("000201" + "64" + "10" + "0002ID0102").is_whole is False
    assert take_apart("000201").is_whole
    assert take_apart("000201" + "64" + "06" + "0002ID").is_whole


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-11))])


@given(st.lists(st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=ZONES)))  # noqa: DTZ001 -- with ZONES
def test_days_of_many_instants_are_those_of_each(instants: list[datetime]) -> None:
    assert bank_days(instants) == [bank_day(one) for one in instants]


def test_one_of_many_instants_without_a_zone_has_no_bank_day() -> None:
    with pytest.raises(ValueError, match="zone"):
        bank_days([at(9), datetime(2026, 1, 9, 18)])  # noqa: DTZ001 -- that is the point


@given(st.lists(st.text("aZ9-ß \n", max_size=3)))
def test_many_references_are_compared_as_each(names: list[str]) -> None:
    assert plain_all(names) == [plain(name) for name in names]


def test_no_tag_holds_more_than_its_grammar() -> None:
    for tag, value in (("5", "x"), ("59", "x" * 100)):
        with pytest.raises(QrisMalformed):
            write_tlv(tag, value)


def test_layout_that_reads_no_day_is_refused() -> None:
    with pytest.raises(ProfileMalformed, match="style, date"):
        StatementProfile(name="x", style=(), date=(), date_formats=(), description=())


def test_rules_are_told_as_a_person_sets_them() -> None:
    values = rule_values(Rules())
    assert values["remittance_due_days"] == "3"
    assert rule_values(changed_rules(Rules(), values)) == values
