"""Matching as stories: what the treasurer would say, from the same papers."""

from dataclasses import replace
from typing import Any

import pytest
from jimpitan_server.domain.books import RemittanceMethod
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Relation, State
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.settlement import Settlement
from money_books import (
    ACCOUNT,
    BOX,
    by_batch,
    collection,
    credit,
    day,
    kinds,
    matched,
    of,
    payment,
    remittance,
)

QRIS = RemittanceMethod.QRIS


def test_a_credit_that_names_the_payment_confirms_it() -> None:
    found = matched(
        payments=(payment("p1", 5_000, rrn="123456789012", box=BOX), payment("p2", 5_000)),
        credits=(credit("c1", 5_000, 1, "QRIS RRN:123456789012"),),
    )
    first, second = of(found, Relation.PAYMENT_CREDIT)
    assert (first.state, first.left, first.right) == (State.MATCHED, ("p1",), ("c1",))
    assert (second.state, second.left) == (State.MISSING, ("p2",))
    assert kinds(found) == ["payment_not_credited"]
    assert found.position.qris_confirmed == Rupiah(5_000)
    assert found.position.qris_provisional == Rupiah(5_000)
    assert found.position.qris_unattributed == Rupiah(5_000)


def test_a_payment_waits_then_is_late_then_is_missing() -> None:
    def state(days_later: float, until: int) -> State:
        found = matched(
            payments=(payment("p1", 5_000),),
            days_later=days_later,
            statement_until={ACCOUNT: day(until)},
        )
        return of(found, Relation.PAYMENT_CREDIT)[0].state

    assert state(1, 0) is State.EXPECTED
    assert state(6, 2) is State.LATE
    assert state(6, 4) is State.LATE  # The last day of a statement may be incomplete.
    assert state(6, 5) is State.MISSING


def test_the_only_payment_and_credit_of_an_amount_belong_together() -> None:
    found = matched(payments=(payment("p1", 7_000),), credits=(credit("c1", 7_000, 2),))
    (match,) = of(found, Relation.PAYMENT_CREDIT)
    assert match.state is State.MATCHED
    assert kinds(found) == []


def test_equal_gifts_are_proven_in_sum_and_open_in_person() -> None:
    payments = tuple(payment(f"p{n}", 1_000, minutes_box(n)) for n in range(20))
    credits_ = tuple(credit(f"c{n}", 1_000) for n in range(20))
    found = matched(payments=payments, credits=credits_)
    (match,) = of(found, Relation.PAYMENT_CREDIT)
    assert match.state is State.AMBIGUOUS
    assert match.variance == Rupiah(0)
    assert "20 payments and 20 credits" in match.reason
    assert found.position.qris_confirmed == Rupiah(20_000)
    assert found.position.qris_unattributed == Rupiah(20_000)
    assert kinds(found) == []


def minutes_box(number: int) -> float:
    return number / 1_440


def test_fewer_credits_than_equal_payments_leave_the_difference_open() -> None:
    found = matched(
        payments=(payment("p1", 1_000), payment("p2", 1_000)), credits=(credit("c1", 1_000),)
    )
    (match,) = of(found, Relation.PAYMENT_CREDIT)
    assert (match.state, match.outstanding) == (State.AMBIGUOUS, Rupiah(1_000))
    assert kinds(found) == ["payment_ambiguous"]


def test_a_notification_lost_until_the_statement_is_confirmed_once() -> None:
    found = matched(credits=(credit("c1", 4_000),))
    (match,) = of(found, Relation.PAYMENT_CREDIT)
    assert (match.state, match.box) == (State.ORPHAN, None)
    assert found.position.qris_confirmed == Rupiah(4_000)
    assert found.position.qris_unattributed == Rupiah(4_000)
    assert kinds(found) == ["payment_not_notified"]
    later = matched(credits=(credit("c1", 4_000),), payments=(payment("p1", 4_000, box=BOX),))
    assert later.position.qris_confirmed == Rupiah(4_000)
    assert later.position.qris_provisional == Rupiah(0)
    assert later.position.qris_unattributed == Rupiah(0)
    assert kinds(later) == []


def test_a_lost_notification_is_attributed_only_by_the_text() -> None:
    labels = {"A17": BOX, "B-18": BoxId("box-0018")}
    for text, box in [
        ("QRIS A17 LEBAK", BOX),
        ("QRIS B-18", BoxId("box-0018")),
        ("QRIS A17 B-18", None),
        ("QRIS A170", None),
    ]:
        found = matched(credits=(credit("c1", 4_000, 0, text),), boxes_by_label=labels)
        assert of(found, Relation.PAYMENT_CREDIT)[0].box == box


