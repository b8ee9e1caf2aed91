"""Refunds in parts, and refunds that an acquirer keeps back from a later settlement."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.books import Books
from jimpitan_server.domain.custody import Place, PlaceKind, balances_of
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.matching import Matching, match_books
from jimpitan_server.domain.movements import movements_of
from jimpitan_server.domain.rupiah import NOTHING, Rupiah, total
from jimpitan_server.domain.settlement import Settlement
from money_books import ACCOUNT, by_batch, credit, kinds, matched, of, payment
from test_money_matching_properties import books
from test_money_refunds import debit, refund, refunds_in

DAILY = by_batch(Settlement.DAILY)
PAYMENTS = (payment("p1", 5_000), payment("p2", 3_000), payment("p3", 10_000, 1))


def settled(amount: int, *refunds: object, **more: object) -> Matching:
    """Return what is found when the first day's Rp 8.000 arrive as this amount."""
    credits_ = (credit("c1", amount, 1), credit("c2", 10_000, 2))
    return matched(DAILY, payments=PAYMENTS, credits=credits_, refunds=refunds, **more)


def first_batch(found: Matching) -> Match:
    return next(one for one in of(found, Relation.PAYMENT_CREDIT) if "p1" in one.left)


def test_two_parts_of_a_payment_are_two_debits() -> None:
    found = matched(
        payments=(payment("p1", 5_000),),
        credits=(credit("c1", 5_000, 1, "QRIS REFp100"),),
        refunds=(refund("f1", "p1", 2_000), refund("f2", "p1", 1_500, 4)),
        debits=(debit("d1", 2_000), debit("d2", 1_500, 5)),
    )
    assert sorted(one.right for one in refunds_in(found)) == [("d1",), ("d2",)]
    assert found.position.qris_refunded == Rupiah(3_500)
    assert kinds(found) == []


def test_two_parts_before_the_payment_arrived_are_one_match_and_leave_the_rest() -> None:
    told = (refund("f1", "p1", 2_000), refund("f2", "p1", 1_500, 4))
    found = matched(payments=(payment("p1", 5_000),), refunds=told)
    (given_back,) = refunds_in(found)
    assert (given_back.right, given_back.left_total) == (("f1", "f2"), Rupiah(3_500))
    (rest,) = of(found, Relation.PAYMENT_CREDIT)
    assert rest.left_total == Rupiah(1_500)


def test_the_whole_told_after_a_part_is_what_is_left_of_it() -> None:
    told = (refund("f1", "p1", 2_000), refund("f2", "p1", 5_000, 4), refund("f3", "p1", 9, 5))
    found = matched(payments=(payment("p1", 5_000),), refunds=told)
    (given_back,) = refunds_in(found)
    assert (given_back.right, given_back.left_total) == (("f1", "f2"), Rupiah(5_000))
    assert of(found, Relation.PAYMENT_CREDIT) == []


def test_a_refund_of_the_same_batch_makes_its_credit_smaller() -> None:
    found = settled(3_000, refund("f1", "p1", 5_000, 0.5))
    batch, (given_back,) = first_batch(found), refunds_in(found)
    assert (batch.state, batch.left_total, batch.right_total) == (
        State.MATCHED,
        Rupiah(3_000),
        Rupiah(3_000),
    )
    assert batch.evidence == {"refunded_idr": 5_000, "refunds": ["f1"]}
    assert (given_back.relation, given_back.left, given_back.right) == (
        Relation.PAYMENT_REFUND,
        ("p1",),
        ("f1",),
    )
    assert found.position.qris_provisional == NOTHING
    assert kinds(found) == []


def test_a_refund_of_an_older_payment_is_kept_back_from_a_later_batch() -> None:
    payments = (*PAYMENTS, payment("p0", 2_000, -4))
    credits_ = (credit("c0", 2_000, -3), credit("c1", 6_000, 1), credit("c2", 10_000, 2))
    told = (refund("f1", "p0", 2_000, 0.5),)
    found = matched(DAILY, payments=payments, credits=credits_, refunds=told)
    assert [one.left for one in refunds_in(found)] == [("p0",)]
    assert first_batch(found).state is State.MATCHED
    assert kinds(found) == []


