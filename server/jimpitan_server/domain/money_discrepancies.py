"""Which matches a person must look at, as discrepancies with a kind and its evidence."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from jimpitan_server.domain.books import Books, Rules
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.fees import fee_at
from jimpitan_server.domain.holdings import pass_on
from jimpitan_server.domain.match import Match, Relation, State

_IDS_NAMED_MAX = 20


class MoneyFinding(StrEnum):
    """The kinds of discrepancy that matching raises."""

    LID_WITHOUT_COUNT = "lid_without_count"
    """A box was opened, and no count came."""
    COUNT_WITHOUT_LID = "count_without_lid"
    """A count of a sensor box whose lid was not opened."""
    COUNT_BELOW_SENSOR = "count_below_sensor"
    """Less was counted than the sensed deposits lead us to expect."""
    COUNT_ABOVE_SENSOR = "count_above_sensor"
    """More was counted than the sensed deposits lead us to expect."""
    COUNTS_DRIFT = "counts_drift"
    """Counts of one box lie on one side of what was sensed, visit after visit."""
    COUNT_NOT_REMITTED = "count_not_remitted"
    """Counted cash was not paid in when it was due."""
    COUNT_REMITTED_TWICE = "count_remitted_twice"
    """Two remittances claim the same count."""
    REMITTANCE_DIFFERS = "remittance_differs"
    """More or less was paid in than was counted."""
    REMITTANCE_WITHOUT_COUNT = "remittance_without_count"
    """Paid in for no count that we hold."""
    REMITTANCE_NOTIFICATION_DIFFERS = "remittance_notification"
    """The notification of a remittance by QRIS has another amount or reference."""
    REMITTANCE_NOT_CREDITED = "remittance_not_credited"
    """A remittance is not on the statement."""
    REMITTANCE_CREDIT_DIFFERS = "remittance_credit_differs"
    """The statement has another amount than the remittance slip."""
    REMITTANCE_AMBIGUOUS = "remittance_ambiguous"
    """Equal remittances and an unequal number of credits."""
    PAYMENT_NOT_CREDITED = "payment_not_credited"
    """A notified payment is not on the statement."""
    PAYMENT_CREDIT_DIFFERS = "payment_credit_differs"
    """The statement has another amount than the notified payments."""
    PAYMENT_AMBIGUOUS = "payment_ambiguous"
    """Equal payments and an unequal number of credits."""
    PAYMENT_HELD = "payment_held"
    """The message was genuine and far from its own time; the statement has not confirmed it."""
    PAYMENT_REPEATED = "payment_repeated"
    """The acquirer numbered one payment twice."""
    PAYMENT_NOT_NOTIFIED = "payment_not_notified"
    """A QRIS credit came without a notification."""
    CREDIT_UNEXPLAINED = "credit_unexplained"
    """A credit belongs to neither chain."""
    HANDOVER_DIFFERS = "handover_differs"
    """The receiver found another sum than was counted."""
    REFUND_NOT_DEBITED = "refund_not_debited"
    """The bank said that it gave a payment back, and the statement does not show it."""
    LINK_FORCED = "link_forced"
    """A person linked papers whose sums differ."""
    DONOR_PAYMENT_MISSING = "donor_payment_missing"
    """Donors say they paid at a box, and the bank knows nothing of it."""
    FEE_UNEXPECTED = "fee_unexpected"
    """The acquirer keeps a part of the donations, which are free of fees."""


class BankFinding(StrEnum):
    """The kinds of discrepancy that the bank's own messages raise."""

    NOTIFICATION_UNREADABLE = "notification_unreadable"
    """A genuine message that cannot be read; money may be in it."""
    MERCHANT_FOREIGN = "merchant_foreign"
    """A genuine message about another merchant's money."""
    PAYMENT_REFUNDED = "payment_refunded"
    """The bank says that a payment we hold was given back."""
    PAYMENT_CONTRADICTED = "payment_contradicted"
    """A later message gives a payment we hold another amount."""