def test_a_credit_that_names_another_payment_is_not_taken_for_a_twin() -> None:
    found = matched(
        payments=(
            payment("p1", 4_000, rrn="123456789012"),
            payment("p2", 4_000, 1, rrn="123456789013", box=BOX),
        ),
        credits=(
            credit("c1", 4_000, 0, "QRIS 123456789012"),
            credit("c2", 4_000, 1, "QRIS 123456789999"),
        ),
    )
    states = {
        match.left or match.right: match.state for match in of(found, Relation.PAYMENT_CREDIT)
    }
    assert states == {("p1",): State.MATCHED, ("p2",): State.MISSING, ("c2",): State.ORPHAN}


def test_a_credit_of_neither_chain_is_listed_and_no_donation() -> None:
    found = matched(credits=(credit("c1", 9_000, 0, "TRSF DARI SESEORANG"),))
    assert found.position.other_credits == Rupiah(9_000)
    assert found.position.qris_confirmed == Rupiah(0)
    assert kinds(found) == ["credit_unexplained"]


def test_a_fee_is_seen_and_the_reported_one_expected() -> None:
    named = (credit("c1", 9_930, 0, "QRIS REFp100"),)
    found = matched(payments=(payment("p1", 10_000),), credits=named)
    assert of(found, Relation.PAYMENT_CREDIT)[0].state is State.UNDER
    assert kinds(found) == ["fee_unexpected"]
    found = matched(payments=(payment("p1", 10_000, fee=Rupiah(70)),), credits=named)
    assert of(found, Relation.PAYMENT_CREDIT)[0].state is State.MATCHED
    found = matched(payments=(payment("p1", 9_000),), credits=named)
    assert of(found, Relation.PAYMENT_CREDIT)[0].state is State.OVER


def test_a_late_credit_says_so() -> None:
    found = matched(
        payments=(payment("p1", 1_000),), credits=(credit("c1", 1_000, 9, "QRIS REFp100"),)
    )
    assert "after 9 days" in of(found, Relation.PAYMENT_CREDIT)[0].reason


def test_one_payment_numbered_twice_is_one_payment() -> None:
    same: dict[str, Any] = {
        "rrn": "123456789012",
        "mpan18": "936009990000000017",
        "issuer": "DANA",
    }
    payments = (payment("p1", 3_000, **same), payment("p2", 3_000, **same))
    found = matched(payments=payments)
    assert found.position.qris_provisional == Rupiah(3_000)
    assert kinds(found) == ["payment_not_credited", "payment_repeated"]
    both_named = (credit("c1", 3_000, 0, "QRIS REFp100"), credit("c2", 3_000, 0, "QRIS REFp200"))
    found = matched(payments=payments, credits=both_named)
    assert found.position.qris_confirmed == Rupiah(6_000)
    assert kinds(found) == []


def test_a_day_reaches_the_account_as_one_credit() -> None:
    payments = (payment("p1", 1_000), payment("p2", 2_500), payment("p3", 700, 1))
    found = matched(
        by_batch(Settlement.DAILY), payments=payments, credits=(credit("c1", 3_500, 1),)
    )
    first, second = of(found, Relation.PAYMENT_CREDIT)
    assert (first.state, first.left, first.right) == (State.MATCHED, ("p1", "p2"), ("c1",))
    assert second.state is State.MISSING


def test_a_weekend_reaches_the_account_as_one_credit() -> None:
    payments = (payment("p1", 1_000), payment("p2", 2_000, 1), payment("p3", 4_000, 2))
    found = matched(
        by_batch(Settlement.DAILY), payments=payments, credits=(credit("c1", 7_000, 3),)
    )
    (match,) = of(found, Relation.PAYMENT_CREDIT)
    assert (match.state, match.left) == (State.MATCHED, ("p1", "p2", "p3"))


def test_a_batch_larger_than_its_notifications_shows_what_was_lost() -> None:
    found = matched(
        by_batch(Settlement.DAILY),
        payments=(payment("p1", 1_000, box=BOX),),
        credits=(credit("c1", 3_500, 1),),
    )
    (match,) = of(found, Relation.PAYMENT_CREDIT)
    assert (match.state, match.variance) == (State.OVER, Rupiah(2_500))
    assert found.position.qris_confirmed == Rupiah(3_500)
    assert found.position.qris_unattributed == Rupiah(2_500)
    assert kinds(found) == ["payment_credit_differs"]


