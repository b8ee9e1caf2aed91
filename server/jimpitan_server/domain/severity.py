"""How soon a person must look at a case: by the rupiah at stake, and by how long it waits.

Every limit stands here with its reason. The severity with which a case was raised is history
and never changes; the present one is derived from what is at stake now and from the time.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.intake import CRITICAL_SIGNS
from jimpitan_server.domain.money_discrepancies import BankFinding, LedgerFinding, MoneyFinding
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.sticker import StickerFinding

# A household gives Rp 500 to Rp 2,000 at a time: below ten of the largest gifts a difference is
# a miscount of some notes, and a volunteer's evening is worth more than finding it.
WARNING_FROM = Rupiah(20_000)
# About what a box holds after some months: nobody miscounts by that.
CRITICAL_FROM = Rupiah(500_000)
# The last bucket of ageing. A due date may be moved again and again; age cannot.
OLD_AFTER = timedelta(days=90)
DUE_AFTER = {
    Severity.CRITICAL: timedelta(days=1),
    Severity.WARNING: timedelta(days=7),
    Severity.NOTICE: timedelta(days=30),
}
# What only a thief or a forger does is looked at today, whatever sum it is about.
THIEVES_SIGNS = frozenset(
    str(sign)
    for sign in (
        *CRITICAL_SIGNS,
        MoneyFinding.LID_WITHOUT_COUNT,
        LedgerFinding.SEAL_CONTRADICTED,
        StickerFinding.SWAPPED,
    )
)
# A lid and its count: no second sum to compare with, so nobody knows what is at stake.
_WITHOUT_SUM = (MoneyFinding.LID_WITHOUT_COUNT, MoneyFinding.COUNT_WITHOUT_LID)
_RISING = (Severity.NOTICE, Severity.WARNING, Severity.CRITICAL)


def variance_of(kind: str, evidence: Mapping[str, object]) -> Rupiah | None:
    """Return what arrived minus what was expected, or None where a case has no such sums."""
    if kind in _WITHOUT_SUM:
        return None
    if kind == BankFinding.PAYMENT_REFUNDED:
        told = evidence.get("told_idr")
        return Rupiah(-told) if type(told) is int else None
    for lost in ("fee_idr", "amount_idr", "missing_idr"):
        amount = evidence.get(lost)
        if type(amount) is int:
            return Rupiah(-amount)
    for expected, arrived in (("expected_idr", "arrived_idr"), ("kept_idr", "told_idr")):
        left, right = evidence.get(expected), evidence.get(arrived)
        if type(left) is int and type(right) is int:
            return Rupiah(right - left)
    return None


def at_stake(kind: str, evidence: Mapping[str, object]) -> Rupiah | None:
    """Return the sum that a case is about, or None where nobody knows one."""
    variance = variance_of(kind, evidence)
    return None if variance is None else abs(variance)


def severity_at_stake(found: Discrepancy) -> Severity:
    """Return how severe a case is by what is at stake, before any time has passed.

    Where more arrived than was expected nobody lacks money: that is never critical.
    """
    kind = str(found.kind)
    if kind in THIEVES_SIGNS:
        return Severity.CRITICAL
    variance = variance_of(kind, found.evidence)
    if variance is None:
        return found.severity
    if abs(variance) < WARNING_FROM:
        return Severity.NOTICE
    if variance > Rupiah(0) or abs(variance) < CRITICAL_FROM:
        return Severity.WARNING
    return Severity.CRITICAL


def present_severity(
    by_stake: Severity, *, found_at: datetime, due_at: datetime, now: datetime
) -> Severity:
    """Return how severe an open case is now: overdue or old, it rises by one step, once."""
    rises = due_at < now or found_at < now - OLD_AFTER
    step = _RISING.index(by_stake) + (1 if rises else 0)
    return _RISING[min(step, len(_RISING) - 1)]
