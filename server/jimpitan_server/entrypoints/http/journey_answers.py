"""How the way of a count looks in answers: each step with its state and how it is known."""

from datetime import date, datetime

from jimpitan_server.domain.cash_mass import MassRange
from jimpitan_server.services.journey import Journey, Step

Json = dict[str, object]


def of_journey(journey: Journey) -> Json:
    """Return the steps of a count, and the other chain in the same period."""
    confirmed, provisional = journey.qris.confirmed, journey.qris.provisional
    return {
        "collection_id": journey.view.collection_id,
        "began_at": journey.began_at.isoformat() if journey.began_at else None,
        "ended_at": journey.view.lid_at.isoformat(),
        "steps": [_of_step(step) for step in journey.steps],
        "qris": {
            "confirmed": {"count": confirmed[0], "amount_idr": confirmed[1].amount},
            "provisional": {"count": provisional[0], "amount_idr": provisional[1].amount},
        },
    }


def _of_step(step: Step) -> Json:
    return {
        "step": step.name,
        "state": step.state,
        "known": step.known,
        "at": step.at.isoformat() if step.at else None,
        "detail": {name: _plain(value) for name, value in step.detail.items()},
    }


def _plain(value: object) -> object:
    if isinstance(value, MassRange):
        return {"low_mg": value.low_mg, "high_mg": value.high_mg}
    return value.isoformat() if isinstance(value, datetime | date) else value