def test_a_batch_smaller_than_its_notifications_leaves_the_rest_open() -> None:
    found = matched(
        by_batch(Settlement.DAILY),
        payments=(payment("p1", 5_000),),
        credits=(credit("c1", 3_500, 1),),
    )
    assert of(found, Relation.PAYMENT_CREDIT)[0].state is State.UNDER
    assert found.position.qris_provisional == Rupiah(1_500)


def test_terminals_settle_apart_and_by_name() -> None:
    payments = (payment("p1", 1_000, terminal="A01"), payment("p2", 1_000, terminal="A02"))
    credits_ = (credit("c1", 1_000, 1, "QRIS A02"), credit("c2", 1_000, 1, "QRIS A01"))
    found = matched(by_batch(Settlement.TERMINAL_DAILY), payments=payments, credits=credits_)
    pairs = {(match.left, match.right) for match in of(found, Relation.PAYMENT_CREDIT)}
    assert pairs == {(("p1",), ("c2",)), (("p2",), ("c1",))}
    nameless = (credit("c1", 1_000, 1), credit("c2", 1_000, 1))
    found = matched(by_batch(Settlement.TERMINAL_DAILY), payments=payments, credits=nameless)
    assert State.AMBIGUOUS in {match.state for match in of(found, Relation.PAYMENT_CREDIT)}


@pytest.mark.parametrize("days", [9, 80], ids=["days", "months"])
def test_a_batch_far_away_explains_nothing(days: int) -> None:
    found = matched(
        by_batch(Settlement.DAILY),
        days_later=days + 40,
        payments=(payment("p1", 5_000),),
        credits=(credit("c1", 3_500, days),),
    )
    states = {match.state for match in of(found, Relation.PAYMENT_CREDIT)}
    assert states == {State.MISSING, State.ORPHAN}


def test_counted_cash_reaches_the_account_by_its_slip() -> None:
    found = matched(
        collections=(collection("k1", 60_000), collection("k2", 40_000)),
        remittances=(remittance("r1", 100_000, "k1", "k2"),),
        credits=(credit("c1", 100_000, 1, "SETOR TUNAI SLIPr100"),),
    )
    assert of(found, Relation.COUNT_REMITTANCE)[0].state is State.MATCHED
    assert of(found, Relation.REMITTANCE_CREDIT)[0].state is State.MATCHED
    assert found.position.remitted_confirmed == Rupiah(100_000)
    assert found.position.qris_confirmed == Rupiah(0)
    assert kinds(found) == []


@pytest.mark.parametrize(
    ("text", "state"),
    [("SETOR TUNAI", State.MATCHED), ("TRSF", State.MATCHED), ("QRIS", State.MISSING)],
)
def test_a_slip_that_no_text_names_is_found_by_amount_but_not_among_payments(
    text: str, state: State
) -> None:
    found = matched(
        remittances=(remittance("r1", 100_000),), credits=(credit("c1", 100_000, 1, text),)
    )
    assert of(found, Relation.REMITTANCE_CREDIT)[0].state is state


def test_equal_remittances_are_proven_in_sum() -> None:
    remittances = (remittance("r1", 5_000), remittance("r2", 5_000))
    one = (credit("c1", 5_000, 1, "SETOR"),)
    found = matched(remittances=remittances, credits=one)
    (match,) = of(found, Relation.REMITTANCE_CREDIT)
    assert (match.state, match.outstanding) == (State.AMBIGUOUS, Rupiah(5_000))
    assert "remittance_ambiguous" in kinds(found)
    found = matched(remittances=remittances, credits=(*one, credit("c2", 5_000, 1, "SETOR")))
    assert "remittance_ambiguous" not in kinds(found)


def test_more_or_less_paid_in_than_counted_is_said() -> None:
    for amount, state in [(9_000, State.UNDER), (11_000, State.OVER)]:
        found = matched(
            collections=(collection("k1", 10_000),), remittances=(remittance("r1", amount, "k1"),)
        )
        assert of(found, Relation.COUNT_REMITTANCE)[0].state is state
        assert "remittance_differs" in kinds(found)


def test_one_count_is_paid_in_once() -> None:
    found = matched(
        collections=(collection("k1", 10_000),),
        remittances=(remittance("r1", 10_000, "k1"), remittance("r2", 10_000, "k1")),
    )
    assert [match.state for match in of(found, Relation.COUNT_REMITTANCE)] == [
        State.MATCHED,
        State.DUPLICATE,
    ]
    assert "count_remitted_twice" in kinds(found)


def test_a_remittance_for_no_count_is_an_orphan() -> None:
    found = matched(remittances=(remittance("r1", 10_000, "k9"),))
    assert "remittance_without_count" in kinds(found)


