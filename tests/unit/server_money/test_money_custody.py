"""Where the money is: every rupiah that was counted or credited in exactly one place."""

from dataclasses import replace

import pytest
from hypothesis import given
from jimpitan_server.domain.books import Books, Debit, Handover, RemittanceMethod, Rules
from jimpitan_server.domain.custody import (
    Movement,
    Place,
    PlaceKind,
    Why,
    balances_of,
)
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.domain.match import Relation, State
from jimpitan_server.domain.matching import match_books
from jimpitan_server.domain.movements import movements_of
from jimpitan_server.domain.rupiah import NOTHING, Rupiah, total
from money_books import ACCOUNT, at, collection, credit, day, payment, remittance
from test_money_matching_properties import RULES, books

SITI, BENDAHARA = Place(PlaceKind.COLLECTOR, "siti"), Place(PlaceKind.TREASURER, "bendahara")
PROVISIONAL = Place(PlaceKind.BANK_PROVISIONAL, ACCOUNT)
CONFIRMED = Place(PlaceKind.BANK_CONFIRMED, ACCOUNT)
SPENT = Place(PlaceKind.SPENT, ACCOUNT)


def balances(given_books: Books) -> dict[Place, Rupiah]:
    found = match_books(given_books, Rules())
    return balances_of(movements_of(given_books, found.matches))


def counted(amount: int = 20_500) -> Books:
    return Books(now=at(1), collections=(collection("k1", amount, holder="siti"),))


def paid_in(amount: int, **more: object) -> Books:
    slip = remittance("r1", amount, "k1", paid_at=at(1), **more)
    return replace(counted(), remittances=(slip,))


def test_what_is_counted_lies_with_who_counted_it() -> None:
    assert balances(counted())[SITI] == Rupiah(20_500)
    assert balances(counted(0)) == {}


def handed(name: str, received: int, days: float = 0.5, *ids: str) -> Handover:
    return Handover(
        handover_id=name,
        collection_ids=ids or ("k1",),
        giver="siti",
        receiver="bendahara",
        received=Rupiah(received),
        at=at(days),
    )


def test_a_handover_moves_it_and_the_remittance_takes_it_from_there() -> None:
    over = handed("h1", 20_500, 0.5, "k1", "k1", "gone")
    held = balances(replace(counted(), handovers=(over,)))
    assert (held[SITI], held[BENDAHARA]) == (NOTHING, Rupiah(20_500))
    again = handed("h2", 20_500, 0.6)
    paid = balances(replace(paid_in(20_500), handovers=(again, over)))
    assert (paid[SITI], paid[BENDAHARA], paid[PROVISIONAL]) == (NOTHING, NOTHING, Rupiah(20_500))


def test_what_the_receiver_did_not_find_stays_with_the_giver() -> None:
    short = replace(counted(), handovers=(handed("h1", 20_000),))
    held = balances(short)
    assert (held[SITI], held[BENDAHARA]) == (Rupiah(500), Rupiah(20_000))
    (case,) = [one for one in match_books(short, Rules()).discrepancies if "handover" in one.kind]
    assert (case.severity, case.evidence["arrived_idr"]) == (Severity.CRITICAL, 20_000)
    paid = balances(replace(paid_in(20_500), handovers=(handed("h1", 20_000),)))
    assert (paid[SITI], paid[BENDAHARA], paid[PROVISIONAL]) == (NOTHING, NOTHING, Rupiah(20_500))


def test_a_second_handover_puts_nobodys_shortage_on_another() -> None:
    """A counted 20.500 and kept 500; B hands on all that B ever had."""
    second = replace(handed("h2", 20_000, 0.7), giver="bendahara", receiver="ketua")
    chain = replace(counted(), handovers=(handed("h1", 20_000), second))
    held = balances(chain)
    assert (held[SITI], held[BENDAHARA]) == (Rupiah(500), NOTHING)
    assert held[Place(PlaceKind.TREASURER, "ketua")] == Rupiah(20_000)
    cases = [one for one in match_books(chain, Rules()).discrepancies if "handover" in one.kind]
    assert [(one.subject, one.evidence["giver"]) for one in cases] == [("h1", "siti")]


def test_more_than_was_counted_moves_what_was_counted_and_is_a_case() -> None:
    more = replace(counted(), handovers=(handed("h1", 21_000),))
    assert balances(more)[BENDAHARA] == Rupiah(20_500)
    cases = [one.severity for one in match_books(more, Rules()).discrepancies]
    assert Severity.WARNING in cases


def test_an_empty_count_is_handed_over_without_a_movement() -> None:
    assert balances(replace(counted(0), handovers=(handed("h1", 0),))) == {}