class LedgerFinding(StrEnum):
    """The kinds of discrepancy that the ledger raises about itself."""

    SEAL_CONTRADICTED = "seal_contradicted"
    """The file of a sealed day says something else than the database: one of them was changed."""


_Kind = tuple[MoneyFinding, Severity]
_NOTICE, _WARNING, _CRITICAL = Severity.NOTICE, Severity.WARNING, Severity.CRITICAL

_KINDS: dict[tuple[Relation, State], _Kind] = {
    (Relation.SENSOR_COUNT, State.UNDER): (MoneyFinding.COUNT_BELOW_SENSOR, _WARNING),
    (Relation.SENSOR_COUNT, State.OVER): (MoneyFinding.COUNT_ABOVE_SENSOR, _NOTICE),
    (Relation.COUNT_REMITTANCE, State.MISSING): (MoneyFinding.COUNT_NOT_REMITTED, _WARNING),
    (Relation.COUNT_REMITTANCE, State.DUPLICATE): (MoneyFinding.COUNT_REMITTED_TWICE, _WARNING),
    (Relation.COUNT_REMITTANCE, State.OVER): (MoneyFinding.REMITTANCE_DIFFERS, _WARNING),
    (Relation.COUNT_REMITTANCE, State.UNDER): (MoneyFinding.REMITTANCE_DIFFERS, _CRITICAL),
    (Relation.COUNT_REMITTANCE, State.ORPHAN): (MoneyFinding.REMITTANCE_WITHOUT_COUNT, _WARNING),
    (Relation.REMITTANCE_PAYMENT, State.OVER): (
        MoneyFinding.REMITTANCE_NOTIFICATION_DIFFERS,
        _WARNING,
    ),
    (Relation.REMITTANCE_PAYMENT, State.UNDER): (
        MoneyFinding.REMITTANCE_NOTIFICATION_DIFFERS,
        _WARNING,
    ),
    (Relation.REMITTANCE_CREDIT, State.MISSING): (MoneyFinding.REMITTANCE_NOT_CREDITED, _CRITICAL),
    (Relation.REMITTANCE_CREDIT, State.OVER): (MoneyFinding.REMITTANCE_CREDIT_DIFFERS, _WARNING),
    (Relation.REMITTANCE_CREDIT, State.UNDER): (MoneyFinding.REMITTANCE_CREDIT_DIFFERS, _CRITICAL),
    (Relation.PAYMENT_CREDIT, State.MISSING): (MoneyFinding.PAYMENT_NOT_CREDITED, _WARNING),
    (Relation.PAYMENT_CREDIT, State.OVER): (MoneyFinding.PAYMENT_CREDIT_DIFFERS, _NOTICE),
    (Relation.PAYMENT_CREDIT, State.UNDER): (MoneyFinding.PAYMENT_CREDIT_DIFFERS, _WARNING),
    (Relation.PAYMENT_CREDIT, State.DUPLICATE): (MoneyFinding.PAYMENT_REPEATED, _WARNING),
    (Relation.PAYMENT_CREDIT, State.ORPHAN): (MoneyFinding.PAYMENT_NOT_NOTIFIED, _NOTICE),
    (Relation.REFUND_DEBIT, State.MISSING): (MoneyFinding.REFUND_NOT_DEBITED, _NOTICE),
    (Relation.REMITTANCE_CREDIT, State.FORCED): (MoneyFinding.LINK_FORCED, _NOTICE),
    (Relation.PAYMENT_CREDIT, State.FORCED): (MoneyFinding.LINK_FORCED, _NOTICE),
    (Relation.OTHER_CREDIT, State.ORPHAN): (MoneyFinding.CREDIT_UNEXPLAINED, _WARNING),
}


# How most matches stand: of these only what the evidence of some says may be worth a look. What
# donors said has cases by box and week (`confirmation_discrepancies`).
_PLAIN = {State.EXPECTED, State.MATCHED, State.WITHIN_TOLERANCE, State.MANUAL}
_TOLD = {Relation.PAYMENT_CREDIT, Relation.REMITTANCE_PAYMENT}


