"""Batches by terminal: a line that names a terminal answers that one alone."""

from jimpitan_server.domain.books import Debit, Refund, RemittanceMethod
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.settlement import Settlement
from money_books import ACCOUNT, at, by_batch, credit, day, kinds, matched, of, payment, remittance

RULES = by_batch(Settlement.TERMINAL_DAILY)


def at_terminal(name: str, amount: int, label: str | None, days: float = 0) -> object:
    box = BoxId(f"box-{label[-1]}") if label else None
    return payment(name, amount, days, terminal=label, box=box, reference=None)


def run(payments: list[object], credits_: list[object]) -> tuple[Matching, dict[str, Match]]:
    matching = matched(RULES, payments=tuple(payments), credits=tuple(credits_))
    found = of(matching, Relation.PAYMENT_CREDIT)
    return matching, {one.right[0]: one for one in found if one.right}


def test_line_without_a_name_answers_no_terminal_that_the_bank_names() -> None:
    payments = [at_terminal("p1", 20_000, "TRM1"), at_terminal("p2", 5_000, "TRM2")]
    lines = [
        credit("a", 500, 1, "QRIS SETTLEMENT"),
        credit("b", 22_000, 1, "QRIS SETTLEMENT TRM1"),
        credit("c", 5_000, 1, "QRIS SETTLEMENT TRM2"),
    ]
    matching, by_line = run(payments, lines)
    assert by_line["b"].left == ("p1",)
    assert (by_line["b"].state, by_line["b"].box) == (State.OVER, "box-1")
    assert by_line["b"].evidence["surplus_terminal"] == "TRM1"
    assert by_line["a"].state is State.ORPHAN
    assert matching.position.qris_unattributed.amount == 500, "only the line that names nobody"


def test_line_of_a_terminal_that_nobody_notified_answers_no_other_one() -> None:
    payments = [at_terminal("p1", 20_000, "TRM1"), at_terminal("p2", 4_000, "TRM1", 1)]
    lines = [credit("a", 20_000, 1, "QRIS TRM1"), credit("b", 9_000, 2, "QRIS TRM7")]
    _, by_line = run(payments, lines)
    assert by_line["a"].left == ("p1",)
    assert by_line["b"].left == ()


def test_bank_that_names_no_terminals_pays_batches_of_terminals_all_the_same() -> None:
    payments = [at_terminal("p1", 20_000, "TRM1"), at_terminal("p2", 4_000, "TRM2")]
    lines = [credit("a", 20_000, 1, "QRIS SETTLEMENT"), credit("b", 4_500, 1, "QRIS SETTLEMENT")]
    _, by_line = run(payments, lines)
    assert by_line["a"].left == ("p1",)
    assert by_line["b"].left == ("p2",)
    assert "surplus_terminal" not in by_line["b"].evidence


def test_of_batches_that_are_alike_the_one_closed_last_is_paid() -> None:
    payments = [at_terminal("p1", 2_000, "TRM1"), at_terminal("p2", 2_000, "TRM1", 3)]
    lines = [credit("a", 22_000, 2, "QRIS TRM1"), credit("b", 2_000, 4, "QRIS TRM1")]
    _, by_line = run(payments, lines)
    assert by_line["a"].left == ("p1",)
    assert by_line["b"].left == ("p2",)
    assert by_line["b"].state is State.AMBIGUOUS


def test_parts_of_a_batch_are_not_lines_of_other_terminals() -> None:
    payments = [at_terminal("p1", 9_000, "TRM1"), at_terminal("p2", 1_000, "TRM2")]
    lines = [
        credit("a", 1_000, 1, "QRIS TRM2"),
        credit("b", 4_000, 2, "QRIS TRM1"),
        credit("c", 5_000, 2, "QRIS TRM3"),
    ]
    _, by_line = run(payments, lines)
    assert by_line["b"].left == ("p1",)
    assert by_line["c"].left == ()


def test_line_of_a_lost_day_takes_no_line_from_the_batch_after_it() -> None:
    """Two equal lines, and the first was booked before the only batch had closed."""
    payments = [at_terminal("p1", 1_000, "TRM1", 2)]
    lines = [credit("a", 1_000, 1, "QRIS TRM1"), credit("b", 1_000, 3, "QRIS TRM1")]
    _, by_line = run(payments, lines)
    assert by_line["b"].left == ("p1",)
    assert by_line["a"].left == ()


def test_lost_payment_that_makes_two_batches_equal_is_found_once() -> None:
    """The first batch lost half; every line fits the batch after its own; the last is alone."""
    payments = [
        at_terminal("p1", 1_000, "TRM1"),
        *(at_terminal(f"p{n}", 2_000, "TRM1", n) for n in range(2, 9, 2)),
    ]
    days = [2, 4, 6, 8, 10]
    lines = [credit(f"c{n}", 2_000, day, "QRIS TRM1") for n, day in enumerate(days)]
    matching, by_line = run(payments, lines)
    assert [by_line[f"c{n}"].left for n in range(5)] == [
        ("p1",),
        ("p2",),
        ("p4",),
        ("p6",),
        ("p8",),
    ]
    assert {one.box for one in by_line.values()} == {"box-1"}
    surplus = [one for one in by_line.values() if one.variance]
    assert [(one.variance.amount, one.state) for one in surplus] == [(1_000, State.OVER)]
    assert surplus[0].evidence["surplus_terminal"] == "TRM1"
    assert matching.position.qris_unattributed.amount == 0
    assert kinds(matching) == ["payment_credit_differs"]


