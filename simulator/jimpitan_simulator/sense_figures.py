"""From outcomes to the figures that are promised: accuracy, honesty of likelihoods, pieces."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jimpitan_wire import records

from jimpitan_simulator.sense import Outcome, Sensed, confusion

BINS = 10


def figures(found: Sensed) -> dict[str, Any]:
    """Return the figures of an experiment; shares are between 0 and 1."""
    coins = [one for one in found.singles if one.truth[0] == records.FORM_COIN]
    notes = [one for one in found.singles if one.truth[0] == records.FORM_NOTE]
    table, unknown = reliability(found.singles)
    poured = sum(one.pieces for one in found.handfuls)
    said = sum(one.pieces_said for one in found.handfuls)
    return {
        "drops": len(found.singles),
        "count_error": _share(
            sum(abs(one.pieces_said - 1) for one in found.singles), found.singles
        ),
        "deposit_records_error": _share(
            sum(abs(one.deposits - 1) for one in found.singles), found.singles
        ),
        "coin_denomination_accuracy": _right(coins),
        "note_denomination_accuracy": _right(notes),
        "coin_wrong_but_confident": _wrong(coins),
        "note_wrong_but_confident": _wrong(notes),
        "unknown_rate": _share(sum(one.named is None for one in found.singles), found.singles),
        "calibration_error": sum(
            row["drops"] * abs(row["likelihood"] - row["right"]) for row in table
        )
        / max(1, sum(row["drops"] for row in table)),
        "handful_pieces": poured,
        "handful_pieces_error": (said - poured) / max(1, poured),
        "reliability": table,
        "reliability_unknown": unknown,
        "confusion": confusion(found.singles),
    }


def reliability(outcomes: Sequence[Outcome]) -> tuple[list[dict[str, float]], dict[str, float]]:
    """Return ten bins of equal mass over the likelihood of the name, and the unknowns' row.

    Each row has how many drops, their mean stated likelihood and the share that was right; for
    unknowns it is the likeliest name that was held back.
    """
    named = sorted((one for one in outcomes if one.named), key=lambda one: one.guesses[0][2])
    table = []
    for index in range(BINS):
        part = named[index * len(named) // BINS : (index + 1) * len(named) // BINS]
        if part:
            table.append(_row(part, 0))
    held_back = [one for one in outcomes if one.named is None and len(one.guesses) > 1]
    return table, _row(held_back, 1) if held_back else {"drops": 0}


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Write a report for people: figures, reliability and confusion."""
    yield f"--- seed {report['seed']}, {report['profile']}, shifted by {report['shifted']:.0%}"
    for name, value in report.items():
        if isinstance(value, float):
            yield f"{name:32} {value:.4f}"
        elif isinstance(value, int):
            yield f"{name:32} {value}"
    yield "likelihood said, share right, drops:"
    for row in (*report["reliability"], report["reliability_unknown"]):
        if row["drops"]:
            yield f"  {row['likelihood']:.3f}  {row['right']:.3f}  {row['drops']:.0f}"
    for truth, row in report["confusion"].items():
        yield f"{truth:12} " + ", ".join(f"{name} {count}" for name, count in row.items())
    for name, row in report.get("tamper", {}).items():
        yield f"{name:20} recall {row['recall']:.3f} of {row['trials']}: {row['signs']}"
    for name, count in report.get("false_alarms", {}).items():
        yield f"false alarm: {name}, {count} times"


def _row(part: Sequence[Outcome], place: int) -> dict[str, float]:
    return {
        "drops": len(part),
        "likelihood": sum(one.guesses[place][2] for one in part) / 1000 / len(part),
        "right": sum(one.guesses[place][:2] == one.truth for one in part) / len(part),
    }


def _right(outcomes: Sequence[Outcome]) -> float:
    return _share(sum(one.named == one.truth for one in outcomes), outcomes)


def _wrong(outcomes: Sequence[Outcome]) -> float:
    return _share(sum(one.named not in {None, one.truth} for one in outcomes), outcomes)


def _share(count: int, outcomes: Sequence[Outcome]) -> float:
    return count / max(1, len(outcomes))