def discrepancies_of(matches: Iterable[Match], now: datetime) -> tuple[Discrepancy, ...]:
    """Return what a person must look at, one discrepancy for one match."""
    found = [
        (match, _kind_of(match))
        for match in matches
        if (match.state not in _PLAIN and match.relation is not Relation.CONFIRMATION_PAYMENT)
        or (match.evidence and match.relation in _TOLD)
    ]
    return tuple(_discrepancy(match, *kind, now) for match, kind in found if kind)


def _kind_of(match: Match) -> _Kind | None:
    if match.state is State.UNDER and match.evidence.get("fee_bp"):
        return MoneyFinding.FEE_UNEXPECTED, _WARNING
    if match.relation is Relation.LID_COUNT and match.state is State.MISSING:
        if match.left:
            return MoneyFinding.LID_WITHOUT_COUNT, _CRITICAL
        return MoneyFinding.COUNT_WITHOUT_LID, _WARNING
    if match.state is State.AMBIGUOUS and match.variance:
        if match.relation is Relation.REMITTANCE_CREDIT:
            return MoneyFinding.REMITTANCE_AMBIGUOUS, _WARNING
        return MoneyFinding.PAYMENT_AMBIGUOUS, _NOTICE
    return _KINDS.get((match.relation, match.state)) or _worth_knowing(match)


def _worth_knowing(match: Match) -> _Kind | None:
    if match.evidence.get("held") and not match.right:
        return MoneyFinding.PAYMENT_HELD, _NOTICE
    if match.evidence.get("reference_differs"):
        return MoneyFinding.REMITTANCE_NOTIFICATION_DIFFERS, _NOTICE
    return None


def handover_discrepancies(books: Books) -> tuple[Discrepancy, ...]:
    """Return the handovers in which the receiver found another sum than the giver held."""
    if not books.handovers:
        return ()
    _, passed = pass_on(books.collections, books.handovers)
    return tuple(
        Discrepancy(
            kind=MoneyFinding.HANDOVER_DIFFERS,
            severity=_CRITICAL if one.handover.received < one.expected else _WARNING,
            subject=one.handover.handover_id,
            found_at=books.now,
            evidence={
                "expected_idr": one.expected.amount,
                "arrived_idr": one.handover.received.amount,
                "giver": one.handover.giver,
                "receiver": one.handover.receiver,
            },
        )
        for one in passed
        if one.expected != one.handover.received
    )


def fee_discrepancies(books: Books, rules: Rules) -> tuple[Discrepancy, ...]:
    """Return for each account and month in which notified fees go beyond its terms one case."""
    beyond: dict[tuple[str, str], list[int]] = defaultdict(list)
    for payment in books.payments:
        if not payment.fee.amount:
            continue
        profile = rules.terms_of(payment.account).on(payment.paid_on)
        allowed = max(fee_at(payment.amount, profile.fee_bp))
        if payment.fee.amount > allowed:
            month = payment.paid_on.isoformat()[:7]
            beyond[payment.account, month].append(payment.fee.amount - allowed)
    return tuple(
        Discrepancy(
            kind=MoneyFinding.FEE_UNEXPECTED,
            severity=_WARNING,
            subject=f"{account}/{month}",
            found_at=books.now,
            evidence={"payments": len(fees), "fee_idr": sum(fees), "account": account},
        )
        for (account, month), fees in sorted(beyond.items())
    )


def _discrepancy(
    match: Match, kind: MoneyFinding, severity: Severity, now: datetime
) -> Discrepancy:
    evidence: dict[str, object] = {
        "reason": match.reason,
        "expected_idr": match.left_total.amount,
        "arrived_idr": match.right_total.amount,
        "expected": list(match.left[:_IDS_NAMED_MAX]),
        "arrived": list(match.right[:_IDS_NAMED_MAX]),
    }
    return Discrepancy(
        kind=kind,
        severity=severity,
        subject=match.key,
        found_at=now,
        box=match.box,
        evidence=evidence | match.written_evidence,
    )
