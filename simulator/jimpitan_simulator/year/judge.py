"""Compares the books with the three truths, per box and day, so that errors cannot cancel."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from typing import Any

from jimpitan_simulator.year.accounts import Line, evidence_of
from jimpitan_simulator.year.causes import false_alarms
from jimpitan_simulator.year.detection import BOX_WEEKS_A_FALSE_ONE, detection_figures
from jimpitan_simulator.year.reading import YearBooks
from jimpitan_simulator.year.truth import day_of
from jimpitan_simulator.year.world import World

BoxDay = tuple[str, date]
# What only a line of the statement tells of has no day of payment in anybody's books.
BY_LINE = date.min
COVERAGE, COVERAGE_FROM, WIDTH_RATIO = 0.95, 20, 0.5


def judge(world: World, books: YearBooks, wrong: list[str]) -> dict[str, Any]:
    """Return the report of a year; `wrong` says in sentences which promise is broken."""
    entered = _entered_difference(world, books)
    account = _account_difference(world, books)
    attributed, missed, foreign = attributed_by_day(world, books)
    determinable = determinable_by_day(world)
    false = false_alarms(world, books)
    truth = world.truth
    report: dict[str, Any] = {
        "seed": world.plan.seed,
        "boxes": len(world.plan.places),
        "weeks": world.plan.weeks,
        "books_minus_entered_idr": entered,
        "books_minus_account_idr": account,
        "physical_minus_counted_idr": sum(abs(one.difference_idr) for one in truth.emptied),
        "attributed_idr": sum(attributed.values()),
        "determinable_idr": sum(determinable.values()),
        "attributed_minus_determinable_idr": _distance(attributed, determinable),
        "misattributed_idr": missed,
        "ambiguous_idr": sum(
            max(one.left_idr, one.right_idr) for one in books.matches if one.state == "ambiguous"
        ),
        "discrepancies": len(books.cases),
        "false_alarms": sum(false.values()),
        "false_alarms_by_kind": dict(sorted(false.items())),
        "discrepancies_by_kind": dict(sorted(Counter(one.kind for one in books.cases).items())),
        **sizes_of(world, books),
        **detection_figures(world, books),
    }
    report["wrong"] = [*wrong, *foreign, *_broken(report)]
    return report


def _distance(left: Mapping[Any, int], right: Mapping[Any, int]) -> int:
    """Return the sum of what two books differ by, line by line."""
    return sum(abs(left.get(key, 0) - right.get(key, 0)) for key in {*left, *right})


def _summed(pairs: Iterable[tuple[Hashable, int]]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for key, amount in pairs:
        found[key] += amount
    return found


def _entered_difference(world: World, books: YearBooks) -> int:
    """Counts by box and day, remittances by account, boxes and day, and the ledger's counts."""
    truth = world.truth
    counts = _summed(((one.box, one.day), one.amount_idr) for one in books.counts)
    slips = _summed(((one.account, one.boxes, one.day), one.amount_idr) for one in books.slips)
    typed = {one.collection_id: one.typed_idr for one in truth.emptied}
    return (
        _distance(counts, truth.typed_by_box_and_day())
        + _distance(slips, truth.remitted_by_boxes_and_day())
        + _distance(books.ledger_counted, typed)
    )


def _account_difference(world: World, books: YearBooks) -> int:
    """Lines by account, day and side against the bank's own, and the ledger's bank balance."""
    own = _summed(
        ((line.account, day_of(line.at), line.amount_idr > 0), line.amount_idr)
        for line in world.bank.lines
    )
    held = _summed(
        ((line.account, line.day, line.amount_idr > 0), line.amount_idr) for line in books.lines
    )
    balance = _summed((line.account, line.amount_idr) for line in world.bank.lines)
    credits_ = sum(line.amount_idr for line in world.bank.lines if line.amount_idr > 0)
    return (
        _distance(held, own)
        + _distance(books.ledger_bank, balance)
        + abs(books.positions["credited"] - credits_)
    )


def determinable_by_day(world: World) -> Counter[BoxDay]:
    """Find by brute force which payments name their box to whoever knows only the papers.

    Each payment is imagined at every box of the town in turn: if any other box would have left
    the same message and the same line of the statement, nobody can know which it was.
    """
    places = (*world.plan.places, *world.plan.offices)
    place_of = {place.box: place for place in places}
    found: Counter[BoxDay] = Counter()
    for one in world.bank.customers:
        if not one.paid.box:
            continue  # a remittance by QRIS is no donor's
        left = evidence_of(one, place_of[one.paid.box])
        alone = all(
            evidence_of(one, other) != left for other in places if other.box != one.paid.box
        )
        if alone:
            on = BY_LINE if one.fate.missing else day_of(one.paid.at)
            found[one.paid.box, on] += one.paid.amount_idr
    return found


