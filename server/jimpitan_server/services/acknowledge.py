"""Takes note that a person has seen an alert: it is not repeated to others for a while."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from jimpitan_server.domain.alert import Alert
from jimpitan_server.domain.alert_message import Why
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.services.ports_alerts import AlertStore


class AcknowledgeStore(AlertStore, Protocol):
    """An `AlertStore` that also knows single alerts, and who was told."""

    async def alert_told(self, number: int, user_id: str) -> Alert | None:
        """Return an alert of which this person was told, or None."""
        ...


async def acknowledge(store: AcknowledgeStore, number: int, *, actor: str, now: datetime) -> Alert:
    """Note that the person takes care; again, or after its end, changes nothing."""
    await store.lock()
    alert = await store.alert_told(number, actor)
    if alert is None:
        raise NotFound("There is no such alert for you.", code="alert_unknown")
    if alert.closed_at is not None or alert.acknowledged_at is not None:
        return alert
    seen = replace(
        alert, acknowledged_at=now, acknowledged_by=actor, acknowledged_steps=alert.steps
    )
    await store.save_alerts([seen])
    await store.add_events("acknowledged", [seen], actor=actor, now=now)
    await store.drop_waiting([number], why=Why.ACKNOWLEDGED)
    return seen