def test_what_is_not_paid_in_stays_with_the_collector() -> None:
    held = balances(paid_in(20_000))
    assert (held[SITI], held[PROVISIONAL]) == (Rupiah(500), Rupiah(20_000))


def test_what_is_paid_in_beyond_the_count_is_called_so() -> None:
    held = balances(paid_in(21_000))
    assert held[SITI] == NOTHING
    assert held[Place(PlaceKind.GIVEN_UNCOUNTED)] == Rupiah(-500)


def test_a_count_that_two_remittances_claim_is_taken_once() -> None:
    twice = paid_in(20_500)
    second = remittance("r2", 20_500, "k1", "unknown", paid_at=at(2))
    held = balances(replace(twice, remittances=(*twice.remittances, second)))
    assert held[SITI] == NOTHING
    assert held[Place(PlaceKind.GIVEN_UNCOUNTED)] == Rupiah(-20_500)


def test_a_statement_confirms_and_what_it_shows_beyond_is_called_so() -> None:
    lines = (
        credit("c1", 20_500, 1, "SETOR TUNAI"),
        credit("c2", 3_000, 2, "QRIS"),
        credit("c3", 7_000, 2, "TRSF"),
    )
    held = balances(replace(paid_in(20_500), credits=lines))
    assert held[PROVISIONAL] == NOTHING
    assert held[CONFIRMED] == Rupiah(30_500)
    assert held[Place(PlaceKind.GIVEN_UNNOTIFIED)] == Rupiah(-3_000)
    assert held[Place(PlaceKind.GIVEN_UNEXPLAINED)] == Rupiah(-7_000)


def test_a_fee_is_given_and_kept_by_the_bank() -> None:
    gift = payment("p1", 10_000, fee=Rupiah(70))
    held = balances(Books(now=at(), payments=(gift,)))
    assert held == {
        Place(PlaceKind.GIVEN_QRIS): Rupiah(-10_000),
        PROVISIONAL: Rupiah(9_930),
        Place(PlaceKind.FEE, ACCOUNT): Rupiah(70),
    }


def test_a_payment_that_was_a_remittance_is_no_gift() -> None:
    by_qris = paid_in(20_500, method=RemittanceMethod.QRIS, reference="REFp100")
    notified = replace(by_qris, payments=(payment("p1", 20_500, 1, reference="REFp100"),))
    held = balances(notified)
    assert Place(PlaceKind.GIVEN_QRIS) not in held
    assert held[PROVISIONAL] == Rupiah(20_500)


def test_what_leaves_the_account_is_spent() -> None:
    line = Debit(debit_id="d1", account=ACCOUNT, booked_on=day(3), amount=Rupiah(5_000), text="")
    with_it = replace(paid_in(20_500), credits=(credit("c1", 20_500, 1, "SETOR"),), debits=(line,))
    held = balances(with_it)
    assert (held[CONFIRMED], held[SPENT]) == (Rupiah(15_500), Rupiah(5_000))


def test_a_movement_moves_something_somewhere() -> None:
    fields = {"key": "k", "occurred_on": day(), "why": Why.COUNTED, "source": SITI}
    with pytest.raises(ValueError, match="more than nothing"):
        Movement(target=SPENT, amount=NOTHING, **fields)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="somewhere else"):
        Movement(target=SITI, amount=Rupiah(1), **fields)  # type: ignore[arg-type]


@given(books(), RULES)
def test_the_ledger_balances_and_the_bank_holds_what_statements_show(
    given_books: Books, rules: Rules
) -> None:
    matches = match_books(given_books, rules).matches
    movements = movements_of(given_books, matches)
    held = balances_of(movements)
    assert total(held.values()) == NOTHING
    assert len({one.key for one in movements}) == len(movements)
    assert held.get(CONFIRMED, NOTHING) == total(one.amount for one in given_books.credits)
    for place, amount in held.items():
        assert (amount <= NOTHING) if place.kind.is_source else (amount >= NOTHING), place


@given(books(), RULES)
def test_what_was_given_is_what_was_counted_and_what_was_notified(
    given_books: Books, rules: Rules
) -> None:
    matches = match_books(given_books, rules).matches
    held = balances_of(movements_of(given_books, matches))
    cash = -held.get(Place(PlaceKind.GIVEN_CASH), NOTHING)
    assert cash == total(one.total for one in given_books.collections)
    gifts = {
        one
        for match in matches
        if match.relation is Relation.PAYMENT_CREDIT and match.state is not State.DUPLICATE
        for one in match.left
    }
    notified = total(one.amount for one in given_books.payments if one.payment_id in gifts)
    assert -held.get(Place(PlaceKind.GIVEN_QRIS), NOTHING) == notified


def test_places_are_written_and_read() -> None:
    for place in (SITI, CONFIRMED, Place(PlaceKind.GIVEN_CASH)):
        assert Place.of(str(place)) == place