def test_a_slip_for_another_amount_is_said() -> None:
    for amount, state in [(9_000, State.UNDER), (11_000, State.OVER)]:
        found = matched(
            remittances=(remittance("r1", 10_000),),
            credits=(credit("c1", amount, 1, "SETOR SLIPr100"),),
        )
        assert of(found, Relation.REMITTANCE_CREDIT)[0].state is state


def test_counted_cash_is_due_at_the_bank() -> None:
    def state(days_later: float, amount: int = 5_000) -> State:
        found = matched(collections=(collection("k1", amount),), days_later=days_later)
        return of(found, Relation.COUNT_REMITTANCE)[0].state

    assert state(1) is State.EXPECTED
    assert state(4) is State.MISSING
    assert state(4, 0) is State.MATCHED


def qris_remittance(**more: object) -> object:
    return remittance("r1", 50_000, "k1", method=QRIS, reference="REFp100", **more)


def test_a_remittance_by_qris_is_no_second_donation() -> None:
    books: dict[str, Any] = {
        "collections": (collection("k1", 50_000),),
        "remittances": (qris_remittance(),),
        "payments": (payment("p1", 50_000, 0.01), payment("p2", 2_000)),
    }
    found = matched(**books)
    assert of(found, Relation.REMITTANCE_PAYMENT)[0].state is State.MATCHED
    assert found.position.qris_provisional == Rupiah(2_000)
    credits_ = (credit("c1", 50_000, 0, "QRIS REFp100"), credit("c2", 2_000))
    found = matched(**books, credits=credits_)
    assert found.position.remitted_confirmed == Rupiah(50_000)
    assert found.position.qris_confirmed == Rupiah(2_000)


def test_a_mistyped_reference_does_not_make_a_donation() -> None:
    mistyped = replace(qris_remittance(), reference="REFq999")  # type: ignore[type-var]
    found = matched(remittances=(mistyped,), payments=(payment("p1", 50_000, 0.01),))
    assert found.position.qris_provisional == Rupiah(0)
    assert "remittance_notification" in kinds(found)
    twins = (payment("p1", 50_000, 0.01, box=BOX), payment("p2", 50_000, 0.02))
    found = matched(remittances=(mistyped,), payments=twins)
    (match,) = of(found, Relation.REMITTANCE_PAYMENT)
    assert (match.state, match.right) == (State.AMBIGUOUS, ("p2",))
    assert found.position.qris_provisional == Rupiah(50_000)


def test_a_remittance_that_the_acquirer_numbered_twice_leaves_no_gift() -> None:
    same: dict[str, Any] = {"rrn": "123456789012"}
    payments = (payment("p0", 50_000, box=BOX, **same), payment("p1", 50_000, **same))
    found = matched(remittances=(qris_remittance(),), payments=payments)
    assert found.position.qris_provisional == Rupiah(0)
    assert of(found, Relation.REMITTANCE_PAYMENT)[0].right == ("p1",)
    assert "payment_repeated" in kinds(found)


def test_a_remittance_by_qris_for_another_amount_is_said() -> None:
    for amount, state in [(49_000, State.UNDER), (51_000, State.OVER)]:
        found = matched(remittances=(qris_remittance(),), payments=(payment("p1", amount),))
        assert of(found, Relation.REMITTANCE_PAYMENT)[0].state is state
        assert "remittance_notification" in kinds(found)
        assert found.position.qris_provisional == Rupiah(0)


def test_a_remittance_by_qris_that_nobody_notified_is_found_on_the_statement() -> None:
    for text in ("QRIS REFp100", "QRIS"):
        found = matched(remittances=(qris_remittance(),), credits=(credit("c1", 50_000, 0, text),))
        assert found.position.remitted_confirmed == Rupiah(50_000)
        assert found.position.qris_confirmed == Rupiah(0)


def test_a_remittance_inside_a_batch_is_taken_out_of_it() -> None:
    books: dict[str, Any] = {
        "remittances": (qris_remittance(),),
        "payments": (payment("p1", 50_000), payment("p2", 2_000)),
        "credits": (credit("c1", 52_000, 1),),
    }
    found = matched(by_batch(Settlement.DAILY), **books)
    assert found.position.remitted_confirmed == Rupiah(50_000)
    assert found.position.qris_confirmed == Rupiah(2_000)
    lonely = books | {"payments": (payment("p1", 50_000),), "credits": (credit("c1", 53_000, 1),)}
    found = matched(by_batch(Settlement.DAILY), **lonely)
    assert found.position.credited == Rupiah(53_000)
