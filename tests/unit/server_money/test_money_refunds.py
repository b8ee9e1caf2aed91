"""What a bank gives back to a donor: found on the statement, or ended before it arrived."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.books import Books, Debit, Refund, Rules
from jimpitan_server.domain.custody import Place, PlaceKind, balances_of
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.matching import Matching, match_books
from jimpitan_server.domain.movements import movements_of
from jimpitan_server.domain.rupiah import NOTHING, Rupiah, total
from money_books import ACCOUNT, at, credit, day, kinds, matched, of, payment
from test_money_matching_properties import RULES, books

RETURNED = Place(PlaceKind.RETURNED, ACCOUNT)


def refund(name: str, of_payment: str, amount: int, days: float = 2) -> Refund:
    return Refund(
        refund_id=name,
        payment_id=of_payment,
        account=ACCOUNT,
        amount=Rupiah(amount),
        told_at=at(days),
    )


def debit(name: str, amount: int, days: int = 3, text: str = "PENGEMBALIAN") -> Debit:
    return Debit(
        debit_id=name, account=ACCOUNT, booked_on=day(days), amount=Rupiah(amount), text=text
    )


def refunds_in(found: Matching) -> list[Match]:
    relations = (Relation.REFUND_DEBIT, Relation.PAYMENT_REFUND)
    return [one for one in found.matches if one.relation in relations]


PAID = {"payments": (payment("p1", 5_000),), "credits": (credit("c1", 5_000, 1, "QRIS REFp100"),)}


def test_a_refund_is_the_debit_that_names_its_payment() -> None:
    found = matched(
        **PAID,
        refunds=(refund("f1", "p1", 5_000),),
        debits=(debit("d1", 5_000), debit("d2", 5_000, 3, "REVERSAL REFp100")),
    )
    (match,) = refunds_in(found)
    assert (match.right, match.state) == (("d2",), State.MATCHED)
    assert (found.position.qris_confirmed, found.position.qris_refunded) == (
        Rupiah(5_000),
        Rupiah(5_000),
    )
    assert kinds(found) == []


def test_the_only_debit_of_its_amount_is_taken_for_it() -> None:
    found = matched(**PAID, refunds=(refund("f1", "p1", 5_000),), debits=(debit("d1", 5_000),))
    assert refunds_in(found)[0].right == ("d1",)


def test_of_two_debits_none_is_taken() -> None:
    found = matched(
        **PAID,
        refunds=(refund("f1", "p1", 5_000),),
        debits=(debit("d1", 5_000), debit("d2", 5_000)),
    )
    assert [(one.right, one.state) for one in refunds_in(found)] == [((), State.MISSING)]
    assert kinds(found) == ["refund_not_debited"]


def test_what_was_given_back_before_it_arrived_waits_no_more() -> None:
    found = matched(payments=(payment("p1", 5_000),), refunds=(refund("f1", "p1", 5_000),))
    (match,) = refunds_in(found)
    assert (match.relation, match.left, match.right) == (
        Relation.PAYMENT_REFUND,
        ("p1",),
        ("f1",),
    )
    assert of(found, Relation.PAYMENT_CREDIT) == []
    assert found.position.qris_provisional == NOTHING
    assert kinds(found) == []


def test_the_rest_of_a_payment_is_still_waited_for() -> None:
    found = matched(payments=(payment("p1", 5_000),), refunds=(refund("f1", "p1", 2_000),))
    (rest,) = of(found, Relation.PAYMENT_CREDIT)
    assert (rest.left_total, rest.state) == (Rupiah(3_000), State.MISSING)


def test_a_refund_that_is_told_twice_is_one() -> None:
    twice = (refund("f1", "p1", 5_000), refund("f2", "p1", 4_000, 4), refund("f3", "gone", 1))
    found = matched(**PAID, refunds=twice, debits=(debit("d1", 5_000),))
    assert [one.left for one in refunds_in(found)] == [("f1",)]


def test_before_its_debit_is_due_nothing_is_wrong() -> None:
    found = matched(days_later=3, **PAID, refunds=(refund("f1", "p1", 5_000),), statement_until={})
    assert refunds_in(found)[0].state is State.EXPECTED
    assert kinds(found) == []


def test_a_refund_of_a_repeated_notification_is_of_the_payment_it_repeats() -> None:
    same = {"rrn": "123456789012", "mpan18": "936000000000000001", "issuer": "BANK"}
    twice = (payment("p1", 5_000, **same), payment("p2", 5_000, **same))
    without = matched(payments=twice)
    (repeated,) = [one for one in without.matches if one.state is State.DUPLICATE]
    told = matched(payments=twice, refunds=(refund("f1", repeated.left[0], 5_000),))
    (given_back,) = refunds_in(told)
    assert given_back.relation is Relation.PAYMENT_REFUND
    assert given_back.left != repeated.left
    assert [one.left for one in told.matches if one.state is State.DUPLICATE] == [repeated.left]


def test_a_withdrawal_is_no_refund_of_what_never_arrived() -> None:
    found = matched(
        payments=(payment("p1", 5_000),),
        refunds=(refund("f1", "p1", 5_000),),
        debits=(debit("d1", 5_000, 9, "TARIK TUNAI"),),
    )
    assert [one.relation for one in refunds_in(found)] == [Relation.PAYMENT_REFUND]


@given(books(), RULES, st.lists(st.tuples(st.integers(0, 7), st.booleans()), max_size=6))
def test_the_ledger_balances_with_what_is_given_back(
    given_books: Books, rules: Rules, given_back: list[tuple[int, bool]]
) -> None:
    told, lines = [], []
    for number, (place, has_line) in enumerate(given_back):
        if place < len(given_books.payments):
            paid = given_books.payments[place]
            told.append(refund(f"f{number}", paid.payment_id, paid.amount.amount, 6))
            if has_line:
                lines.append(debit(f"d{number}", paid.amount.amount, 7))
    whole = replace(given_books, refunds=tuple(told), debits=tuple(lines))
    found = match_books(whole, rules)
    held = balances_of(movements_of(whole, found.matches))
    assert total(held.values()) == NOTHING
    used = [one for match in refunds_in(found) for one in match.right]
    assert len(used) == len(set(used))
    confirmed = held.get(Place(PlaceKind.BANK_CONFIRMED, ACCOUNT), NOTHING)
    credited = total(one.amount for one in whole.credits)
    assert confirmed == credited - total(one.amount for one in lines)
    provisional = held.get(Place(PlaceKind.BANK_PROVISIONAL, ACCOUNT), NOTHING)
    assert provisional >= NOTHING
    assert held.get(RETURNED, NOTHING) >= found.position.qris_refunded
