"""Links by hand, ambiguity counted, and what other rules would find."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jimpitan_server.domain.books import Books, ManualLink, RemittanceMethod, Rules
from jimpitan_server.domain.custody import Place, PlaceKind, balances_of
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.matching import match_books
from jimpitan_server.domain.money_errors import ProfileMalformed
from jimpitan_server.domain.movements import movements_of
from jimpitan_server.domain.pairing import (
    PAIRINGS_MAX,
    Item,
    Window,
    count_pairings,
    group_equal,
)
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.what_if import CHANGES_MAX, changed_rules, compare
from money_books import ACCOUNT, BOX, at, credit, day, kinds, matched, of, payment, remittance


def linked(name: str, relation: Relation, left: str, right: str, days: float = 0) -> ManualLink:
    return ManualLink(
        link_id=name,
        relation=relation,
        left=tuple(left.split()),
        right=tuple(right.split()),
        reason="seen on the slip",
        made_at=at(days),
    )


def credited(*links: ManualLink, **books: object) -> list[Match]:
    found = matched(links=links, **books)
    bank = (Relation.REMITTANCE_CREDIT, Relation.PAYMENT_CREDIT)
    return [one for one in found.matches if one.right and one.relation in bank]


SLIPS = (remittance("r1", 5_000, "k1"), remittance("r2", 5_000, "k2"))
LINES = (credit("c1", 5_000, 1, "SETOR"), credit("c2", 5_000, 1, "SETOR"))


def test_a_person_says_which_of_equal_credits_is_whose() -> None:
    assert {one.state for one in credited(remittances=SLIPS, credits=LINES)} == {State.AMBIGUOUS}
    link = linked("l1", Relation.REMITTANCE_CREDIT, "r1", "c2")
    by_hand, rest = credited(link, remittances=SLIPS, credits=LINES)
    assert (by_hand.left, by_hand.right, by_hand.state) == (("r1",), ("c2",), State.MANUAL)
    assert by_hand.reason == "Linked by a person: seen on the slip"
    assert (rest.left, rest.right, rest.state) == (("r2",), ("c1",), State.MATCHED)


def test_papers_that_differ_are_forced_and_stay_a_case() -> None:
    link = linked("l1", Relation.REMITTANCE_CREDIT, "r1 r2", "c1")
    found = matched(links=(link,), remittances=SLIPS, credits=LINES[:1])
    (match,) = of(found, Relation.REMITTANCE_CREDIT)
    assert (match.state, match.variance) == (State.FORCED, Rupiah(-5_000))
    assert "link_forced" in kinds(found)


def test_a_payment_is_linked_with_its_box() -> None:
    link = linked("l1", Relation.PAYMENT_CREDIT, "p1 p2", "c1")
    gifts = (payment("p1", 1_000, box=BOX), payment("p2", 2_000, box=BOX))
    (match,) = credited(link, payments=gifts, credits=(credit("c1", 3_000, 1, "TRSF"),))
    assert (match.state, match.box, match.evidence) == (State.MANUAL, BOX, {"link": "l1"})
    mixed = (gifts[0], replace(gifts[1], box=None))
    (match,) = credited(link, payments=mixed, credits=(credit("c1", 3_000, 1, "TRSF"),))
    assert match.box is None


def test_links_that_hold_nothing_any_more_are_passed_over() -> None:
    first = linked("l1", Relation.REMITTANCE_CREDIT, "r1", "c1")
    later = linked("l2", Relation.REMITTANCE_CREDIT, "r2", "c1", 1)
    gone = linked("l3", Relation.REMITTANCE_CREDIT, "r9", "c2", 2)
    found = credited(later, gone, first, remittances=SLIPS, credits=LINES)
    assert [(one.left, one.right) for one in found] == [(("r1",), ("c1",)), (("r2",), ("c2",))]
    by_qris = remittance("r1", 1_000, "k1", method=RemittanceMethod.QRIS, reference="REFp100")
    claimed = linked("l4", Relation.PAYMENT_CREDIT, "p1", "c1")
    found = credited(
        claimed,
        remittances=(by_qris,),
        payments=(payment("p1", 1_000),),
        credits=(credit("c1", 1_000, 1),),
    )
    assert State.MANUAL not in {one.state for one in found}


def test_a_linked_remittance_by_qris_takes_its_payment_along() -> None:
    by_qris = remittance("r1", 1_000, "k1", method=RemittanceMethod.QRIS, reference="REFp100")
    link = linked("l1", Relation.REMITTANCE_CREDIT, "r1", "c1")
    for more in ((), (credit("c2", 1_000, 1, "QRIS REFp100"),)):
        given_books = Books(
            now=at(30),
            links=(link,),
            remittances=(by_qris,),
            payments=(payment("p1", 1_000),),
            credits=(credit("c1", 1_000, 1, "TRSF"), *more),
            statement_until={ACCOUNT: day(30)},
        )
        found = match_books(given_books, Rules())
        manual = [one for one in found.matches if one.key == "remittance_credit left r1"]
        assert [one.state for one in manual] == [State.MANUAL]
        held = balances_of(movements_of(given_books, found.matches))
        assert held[Place(PlaceKind.BANK_CONFIRMED, ACCOUNT)] == found.position.credited
    assert "payment_not_notified" in kinds(found)


@st.composite
def sides(draw: st.DrawFn) -> tuple[list[Item], list[Item], Window]:
    def items(name: str, size: int) -> list[Item]:
        days = sorted(draw(st.lists(st.integers(0, 6), min_size=1, max_size=size)))
        return [
            Item(day=day(one), item_id=f"{name}{number}", amount=Rupiah(1_000))
            for number, one in enumerate(days)
        ]

    return items("e", 5), items("a", 5), Window(before=1, after=draw(st.integers(0, 4)))


@settings(deadline=None)  # trying every pairing takes longer on a busy machine
@given(sides())
def test_pairings_are_counted_as_trying_all_of_them_does(
    given_sides: tuple[list[Item], list[Item], Window],
) -> None:
    expected, arrived, window = given_sides
    found: dict[int, set[frozenset[tuple[str, str]]]] = {}
    padded = [*arrived, *[None] * len(expected)]
    for order in permutations(padded, len(expected)):
        pairs = frozenset(
            (one.item_id, other.item_id)
            for one, other in zip(expected, order, strict=True)
            if other is not None and window.holds(one, other)
        )
        wrong = any(
            other is not None and not window.holds(one, other)
            for one, other in zip(expected, order, strict=True)
        )
        if not wrong:
            found.setdefault(len(pairs), set()).add(pairs)
    assert count_pairings(expected, arrived, window) == len(found[max(found)])


def test_more_pairings_than_help_anybody_are_not_counted() -> None:
    many = [Item(day=day(), item_id=f"i{n}", amount=Rupiah(1)) for n in range(10)]
    assert count_pairings(many, many, Window(before=1, after=4)) is None
    assert count_pairings(many[:9], many[:9], Window(before=1, after=4)) == 362_880
    assert PAIRINGS_MAX == 1_000_000
    spread = [replace(one, day=day(number * 3)) for number, one in enumerate(many)]
    assert count_pairings(spread, spread, Window(before=1, after=4)) is None


def test_an_ambiguous_match_says_how_many_pairings_are_as_good() -> None:
    gifts = tuple(payment(f"p{n}", 1_000, n, reference=None) for n in range(3))
    (match,) = of(
        matched(payments=gifts, credits=(credit("c1", 1_000, 3), credit("c2", 1_000, 3))),
        Relation.PAYMENT_CREDIT,
    )
    assert (match.state, match.evidence) == (State.AMBIGUOUS, {"equally_good": 6})


def test_rules_are_changed_by_name() -> None:
    changed = changed_rules(
        Rules(),
        {
            "credit_lag_days": "9",
            "visit_gap_minutes": "45",
            "deposit_high_idr": "50000",
            f"settlement.{ACCOUNT}": "daily",
        },
    )
    assert (changed.credit_lag_days, changed.visit_gap) == (9, timedelta(minutes=45))
    assert changed.deposit_high == Rupiah(50_000)
    assert changed.terms_of(ACCOUNT).on(day()).name == "daily"
    for wrong in ({"generosity": "1"}, {"credit_lag_days": "-1"}, {"count_due_hours": "x"}):
        with pytest.raises(Malformed):
            changed_rules(Rules(), wrong)
    with pytest.raises(Malformed, match="At most"):
        changed_rules(Rules(), {f"rule{n}": "1" for n in range(CHANGES_MAX + 1)})
    with pytest.raises(ProfileMalformed):
        changed_rules(Rules(), {f"settlement.{ACCOUNT}": "gratis"})


def test_what_other_rules_would_find_is_told_as_a_difference() -> None:
    books = Books(
        now=at(30),
        payments=(payment("p1", 1_000), payment("p2", 2_000)),
        credits=(credit("c1", 3_000, 1),),
        statement_until={ACCOUNT: day(30)},
    )
    before = match_books(books, Rules())
    after = match_books(books, changed_rules(Rules(), {f"settlement.{ACCOUNT}": "daily"}))
    found = compare(before, after)
    assert found.states["matched"] == (0, 1)
    assert found.states["missing"] == (2, 0)
    assert found.discrepancies_gone == 3
    assert (found.discrepancies_new, found.position["qris_provisional"]) == (
        0,
        (Rupiah(3_000), Rupiah(0)),
    )
    assert found.matches_changed == len(found.matches) == 3
    nothing = compare(before, before)
    assert (nothing.matches, nothing.discrepancies, nothing.position) == ((), (), {})


def test_windows_that_share_no_arrival_tie_nothing_together() -> None:
    window = Window(before=1, after=5)
    first, second = equal("e1", 0), equal("e2", 4)
    early, late = equal("a1", 1), equal("a2", 8)
    groups = group_equal([first, second], [early, late], window)
    assert [(one.expected, one.answered, one.unique) for one in groups] == [
        ((first,), (early,), True),
        ((second,), (late,), True),
    ]


def test_an_arrival_in_two_windows_ties_them_together() -> None:
    window = Window(before=1, after=5)
    first, second, alone = equal("e1", 0), equal("e2", 4), equal("e3", 30)
    groups = group_equal([first, second, alone], [equal("a1", 3)], window)
    assert [len(one.expected) for one in groups if one.answered] == [2]
    assert [one.expected for one in groups if not one.answered] == [(alone,)]


def equal(name: str, days: int) -> Item:
    return Item(day=day(days), item_id=name, amount=Rupiah(1_000))