def test_line_too_small_is_no_batch_s_when_a_larger_one_stays_alone() -> None:
    payments = [at_terminal("p1", 13_500, "TRM1", 1)]
    lines = [credit("a", 2_000, 1, "QRIS TRM1"), credit("b", 15_500, 2, "QRIS TRM1")]
    _, by_line = run(payments, lines)
    assert (by_line["b"].left, by_line["b"].state) == (("p1",), State.OVER)
    assert (by_line["a"].left, by_line["a"].box) == ((), None)


def test_batches_in_order_that_fit_in_several_ways_are_left_open_and_their_sum_proven() -> None:
    """One of four equal lines is of a day that was lost whole: any of them may be."""
    payments = [
        at_terminal("p1", 1_000, "TRM1"),
        at_terminal("p2", 2_000, "TRM1", 2),
        at_terminal("p3", 2_000, "TRM1", 4),
    ]
    lines = [credit(f"c{n}", 2_000, day, "QRIS TRM1") for n, day in enumerate((2, 4, 6, 7))]
    _, by_line = run(payments, lines)
    paid = [one for one in by_line.values() if one.left]
    assert sorted(one.left for one in paid) == [("p1",), ("p2",), ("p3",)]
    assert [(one.state, one.evidence["equally_good"]) for one in paid] == [
        (State.AMBIGUOUS, 4)
    ] * 3
    assert sum(one.variance.amount for one in by_line.values()) == 8_000 - 5_000
    assert [one.evidence.get("surplus_terminal") for one in paid if one.variance] == ["TRM1"]


def test_refund_that_a_debit_names_was_kept_back_from_no_batch() -> None:
    payments = [
        payment("p1", 2_000, terminal="TRM1", box=BoxId("box-1")),
        at_terminal("p2", 9_000, "TRM1", 1),
    ]
    refund = Refund(
        refund_id="r1", payment_id="p1", account=ACCOUNT, amount=Rupiah(1_000), told_at=at(1)
    )
    lines = (credit("a", 3_000, 1, "QRIS TRM1"), credit("b", 1_000, 9, "QRIS TRM1"))
    books = {"payments": tuple(payments), "credits": lines, "refunds": (refund,)}
    debit = Debit(
        debit_id="d1",
        account=ACCOUNT,
        booked_on=day(2),
        amount=Rupiah(1_000),
        text="REFUND REFp100",
    )
    named = matched(RULES, **books, debits=(debit,))
    (paid,) = [one for one in of(named, Relation.PAYMENT_CREDIT) if one.right == ("a",)]
    assert (paid.left, paid.right_total.amount - paid.left_total.amount) == (("p1",), 1_000)


def test_what_a_batch_brings_beyond_a_remittance_is_a_lost_gift() -> None:
    """The collector paid his count with the programme's code; a donor's message was lost."""
    paid_in = remittance("r1", 65_100, method=RemittanceMethod.QRIS, reference="REFp100")
    found = matched(
        by_batch(Settlement.DAILY),
        payments=(payment("p1", 65_100),),
        remittances=(paid_in,),
        credits=(credit("c1", 66_100, 1),),
    )
    (back,) = of(found, Relation.REMITTANCE_CREDIT)
    assert (back.state, back.right_total.amount) == (State.MATCHED, 65_100)
    (gift,) = of(found, Relation.PAYMENT_CREDIT)
    assert (gift.state, gift.right_total.amount) == (State.ORPHAN, 1_000)
    assert kinds(found) == ["payment_not_notified", "remittance_without_count"]


def test_equal_sum_weeks_late_is_no_batch_s_whose_own_day_has_a_line() -> None:
    payments = [at_terminal("p1", 1_000, "TRM1")]
    lines = [credit("a", 6_000, 1, "QRIS TRM1"), credit("b", 1_000, 20, "QRIS TRM1")]
    _, by_line = run(payments, lines)
    assert (by_line["a"].left, by_line["a"].state) == (("p1",), State.OVER)
    assert by_line["b"].left == ()
    _, alone = run(payments, lines[1:])
    assert (alone["b"].left, alone["b"].state) == (("p1",), State.MATCHED)


def test_batches_weeks_apart_are_no_run_where_each_day_has_a_line_of_its_own() -> None:
    payments = [at_terminal("p1", 1_000, "TRM1"), at_terminal("p2", 3_000, "TRM1", 10)]
    lines = [
        credit("a", 1_500, 1, "QRIS TRM1"),
        credit("b", 3_500, 11, "QRIS TRM1"),
        credit("c", 4_000, 24, "QRIS TRM1"),
    ]
    _, by_line = run(payments, lines)
    assert [by_line[name].left for name in "abc"] == [("p1",), ("p2",), ()]
    _, alone = run(payments, lines[2:])
    assert alone["c"].left == ("p1", "p2"), "one credit for a bank that was closed for long"


def test_batch_that_is_not_overdue_waits_for_its_own_line() -> None:
    """A whole day was lost; the newest batch may not push the others onto its line."""
    payments = [at_terminal("p1", 4_000, "TRM1", 1), at_terminal("new", 3_000, "TRM1", 2)]
    lines = [credit("lost", 5_000, 1, "QRIS TRM1"), credit("c1", 4_000, 2, "QRIS TRM1")]
    _, by_line = run(payments, lines)
    assert (by_line["c1"].left, by_line["c1"].state) == (("p1",), State.MATCHED)
    later = [*lines, credit("other", 9_000, 9, "QRIS TRM2")]
    _, in_the_end = run(payments, later)
    assert [in_the_end[name].left for name in ("lost", "c1")] == [("p1",), ("new",)]
    assert by_line["lost"].left == ()
