"""What a credit's text names, and what seldom happens where it does."""

from jimpitan_server.domain.bank_habits import habits_by_account
from jimpitan_server.domain.books import Books, Rules
from jimpitan_server.domain.match import Relation, State
from jimpitan_server.domain.match_at_once import OpenPapers, match_at_once, open_papers
from jimpitan_server.domain.match_named import link_named
from jimpitan_server.domain.matching import match_books
from jimpitan_server.domain.settlement import Settlement, SettlementProfile, always
from money_books import (
    ACCOUNT,
    at,
    collection,
    credit,
    expectation,
    matched,
    of,
    opening,
    payment,
    remittance,
)

RULES = Rules(terms_by_account={ACCOUNT: always(Settlement.PAYMENT)})


def test_without_payments_nothing_is_named() -> None:
    assert link_named([], {}, RULES) == ([], set())


def test_credit_that_names_a_payment_of_long_ago_is_not_its() -> None:
    waiting = {"c1": credit("c1", 1_000, 60, "QRIS REFp100")}
    links, shapes = link_named([payment("p1", 1_000)], waiting, RULES)
    assert (links, shapes, list(waiting)) == ([], set(), ["c1"])


def test_of_two_credits_that_name_a_payment_the_nearest_sum_answers() -> None:
    one, other = (
        credit("c1", 9_000, 1, "QRIS REFp100"),
        credit("c2", 1_000, 2, "QRIS REFp100 123456789012"),
    )
    for waiting in ({"c1": one, "c2": other}, {"c2": other, "c1": one}):
        (link,), shapes = link_named([payment("p1", 1_000, rrn="123456789012")], waiting, RULES)
        assert link.credits == (other,)
        assert shapes == {"AAAA999", "9" * 12}


def test_open_days_of_banks_decide_whether_a_named_credit_was_late() -> None:
    """Paid on a Friday and due on the third open day: on Wednesday in time, on Thursday late."""
    profile = SettlementProfile(
        name="open", way=Settlement.PAYMENT, source="", lag_days_max=3, in_open_days=True
    )
    rules = Rules(terms_by_account={ACCOUNT: always(profile)})
    for days, late in ((5, False), (6, True)):
        waiting = {"c1": credit("c1", 1_000, days, "QRIS REFp100")}
        (link,), _ = link_named([payment("p1", 1_000)], waiting, rules)
        assert ("It came after" in link.reason) is late


def test_habits_are_seen_only_in_papers_that_are_there() -> None:
    books = Books(
        now=at(5),
        payments=(payment("p1", 1_000),),
        credits=(credit("c1", 1_000, 0, "QRIS REFp100"),),
    )
    matches = match_books(books, RULES).matches
    assert habits_by_account(books, matches)[ACCOUNT].reference_shapes == {"AAAA999"}
    gone = Books(now=at(5), payments=books.payments)
    assert habits_by_account(gone, matches) == {}


def test_settled_papers_answer_no_second_credit() -> None:
    books = Books(
        now=at(5),
        payments=(payment("p1", 1_000),),
        remittances=(remittance("r1", 5_000, "k1"),),
        credits=(credit("c0", 700, 1, "TRSF"),),
    )
    waiting = open_papers(books, match_books(books, RULES).matches)[ACCOUNT]
    new = [credit("c1", 1_000, 1, "QRIS REFp100"), credit("c2", 5_000, 1, "SETOR SLIPr100")]
    found = match_at_once(new, waiting, books, RULES)
    assert {one.state for one in found} == {State.MATCHED}
    waiting.settle(found)
    assert (waiting.payments, waiting.remittances) == ([], [])
    assert [one.credit_id for one in waiting.credits] == ["c0"]
    assert match_at_once([], OpenPapers(), books, RULES) == []


def test_count_is_compared_with_what_its_own_period_brought_and_with_nothing_else() -> None:
    """One visit whose period is not told, and one count near no visit."""
    found = matched(
        openings=(opening(5),),
        collections=(
            collection("k1", 1_000, sensed=True),
            collection("k2", 1_000, 9, sensed=True),
        ),
        expectations=(expectation(99, 40),),
    )
    (at_lid,) = [one for one in of(found, Relation.LID_COUNT) if one.left]
    assert (at_lid.state, at_lid.right) == (State.MATCHED, ("k1",))
    assert of(found, Relation.SENSOR_COUNT) == []


def test_visits_near_several_counts_go_to_the_nearest_within_the_tolerance() -> None:
    """Openings at 0, 40 and 80 minutes (the last two within reach of both counts)."""
    found = matched(
        openings=(opening(5), opening(9, 0, 40), opening(11, 0, 80)),
        collections=(
            collection("k1", 1_000, 15 / 1440, sensed=True),
            collection("k2", 1_000, 70.5 / 1440, sensed=True),
            collection("k3", 1_000, 5, sensed=True),
        ),
    )
    pairs = {one.right: one.left for one in of(found, Relation.LID_COUNT)}
    assert pairs[("k2",)] == ("box-0017/11",)
    assert pairs[("k3",)] == ()
    assert pairs[("k1",)] == ("box-0017/5",)


def test_long_visit_of_another_day_makes_no_count_near_to_what_is_far() -> None:
    long_visit = (opening(5), opening(6, 0, 25), opening(7, 0, 50))
    found = matched(
        openings=(*long_visit, opening(9, 2), opening(11, 2, 100)),
        collections=(collection("k1", 1_000, 2 + 50 / 1440, sensed=True),),
    )
    assert [one.left for one in of(found, Relation.LID_COUNT) if one.right] == [()]