def test_of_equal_refunds_which_was_kept_back_stays_open_and_the_other_is_still_awaited() -> None:
    payments = (*PAYMENTS, payment("p0", 2_000, -4), payment("p9", 2_000, -4))
    credits_ = (credit("c0", 4_000, -3), credit("c1", 6_000, 1), credit("c2", 10_000, 2))
    told = (refund("f1", "p0", 2_000, 0.5), refund("f2", "p9", 2_000, 0.5))
    found = matched(DAILY, payments=payments, credits=credits_, refunds=told)
    batch = first_batch(found)
    assert (batch.state, batch.evidence["equally_good"]) == (State.AMBIGUOUS, 2)
    assert sorted((one.relation, one.state) for one in refunds_in(found)) == [
        (Relation.PAYMENT_REFUND, State.AMBIGUOUS),
        (Relation.REFUND_DEBIT, State.MISSING),
    ]
    assert kinds(found) == ["refund_not_debited"]


def test_all_refunds_told_since_a_batch_closed_may_explain_it_together() -> None:
    payments = (*PAYMENTS, payment("p0", 2_000, -4), payment("p9", 1_000, -4))
    credits_ = (credit("c0", 3_000, -3), credit("c1", 5_000, 1), credit("c2", 10_000, 2))
    told = (refund("f1", "p0", 2_000, 0.5), refund("f2", "p9", 1_000, 0.5))
    found = matched(DAILY, payments=payments, credits=credits_, refunds=told)
    assert first_batch(found).evidence["refunds"] == ["f1", "f2"]
    assert kinds(found) == []


def test_a_gap_that_refunds_do_not_make_up_stays_a_difference() -> None:
    found = settled(3_000, refund("f1", "p1", 4_000, 0.5))
    assert first_batch(found).state is State.UNDER
    assert "payment_credit_differs" in kinds(found)


def test_a_refund_that_is_told_later_or_long_before_explains_nothing() -> None:
    for days in (3, -20):
        found = settled(3_000, refund("f1", "p2", 5_000, days))
        assert first_batch(found).state is State.UNDER


def test_parts_of_one_payment_kept_back_from_two_batches_are_one_match() -> None:
    payments = (payment("p1", 5_000, -4), payment("p2", 3_000), payment("p3", 10_000, 1))
    credits_ = (credit("c0", 5_000, -3), credit("c1", 2_000, 1), credit("c2", 8_500, 2))
    told = (refund("f1", "p1", 1_000, 0.5), refund("f2", "p1", 1_500, 1.5))
    found = matched(DAILY, payments=payments, credits=credits_, refunds=told)
    (given_back,) = refunds_in(found)
    assert (given_back.right, given_back.left_total) == (("f1", "f2"), Rupiah(2_500))
    assert kinds(found) == []


def test_payment_given_back_before_it_arrived_and_kept_back_elsewhere_is_one_match() -> None:
    payments = (payment("p0", 1_000), payment("p1", 1_000), payment("p2", 1_000, 1))
    told = (refund("f0", "p0", 1, 1), refund("f1", "p0", 1, 1))
    found = matched(
        DAILY, days_later=1, payments=payments, credits=(credit("c0", 999, 1),), refunds=told
    )
    (given_back,) = refunds_in(found)
    assert (given_back.left, given_back.right) == (("p0",), ("f0", "f1"))
    assert (given_back.state, given_back.left_total) == (State.AMBIGUOUS, Rupiah(2))


@given(books(), st.lists(st.tuples(st.integers(0, 7), st.integers(1, 9_000)), max_size=6))
def test_the_ledger_balances_whatever_is_kept_back(
    given_books: Books, given_back: list[tuple[int, int]]
) -> None:
    told = tuple(
        refund(f"f{number}", given_books.payments[place].payment_id, amount, 1)
        for number, (place, amount) in enumerate(given_back)
        if place < len(given_books.payments)
    )
    short = tuple(
        replace(one, amount=one.amount - Rupiah(min(given_back[0][1], one.amount.amount - 1)))
        if number == 0 and given_back
        else one
        for number, one in enumerate(given_books.credits)
    )
    whole = replace(given_books, refunds=told, credits=short)
    found = match_books(whole, DAILY)
    held = balances_of(movements_of(whole, found.matches))
    assert total(held.values()) == NOTHING
    confirmed = held.get(Place(PlaceKind.BANK_CONFIRMED, ACCOUNT), NOTHING)
    assert confirmed == total(one.amount for one in whole.credits)
    assert held.get(Place(PlaceKind.BANK_PROVISIONAL, ACCOUNT), NOTHING) >= NOTHING
    judged = [one for match in refunds_in(found) for one in _refunds_of(match)]
    assert len(judged) == len(set(judged))


def _refunds_of(match: Match) -> tuple[str, ...]:
    return match.right if match.relation is Relation.PAYMENT_REFUND else match.left
