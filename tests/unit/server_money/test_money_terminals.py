"""Batches by terminal: a line that names a terminal answers that one alone."""

from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.settlement import Settlement
from money_books import by_batch, credit, matched, of, payment

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