def attributed_by_day(world: World, books: YearBooks) -> tuple[Counter[BoxDay], int, list[str]]:
    """Return what the books give to which box and day, what of it is another's, and strangers.

    Books name a box by the payment's own message, or by the bank's line where no message came.
    """
    paid = {one.paid.reference: one.paid for one in world.bank.customers}
    found: Counter[BoxDay] = Counter()
    misattributed, wrong = 0, []
    for row in books.payments:
        if row.box is None or row.state in {"remittance", "duplicate"}:
            continue
        truth = paid.get(row.reference)
        if truth is None:
            wrong.append(f"The books hold a payment {row.reference} that nobody made.")
            continue
        found[row.box, row.day] += row.amount_idr
        misattributed += row.amount_idr if truth.box != row.box else 0
        misattributed += abs(truth.amount_idr - row.amount_idr)
    for box, line, amount in _named_by_lines(world, books):
        found[box, BY_LINE] += amount
        misattributed += amount if any(paid[name].box != box for name in line.payments) else 0
    return found, misattributed, wrong


def _named_by_lines(world: World, books: YearBooks) -> Iterable[tuple[str, Line, int]]:
    """Yield what matches give to a box beyond the messages: box, the bank's line, rupiah."""
    rows = {str(row.line_id): row for row in books.lines}
    lines: dict[tuple[str, date, int, str], list[Line]] = {}
    for line in world.bank.lines:
        key = (line.account, day_of(line.at), line.amount_idr, line.text)
        lines.setdefault(key, []).append(line)
    for match in books.matches:
        box = match.box
        if match.relation != "payment_credit" or not match.right or box is None:
            continue
        if match.left and not match.evidence.get("surplus_terminal"):
            continue  # what a line brings beyond its payments is nobody's unless it says whose
        row = rows[match.right[0]]
        key = (row.account, row.day, row.amount_idr, row.text)
        yield box, lines[key].pop(), match.right_idr - match.left_idr


def sizes_of(world: World, books: YearBooks) -> dict[str, Any]:
    """Return how much there was of what, and what statements brought back."""
    missing = [one for one in world.bank.customers if one.fate.missing]
    orphans = [
        one
        for one in books.matches
        if one.relation == "payment_credit" and one.right and one.right_idr > one.left_idr
    ]
    # What a collector paid in by QRIS is found by his own slip, though no message came.
    lost = {one.paid.reference for one in missing}
    slips = {one.remittance_id for one in world.truth.remitted if one.reference in lost}
    paid_in = [
        one
        for one in books.matches
        if one.relation == "remittance_credit" and one.right and slips.issuperset(one.left)
    ]
    return {
        "counts": len(books.counts),
        "payments": len(books.payments),
        "statement_lines": len(books.lines),
        "remittances": len(books.slips),
        "missing_notifications": len(missing),
        "missing_notifications_idr": sum(one.paid.amount_idr for one in missing),
        "recovered_from_statements_idr": sum(one.right_idr - one.left_idr for one in orphans)
        + sum(one.right_idr for one in paid_in),
        "to_thieves_codes_idr": sum(one.amount_idr for one in world.truth.paid if one.to_thief),
        "taken_idr": dict(_summed((one.hand.value, one.amount_idr) for one in world.truth.taken)),
    }


def _unseen(report: Mapping[str, Any]) -> list[str]:
    """Return the promises of detection that are broken; shares of few cases say nothing."""
    found = []
    coverage, large = report["interval_coverage"], report["differences_above_limit"]
    if large >= COVERAGE_FROM and coverage < COVERAGE:
        found.append(f"Of {large} large differences only {coverage:.1%} are held by a case.")
    width = report["interval_width_median_ratio"]
    if width is not None and width > WIDTH_RATIO:
        found.append(f"Intervals are {width:.2f} times as wide as what deposits alone tell.")
    accusations, weeks = report["false_accusations"], report["box_weeks"]
    if accusations > max(1, weeks / BOX_WEEKS_A_FALSE_ONE):
        found.append(f"There are {accusations} false accusations in {weeks} box-weeks.")
    return found


def _broken(report: Mapping[str, Any]) -> list[str]:
    """Return the promises that this year breaks, as sentences."""
    zero = {
        "books_minus_entered_idr": "The books differ from what was entered",
        "books_minus_account_idr": "The books differ from the bank's account",
        "misattributed_idr": "Money was given to a box whose it is not",
        "attributed_minus_determinable_idr": "What can be known and what the books say differ",
    }
    found = [f"{words}: Rp {report[name]}." for name, words in zero.items() if report[name] != 0]
    found += _unseen(report)
    if report["recovered_from_statements_idr"] < report["missing_notifications_idr"]:
        found.append("Not all money without a notification was found on the statements.")
    return found
