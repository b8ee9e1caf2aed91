"""How acquirers pay: cut-offs, open days, parts, habits that change, and fees nobody agreed to."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.bank_calendar import CLOSED_RUN_MAX, BankCalendar
from jimpitan_server.domain.books import Books, Rules
from jimpitan_server.domain.fees import RATES_BP, fee_at, rate_of
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.matching import match_books
from jimpitan_server.domain.money_errors import ProfileMalformed
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.settlement import (
    SETTLEMENTS,
    Settlement,
    SettlementProfile,
    SettlementTerms,
    always,
    settlement_named,
)
from money_books import ACCOUNT, by_batch, credit, day, kinds, matched, of, payment

BCA = SETTLEMENTS["bca-umi"]
WORKING = SETTLEMENTS["working-daily"]
EID = [date(2026, 3, 18) + timedelta(days=number) for number in range(7)]


def wib(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def test_banks_rest_at_weekends_and_on_the_days_they_are_given_off() -> None:
    calendar = BankCalendar(frozenset(EID))
    assert calendar.is_open(date(2026, 3, 17))
    assert not calendar.is_open(date(2026, 3, 21))
    assert calendar.next_open(date(2026, 3, 18)) == date(2026, 3, 25)
    assert calendar.later(date(2026, 3, 17), 1) == date(2026, 3, 25)
    assert calendar.later(date(2026, 3, 17), 0) == date(2026, 3, 17)
    friday = date(2026, 1, 9)
    assert BankCalendar().later(friday, 2) == date(2026, 1, 13)


def test_a_calendar_that_never_opens_holds_nobody_up() -> None:
    closed = frozenset(date(2026, 1, 1) + timedelta(days=number) for number in range(60))
    first = date(2026, 1, 1)
    assert BankCalendar(closed).next_open(first) == first + timedelta(days=CLOSED_RUN_MAX)


@pytest.mark.parametrize(
    ("paid", "closes"),
    [
        ("2026-01-09T03:59:59", ("2026-01-09", 0)),
        ("2026-01-09T04:00:00", ("2026-01-09", 1)),
        ("2026-01-09T11:40:59", ("2026-01-09", 2)),
        ("2026-01-09T18:59:59", ("2026-01-09", 4)),
        ("2026-01-09T19:00:00", ("2026-01-10", 0)),
        ("2026-01-09T23:59:59", ("2026-01-10", 0)),
    ],
)
def test_a_batch_closes_at_its_cutoff_across_midnight_too(
    paid: str, closes: tuple[str, int]
) -> None:
    found, number = BCA.batch_of(wib(paid))
    assert (found.isoformat(), number) == closes


def test_two_batches_of_a_day_are_two_credits() -> None:
    payments = (
        payment("p1", 1_000, paid_at=wib("2026-01-09T09:00:00")),
        payment("p2", 2_000, paid_at=wib("2026-01-09T10:00:00")),
        payment("p3", 5_000, paid_at=wib("2026-01-09T20:00:00")),
    )
    credits_ = (credit("c1", 3_000, 0), credit("c2", 5_000, 1))
    found = of(
        matched(by_batch(BCA), payments=payments, credits=credits_), Relation.PAYMENT_CREDIT
    )
    assert [(one.left, one.right, one.state) for one in found] == [
        (("p1", "p2"), ("c1",), State.MATCHED),
        (("p3",), ("c2",), State.MATCHED),
    ]
    assert "no. 3" in found[0].reason


def test_a_weekend_and_a_holiday_are_not_late() -> None:
    friday_gift = (payment("p1", 1_000, 0),)  # 9 January; Monday is given off
    monday = day(3)
    on_wednesday = matched(
        by_batch(WORKING, monday), days_later=5, payments=friday_gift, statement_until={}
    )
    assert of(on_wednesday, Relation.PAYMENT_CREDIT)[0].state is State.EXPECTED
    without = matched(by_batch(WORKING), days_later=5, payments=friday_gift, statement_until={})
    assert of(without, Relation.PAYMENT_CREDIT)[0].state is State.LATE


def test_a_late_batch_says_when_it_was_due() -> None:
    late = matched(
        by_batch(WORKING), payments=(payment("p1", 1_000),), credits=(credit("c1", 1_000, 9),)
    )
    (match,) = of(late, Relation.PAYMENT_CREDIT)
    assert (match.state, match.reason.endswith("due by 2026-01-13.")) == (State.MATCHED, True)


def test_of_equal_batches_the_one_that_is_due_is_taken() -> None:
    payments = (payment("p1", 1_000, 0), payment("p2", 1_000, 7))
    found = matched(by_batch(WORKING), payments=payments, credits=(credit("c1", 1_000, 10),))
    paid = [one for one in of(found, Relation.PAYMENT_CREDIT) if one.right]
    assert [(one.left, one.state) for one in paid] == [(("p2",), State.MATCHED)]


def test_equal_batches_that_are_both_due_are_counted() -> None:
    payments = (payment("p1", 1_000, 0), payment("p2", 1_000, 1))
    found = matched(
        by_batch(Settlement.DAILY), payments=payments, credits=(credit("c1", 1_000, 2),)
    )
    (match,) = [one for one in of(found, Relation.PAYMENT_CREDIT) if one.right]
    assert (match.state, match.evidence) == (State.AMBIGUOUS, {"equally_good": 2})


def in_parts(*amounts: int, text: str = "QRIS") -> list[Match]:
    credits_ = tuple(credit(f"c{n}", amount, 1, text) for n, amount in enumerate(amounts))
    payments = (payment("p1", 4_000, 0), payment("p2", 3_000, 0))
    found = matched(by_batch(Settlement.DAILY), payments=payments, credits=credits_)
    return of(found, Relation.PAYMENT_CREDIT)


def test_a_batch_that_is_paid_in_parts_is_whole() -> None:
    (match,) = in_parts(5_500, 1_500)
    assert (match.state, match.right) == (State.MATCHED, ("c0", "c1"))
    assert match.reason == "2026-01-09 in 2 parts."


def test_parts_are_all_credits_of_the_day_or_none() -> None:
    assert all(one.state is not State.MATCHED for one in in_parts(5_500, 1_500, 900))
    assert all("parts" not in one.reason for one in in_parts(*[1_000] * 7))


def test_two_batches_that_parts_could_pay_stay_open() -> None:
    payments = (payment("p1", 7_000, 0), payment("p2", 7_000, 1))
    credits_ = (credit("c1", 5_000, 2), credit("c2", 2_000, 2))
    found = matched(by_batch(Settlement.DAILY), payments=payments, credits=credits_)
    assert all("parts" not in one.reason for one in of(found, Relation.PAYMENT_CREDIT))


def test_a_habit_that_changes_holds_from_its_day() -> None:
    terms = SettlementTerms(((date.min, SETTLEMENTS["payment"]), (day(3), SETTLEMENTS["daily"])))
    assert (terms.on(day(2)).name, terms.on(day(3)).name) == ("payment", "daily")
    payments = (
        payment("p1", 1_000, 1),
        payment("p2", 2_000, 1),
        payment("p3", 1_000, 4),
        payment("p4", 2_000, 4),
    )
    credits_ = (credit("c1", 1_000, 1), credit("c2", 2_000, 1), credit("c3", 3_000, 5))
    rules = Rules(terms_by_account={ACCOUNT: terms})
    found = of(matched(rules, payments=payments, credits=credits_), Relation.PAYMENT_CREDIT)
    assert [(one.left, one.right) for one in found] == [
        (("p1",), ("c1",)),
        (("p2",), ("c2",)),
        (("p3", "p4"), ("c3",)),
    ]
    assert {one.state for one in found} == {State.MATCHED}


@given(st.lists(st.integers(1, 10_000_000), min_size=1, max_size=30), st.sampled_from(RATES_BP))
def test_a_fee_is_known_by_its_rate(amounts: list[int], rate_bp: int) -> None:
    paid = [Rupiah(amount) for amount in amounts]
    for way in (0, 1):
        gap = Rupiah(sum(fee_at(one, rate_bp)[way] for one in paid))
        assert rate_of(paid, gap) is None or gap.amount > 0
        if gap.amount:
            assert rate_of(paid, gap) in RATES_BP


def test_no_gap_is_no_fee_and_any_other_gap_none() -> None:
    paid = [Rupiah(10_000)] * 3
    assert rate_of(paid, Rupiah(0)) is None
    assert rate_of(paid, Rupiah(210)) == 70
    assert rate_of(paid, Rupiah(211)) is None


def test_a_fee_taken_from_a_batch_is_named() -> None:
    payments = (payment("p1", 10_000), payment("p2", 20_000))
    short = matched(
        by_batch(Settlement.DAILY), payments=payments, credits=(credit("c1", 29_790, 1),)
    )
    assert kinds(short) == ["fee_unexpected"]
    (found,) = short.discrepancies
    assert (found.evidence["fee_bp"], found.evidence["fee_idr"]) == (70, 210)
    other = matched(
        by_batch(Settlement.DAILY), payments=payments, credits=(credit("c1", 29_000, 1),)
    )
    assert kinds(other) == ["payment_credit_differs"]


def test_notified_fees_beyond_the_terms_are_one_case_a_month() -> None:
    dear = SettlementProfile(name="dear", way=Settlement.PAYMENT, source="ours", fee_bp=70)
    payments = tuple(
        payment(f"p{n}", 10_000, days, fee=Rupiah(fee))
        for n, (days, fee) in enumerate([(0, 70), (1, 70), (40, 71), (41, 0)])
    )
    free = match_books(Books(now=payments[-1].paid_at, payments=payments), Rules())
    cases = [one for one in free.discrepancies if one.kind == "fee_unexpected"]
    assert [(one.subject, one.evidence["fee_idr"]) for one in cases] == [
        (f"{ACCOUNT}/2026-01", 140),
        (f"{ACCOUNT}/2026-02", 71),
    ]
    agreed = Rules(terms_by_account={ACCOUNT: always(dear)})
    paid = match_books(Books(now=payments[-1].paid_at, payments=payments), agreed)
    (case,) = [one for one in paid.discrepancies if one.kind == "fee_unexpected"]
    assert (case.subject, case.evidence["fee_idr"]) == (f"{ACCOUNT}/2026-02", 1)


def test_habits_that_no_acquirer_has_are_refused() -> None:
    fields = {"name": "x", "way": Settlement.DAILY, "source": "ours"}
    for wrong in ({"cutoffs": (time(9), time(8))}, {"lag_days_min": 5}, {"lag_days_max": 99}):
        with pytest.raises(ProfileMalformed):
            SettlementProfile(**fields | wrong)  # type: ignore[arg-type]
    with pytest.raises(ProfileMalformed):
        SettlementTerms(())
    with pytest.raises(ProfileMalformed, match="known are bca-umi"):
        settlement_named("gratis")
    assert settlement_named("t-plus-2").in_open_days
    assert all(profile.source for profile in SETTLEMENTS.values())
