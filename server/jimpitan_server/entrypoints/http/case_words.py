"""Puts the evidence of a case into plain words: sums as rupiah, instants in the zone."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from jimpitan_server.entrypoints.http.pages import clock_time, number, rupiah

# The names of evidence as they stand in the catalogues, after this word.
PREFIX = "evidence."
EVIDENCE = (
    "account",
    "amount_idr",
    "answered",
    "arrived",
    "arrived_idr",
    "boxes",
    "cause",
    "confirmations",
    "count",
    "counted_at",
    "counted_before",
    "counts",
    "declared_high_mg",
    "declared_low_mg",
    "deposits",
    "deposits_weighed",
    "differences",
    "down_counter",
    "epoch_old",
    "equally_good",
    "evidence",
    "expected",
    "expected_idr",
    "external_id",
    "failed",
    "fee_bp",
    "fee_idr",
    "gaps_merged",
    "giver",
    "held",
    "high_idr",
    "kept_idr",
    "link",
    "lost_mg",
    "low_idr",
    "mass_reason",
    "missing_idr",
    "named_before",
    "noticed_at",
    "number",
    "opened_at",
    "options",
    "payment",
    "payments",
    "payments_expected",
    "planned_on",
    "prev_named",
    "reason",
    "receiver",
    "records_beyond",
    "records_missing",
    "reference_differs",
    "registered_at",
    "revision",
    "rhythm",
    "rollout",
    "root",
    "scan",
    "scanned_at",
    "sensor",
    "seal_expected",
    "seal_found",
    "seq_last",
    "since",
    "size",
    "tag_before",
    "tag_held",
    "tag_new",
    "told_idr",
    "tolerance_days",
    "until",
    "verdict",
    "weighed_high_mg",
    "weighed_low_mg",
    "weighings_full",
)
# Why and how much comes first; what else there is follows as it was written down.
FIRST = ("reason", "expected_idr", "arrived_idr", "kept_idr", "told_idr", "fee_idr")
# Pieces of evidence that the catalogues know word for word.
SENTENCES = {"reason", "mass_reason", "cause"}
Said = Callable[..., str]


def _place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def evidence_shown(
    evidence: Mapping[str, object], say: Said, zone: str
) -> Iterator[tuple[str, str]]:
    """Yield each piece of evidence as its name and its value, both for people; empty ones not."""
    for name in sorted(evidence, key=_place):
        value = evidence[name]
        if value is None or value in ((), [], "", {}):
            continue
        title = say(PREFIX + name)
        yield (name if title == PREFIX + name else title), value_shown(name, value, say, zone)


def value_shown(name: str, value: object, say: Said, zone: str) -> str:
    """Return one value for people."""
    if isinstance(value, bool):
        return say("ya") if value else say("tidak")
    if isinstance(value, int):
        return _number_shown(name, value)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if name.endswith("_at"):
        return _instant_shown(str(value), zone)
    return say(str(value)) if name in SENTENCES else str(value)


def _number_shown(name: str, value: int) -> str:
    if name.endswith("_idr"):
        return rupiah(value)
    if name.endswith("_mg"):
        grams, rest = divmod(value, 1000)
        return f"{number(grams)},{rest // 100} g"
    if name.endswith("_bp"):
        percent, rest = divmod(value, 100)
        return f"{percent},{rest:02} %"
    return number(value)


def _instant_shown(text: str, zone: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else clock_time(at, zone)


def changes_shown(changed: Mapping[str, object], say: Said) -> Iterator[tuple[str, str, str]]:
    """Yield for each sum that matching found changed its name, what it was and what it is."""
    for name, pair in changed.items():
        if isinstance(pair, list) and len(pair) == 2:
            before, now = ("–" if one is None else rupiah(int(one)) for one in pair)
            yield say(PREFIX + name), before, now
