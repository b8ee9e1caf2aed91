"""What donors say they paid: taken where no other payment can be meant, and never as money."""

from dataclasses import replace
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.books import Books, Confirmation, RemittanceMethod, Rules
from jimpitan_server.domain.confirmation import confirm_payments
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.rupiah import Rupiah
from money_books import at, collection, kinds, matched, of, payment, remittance

HERE, THERE = BoxId("box-0001"), BoxId("box-0002")


def told(name: str, amount: int, minutes: float = 0, **more: Any) -> Confirmation:
    return Confirmation(
        **{
            "confirmation_id": name,
            "box": HERE,
            "amount": Rupiah(amount),
            "paid_at": at(0, 0, minutes),
            "told_at": at(0, 1),
            **more,
        }
    )


def judged(*confirmations: Confirmation, **books: Any) -> list[Match]:
    return of(matched(confirmations=confirmations, **books), Relation.CONFIRMATION_PAYMENT)


def test_the_only_payment_of_that_amount_and_time_is_meant() -> None:
    (match,) = judged(told("d1", 1_000, 20), payments=(payment("p1", 1_000),))
    assert (match.state, match.right, match.box) == (State.MATCHED, ("p1",), HERE)


def test_another_amount_or_time_is_not_meant() -> None:
    payments = (payment("p1", 2_000), payment("p2", 1_000, 0.1))
    (match,) = judged(told("d1", 1_000), payments=payments)
    assert (match.state, match.right) == (State.MISSING, ())


def test_of_two_payments_none_is_taken_unless_the_reference_tells() -> None:
    payments = (payment("p1", 1_000, reference="QR-771"), payment("p2", 1_000, reference="QR-882"))
    (match,) = judged(told("d1", 1_000), payments=payments)
    assert (match.state, match.right, match.evidence) == (
        State.AMBIGUOUS,
        (),
        {"equally_good": 2},
    )
    (match,) = judged(told("d1", 1_000, reference="r-882"), payments=payments)
    assert match.right == ("p2",)


def test_what_one_donor_can_only_mean_tells_what_another_means() -> None:
    payments = (payment("p1", 1_000), payment("p2", 1_000, 0.03))
    confirmations = (told("d1", 1_000, 20), told("d2", 1_000, -20, box=THERE))
    matches = {one.left[0]: one for one in judged(*confirmations, payments=payments)}
    assert (matches["d2"].right, matches["d1"].right) == (("p1",), ("p2",))


def test_two_boxes_cannot_both_have_one_payment() -> None:
    confirmations = (told("d1", 1_000), told("d2", 1_000, box=THERE))
    matches = judged(*confirmations, payments=(payment("p1", 1_000),))
    assert {one.state for one in matches} == {State.AMBIGUOUS}


def test_said_twice_of_one_box_is_once() -> None:
    confirmations = (told("d2", 1_000), told("d1", 1_000, told_at=at(0, 2)))
    matches = {
        one.left[0]: one.state for one in judged(*confirmations, payments=(payment("p1", 1_000),))
    }
    assert matches == {"d2": State.MATCHED, "d1": State.DUPLICATE}


def test_a_payment_at_another_box_or_merchant_is_not_meant() -> None:
    elsewhere = payment("p1", 1_000, box=THERE)
    foreign = payment("p2", 1_000, mpan18="936000000000000099")
    mpans = {HERE: frozenset({"936000000000000001"})}
    (match,) = judged(told("d1", 1_000), payments=(elsewhere, foreign), mpans_by_box=mpans)
    assert match.state is State.MISSING


def test_before_two_days_nothing_is_missing() -> None:
    found = matched(days_later=1, confirmations=(told("d1", 1_000),))
    (match,) = of(found, Relation.CONFIRMATION_PAYMENT)
    assert match.state is State.EXPECTED
    assert kinds(found) == []


def test_what_the_bank_does_not_know_is_one_case_for_a_box_and_week() -> None:
    few = matched(confirmations=(told("d1", 1_000), told("d2", 2_000)))
    (case,) = few.discrepancies
    assert (case.kind, case.severity, case.box) == ("donor_payment_missing", "notice", HERE)
    assert (case.evidence["confirmations"], case.evidence["expected_idr"]) == (2, 3_000)
    many = matched(confirmations=tuple(told(f"d{n}", 1_000) for n in range(3)))
    assert [one.severity for one in many.discrepancies] == ["warning"]


def test_a_doubtful_remittance_leaves_to_donors_what_they_confirmed() -> None:
    books: dict[str, Any] = {
        "payments": (payment("p1", 5_000, reference="QR771"), payment("p2", 5_000, 0.01)),
        "collections": (collection("k1", 5_000),),
        "remittances": (
            remittance("r1", 5_000, "k1", method=RemittanceMethod.QRIS, paid_at=at(0)),
        ),
    }
    (doubtful,) = of(matched(**books), Relation.REMITTANCE_PAYMENT)
    assert doubtful.state is State.AMBIGUOUS
    confirmations = (told("d1", 5_000, reference="QR771"),)
    found = matched(**books, confirmations=confirmations)
    (settled,) = of(found, Relation.REMITTANCE_PAYMENT)
    assert (settled.state, settled.right) == (State.MATCHED, ("p2",))
    only = matched(**(books | {"payments": books["payments"][:1]}), confirmations=confirmations)
    assert of(only, Relation.REMITTANCE_PAYMENT)[0].right == ("p1",)


CONFIRMATIONS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from([1, 2]),
        st.integers(-40, 60),
        st.sampled_from([HERE, THERE]),
    ),
    max_size=6,
)


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(0, 60)), max_size=5), CONFIRMATIONS)
def test_only_what_every_true_pairing_has_is_taken(
    paid: list[tuple[int, int]], said: list[tuple[int, int, int, BoxId]]
) -> None:
    """Whatever is taken holds in every way of giving each confirmation its own payment."""
    payments = tuple(
        payment(f"p{number}", amount * 1_000, minutes / 1_440)
        for number, (amount, minutes) in enumerate(paid)
    )
    confirmations = tuple(
        told(f"d{number}", amount * 1_000, minutes, box=box)
        for number, (_, amount, minutes, box) in enumerate(said)
    )
    books = Books(now=at(30), payments=payments, confirmations=confirmations)
    rules = Rules()
    found = confirm_payments(books, rules)
    taken = {name: one.payment_id for name, one in found.payment_by_confirmation.items()}
    assert len(set(taken.values())) == len(taken)
    ways = [
        {
            one.confirmation_id: other.payment_id
            for one, other in zip(confirmations, order, strict=True)
        }
        for order in permutations(payments, len(confirmations))
        if all(
            one.amount == other.amount
            and abs(one.paid_at - other.paid_at) <= rules.confirmation_slack
            for one, other in zip(confirmations, order, strict=True)
        )
    ]
    for way in ways:
        assert taken.items() <= way.items()
    turned = replace(books, confirmations=confirmations[::-1], payments=payments[::-1])
    assert confirm_payments(turned, rules) == found


def test_what_donors_say_moves_no_rupiah() -> None:
    payments = (payment("p1", 1_000), payment("p2", 3_000))
    without = matched(payments=payments)
    confirmations = (told("d1", 1_000), told("d2", 9_000))
    with_ = matched(payments=payments, confirmations=confirmations)
    assert with_.position == without.position
