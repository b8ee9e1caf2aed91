"""How money looks in answers: whole rupiah in fields that end in `_idr`."""

from collections import Counter, defaultdict
from dataclasses import fields

from jimpitan_server.adapters.statement_profiles import known_profiles
from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.statement import LineFault, StatementLine
from jimpitan_server.domain.statement_gaps import StatementGap
from jimpitan_server.services.close_collection import Receipt
from jimpitan_server.services.dossier import (
    CollectionView,
    DiscrepancyView,
    Dossier,
    MatchView,
)
from jimpitan_server.services.foresee import Foreseen
from jimpitan_server.services.import_statement import Imported
from jimpitan_server.services.remit import RemittanceReceipt

Json = dict[str, object]


def of_receipt(receipt: Receipt) -> Json:
    """Return what a collector is told of a count: nothing that was expected."""
    return {
        "collection_id": receipt.collection_id,
        "counted_idr": receipt.counted.amount,
        "is_new": receipt.is_new,
    }


def of_remittance(receipt: RemittanceReceipt) -> Json:
    """Return what was kept of a remittance."""
    return {
        "remittance_id": receipt.remittance_id,
        "remitted_idr": receipt.remitted.amount,
        "counted_idr": receipt.counted.amount,
        "variance_idr": receipt.variance.amount,
        "is_new": receipt.is_new,
    }


def of_import(imported: Imported) -> Json:
    """Return what an import did, or would do."""
    reading = imported.reading
    profile = known_profiles().get(reading.profile)
    return {
        "account": imported.account,
        "file_name": imported.file_name,
        "file_sha256": imported.file_sha256.hex(),
        "profile": reading.profile,
        "profile_verified": profile is not None and profile.verified,
        "dry_run": imported.dry_run,
        "import_id": imported.import_id,
        "lines_read": len(reading.lines),
        "lines_new": len(imported.new),
        "lines_known": imported.lines_known,
        "lines_skipped": reading.skipped,
        "lines_pending": reading.pending,
        "credits_idr": reading.credits.amount,
        "debits_idr": reading.debits.amount,
        "new_credits_idr": imported.new_credits.amount,
        "new_debits_idr": imported.new_debits.amount,
        "balance_checked": imported.is_balance_checked,
        "first_on": reading.first_on.isoformat() if reading.first_on else None,
        "last_on": reading.last_on.isoformat() if reading.last_on else None,
        "preview": [_line(line) for line in imported.preview],
        "faults": [_fault(fault) for fault in imported.faults],
        "warnings": [_gap(gap) for gap in imported.warnings],
        "foreseen": None if imported.foreseen is None else _foreseen(imported.foreseen),
    }


def _foreseen(foreseen: Foreseen) -> Json:
    return {
        "outlooks": {
            outlook.value: {"lines": lines, "amount_idr": amount.amount}
            for outlook, (lines, amount) in foreseen.by_outlook.items()
        },
        "to_look_at": [
            {**_line(one.line), "outlook": one.outlook.value, "reason": one.reason}
            for one in foreseen.to_look_at
        ],
        "lines_left_out": foreseen.left_out,
    }


def of_faults(imported: Imported) -> Json:
    """Return why nothing was imported."""
    return {
        "error": "statement_malformed",
        "message": f"Nothing was imported. {imported.faults[0]}",
        "faults": [_fault(fault) for fault in imported.faults],
    }


def of_warnings(imported: Imported) -> Json:
    """Return what somebody must accept before anything is imported."""
    return {
        "error": "statement_warnings",
        "message": "Nothing was imported; send accept_warnings=true if it shall be: "
        + "; ".join(gap.sentence for gap in imported.warnings),
        "warnings": [_gap(gap) for gap in imported.warnings],
    }


def _gap(gap: StatementGap) -> Json:
    return {
        "after": gap.after.isoformat(),
        "before": gap.before.isoformat(),
        "missing_idr": gap.missing.amount,
        "inside": gap.is_inside,
        "sentence": gap.sentence,
    }


def _line(line: StatementLine) -> Json:
    return {
        "line": line.line_number,
        "booked_on": line.booked_on.isoformat(),
        "booked_time": line.booked_time.isoformat() if line.booked_time else None,
        "amount_idr": line.amount.amount,
        "balance_idr": line.balance.amount if line.balance is not None else None,
        "description": line.description,
        "reference": line.reference,
    }


def _fault(fault: LineFault) -> Json:
    return {
        "file": fault.file_name,
        "line": fault.line_number,
        "column": fault.column,
        "sentence": fault.sentence,
    }


def of_matching(matching: Matching) -> Json:
    """Return where the money is, and how many matches and discrepancies of which kind."""
    by_relation: dict[str, Counter[str]] = defaultdict(Counter)
    for match in matching.matches:
        by_relation[match.relation][match.state] += 1
    kinds = Counter(str(discrepancy.kind) for discrepancy in matching.discrepancies)
    position = matching.position
    return {
        "position": {
            f"{part.name}_idr": getattr(position, part.name).amount for part in fields(position)
        },
        "matches": {name: dict(states) for name, states in sorted(by_relation.items())},
        "discrepancies": dict(sorted(kinds.items())),
    }


def of_dossier(dossier: Dossier) -> Json:
    """Return both chains of a box side by side."""
    return {
        "box": dossier.box,
        "reconciled_at": dossier.reconciled_at.isoformat() if dossier.reconciled_at else None,
        "cash": {"collections": [_collection(one) for one in dossier.collections]},
        "qris": {
            "has_code": dossier.has_code,
            "payments": {
                state: {"count": number, "amount_idr": amount.amount}
                for state, (number, amount) in dossier.payments_by_state.items()
            },
            "without_notification_idr": dossier.without_notification.amount,
            "hints": {
                "count": dossier.hints[0],
                "claimed_idr": dossier.hints[1].amount,
                "counted_in_totals": False,
            },
        },
        "discrepancies": [_discrepancy(one) for one in dossier.discrepancies],
    }


def _collection(one: CollectionView) -> Json:
    return {
        "collection_id": one.collection_id,
        "lid_at": one.lid_at.isoformat(),
        "collector": one.collector,
        "counted_idr": one.counted.amount,
        "cash": {str(value): pieces for value, pieces in one.pieces.items()},
        "seal": one.seal,
        "witness": one.witness,
        "remittance_id": one.remittance_id,
        "void_reason": one.void_reason,
        "matches": {match.relation: _match(match) for match in one.matches},
    }


def _match(match: MatchView) -> Json:
    return {
        "state": match.state,
        "expected": list(match.left),
        "arrived": list(match.right),
        "expected_idr": match.left_total.amount,
        "arrived_idr": match.right_total.amount,
        "variance_idr": (match.right_total - match.left_total).amount,
        "reason": match.reason,
        "evidence": dict(match.evidence),
    }


def _discrepancy(one: DiscrepancyView) -> Json:
    return {
        "kind": one.kind,
        "severity": one.severity,
        "subject": one.subject,
        "found_at": one.found_at.isoformat(),
        "due_at": one.due_at.isoformat(),
        "evidence": dict(one.evidence),
    }
