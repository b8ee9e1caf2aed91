"""What a change of the rules would have made of the same books."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from jimpitan_server.domain.books import Rules
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.matching import Matching, Position
from jimpitan_server.domain.rupiah import ENTRY_IDR_MAX, Rupiah
from jimpitan_server.domain.settlement import SettlementTerms, settlement_named
from jimpitan_server.domain.severity import WARNING_FROM

_DAYS = ("credit_lag_days", "credit_search_days", "clock_slack_days")
_DURATIONS = {
    "visit_gap_minutes": ("visit_gap", timedelta(minutes=1)),
    "lid_tolerance_minutes": ("lid_tolerance", timedelta(minutes=1)),
    "count_due_hours": ("count_due", timedelta(hours=1)),
    "records_due_hours": ("records_due", timedelta(hours=1)),
    "remittance_due_days": ("remittance_due", timedelta(days=1)),
    "qris_remittance_slack_minutes": ("qris_remittance_slack", timedelta(minutes=1)),
    "confirmation_slack_minutes": ("confirmation_slack", timedelta(minutes=1)),
    "confirmation_due_hours": ("confirmation_due", timedelta(hours=1)),
}
_AMOUNTS = {
    "deposit_low_idr": "deposit_low",
    "deposit_high_idr": "deposit_high",
    "note_step_idr": "note_step",
}
_COUNTS = ("remittance_tolerance_steps",)
_SETTLEMENT = "settlement."
_NUMBER_MAX = 10_000
# How far a programme may move what raises an alarm: a treasurer who could let every alarm wait
# for years, or call every count plausible, would watch himself. Cash waits at most one round of
# *Jumat Manis* (35 days) and ten days more; records of a box without network as long as its
# journal is fetched monthly; one deposit is worth at least the smallest coin (Rp 50, Bank
# Indonesia) and, on average, at most a large note with nine more.
_ALARM_LIMITS = {
    "remittance_due_days": (0, 45),
    "count_due_hours": (0, 7 * 24),
    "records_due_hours": (0, 45 * 24),
    "confirmation_due_hours": (0, 45 * 24),
    "visit_gap_minutes": (0, 12 * 60),
    "lid_tolerance_minutes": (0, 12 * 60),
    "qris_remittance_slack_minutes": (0, 24 * 60),
    "confirmation_slack_minutes": (0, 24 * 60),
    "deposit_low_idr": (50, 1_000_000),
    "deposit_high_idr": (50, 1_000_000),
}
_SEARCH_DAYS_MAX = 90  # what is looked for longer is compared with too much
CHANGES_MAX = 50
NAMED_MAX = 200

_STEPS_MAX = 20
_LIMITS = dict.fromkeys(_DAYS, _SEARCH_DAYS_MAX) | dict.fromkeys(_COUNTS, _STEPS_MAX)
# What a programme may set for itself; how an account settles has a table of its own.
SETTABLE = (*_DAYS, *_COUNTS, *_DURATIONS, *_AMOUNTS)
RULE_NAMES = (*SETTABLE, f"{_SETTLEMENT}ACCOUNT")


def changed_rules(rules: Rules, changes: Mapping[str, str]) -> Rules:
    """Return rules with some of them set anew, by the names in `RULE_NAMES`."""
    if len(changes) > CHANGES_MAX:
        raise Malformed(f"At most {CHANGES_MAX} rules are changed at once.", code="rule")
    terms = dict(rules.terms_by_account)
    for name, value in changes.items():
        if name.startswith(_SETTLEMENT):
            profile = settlement_named(value)
            terms[name.removeprefix(_SETTLEMENT)] = SettlementTerms(((date.min, profile),))
            continue
        rules = _set(rules, name, value)
    return replace(rules, terms_by_account=terms)


def _set(rules: Rules, name: str, value: str) -> Rules:
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 14 else -1
    change: dict[str, Any] = {}
    if name in _AMOUNTS and 0 <= number <= ENTRY_IDR_MAX:
        change = {_AMOUNTS[name]: Rupiah(number)}
    elif name in _LIMITS and 0 <= number <= _LIMITS[name]:
        change = {name: number}
    elif name in _DURATIONS and 0 <= number <= _NUMBER_MAX:
        field, unit = _DURATIONS[name]
        change = {field: number * unit}
    if change:
        return replace(rules, **change)
    if name not in SETTABLE:
        raise Malformed(f"No rule {name[:40]!r}; there are {', '.join(RULE_NAMES)}.", code="rule")
    raise Malformed(f"{name} is a whole number within reason, not {value[:40]!r}.", code="rule")


def check_sound(rules: Rules) -> None:
    """Refuse rules that contradict each other, let a theft pass for a slip, or silence alarms."""
    for name, (least, most) in _ALARM_LIMITS.items():
        if not least <= int(rule_values(rules)[name]) <= most:
            raise Malformed(f"{name} is {least} to {most}, so that alarms come.", code="rule")
    if rules.deposit_low > rules.deposit_high:
        raise Malformed("deposit_low_idr would be above deposit_high_idr.", code="rule")
    tolerated = rules.note_step * rules.remittance_tolerance_steps
    if tolerated > WARNING_FROM:
        raise Malformed(
            f"remittance_tolerance_steps times note_step_idr would be {tolerated.amount};"
            f" at most {WARNING_FROM.amount} rupiah pass for a slip of the hand.",
            code="rule",
        )


def rule_values(rules: Rules) -> dict[str, str]:
    """Return the value of each rule that can be set, as a person writes it."""
    days = {name: getattr(rules, name) for name in (*_DAYS, *_COUNTS)}
    durations = {name: getattr(rules, field) // unit for name, (field, unit) in _DURATIONS.items()}
    amounts = {name: getattr(rules, field).amount for name, field in _AMOUNTS.items()}
    return {name: str(value) for name, value in (days | durations | amounts).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A match that would stand otherwise: its key, how it stands, and how it would."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What would be otherwise; lists are cut at `NAMED_MAX`, counts are whole."""

    matches_changed: int
    matches: tuple[Changed, ...]
    states: Mapping[str, tuple[int, int]]
    discrepancies_gone: int
    discrepancies_new: int
    discrepancies: tuple[Changed, ...]
    position: Mapping[str, tuple[Rupiah, Rupiah]]


def compare(before: Matching, after: Matching) -> Difference:
    """Return what differs between two matchings of the same books."""
    stood = {match.key: match.state.value for match in before.matches}
    stands = {match.key: match.state.value for match in after.matches}
    raised = {f"{one.kind} {one.subject}": one.kind for one in before.discrepancies}
    raises = {f"{one.kind} {one.subject}": one.kind for one in after.discrepancies}
    matches, cases = _changed(stood, stands), _changed(raised, raises)
    counts, would = Counter(stood.values()), Counter(stands.values())
    names = [field.name for field in fields(Position)]
    return Difference(
        matches_changed=len(matches),
        matches=tuple(matches[:NAMED_MAX]),
        states={name: (counts[name], would[name]) for name in sorted({*counts, *would})},
        discrepancies_gone=sum(one.after is None for one in cases),
        discrepancies_new=sum(one.before is None for one in cases),
        discrepancies=tuple(cases[:NAMED_MAX]),
        position={
            name: (getattr(before.position, name), getattr(after.position, name))
            for name in names
            if getattr(before.position, name) != getattr(after.position, name)
        },
    )


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[Changed]:
    return [
        Changed(key=key, before=before.get(key), after=after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]
