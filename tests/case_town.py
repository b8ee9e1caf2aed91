"""Short words for tests of cases: raise some, act on them as somebody, read them again."""

from typing import Any

import httpx
from jimpitan_server.adapters.database.finding_rows import raise_discrepancies
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.money_discrepancies import MoneyFinding

PATH = "/api/v1/discrepancies"


def differing(town: Any, subject: str, short_idr: int, box: str = "box-0017") -> Discrepancy:
    """Return a finding: so much less was paid in than was counted."""
    return Discrepancy(
        kind=MoneyFinding.REMITTANCE_DIFFERS,
        severity=Severity.CRITICAL,
        subject=subject,
        found_at=town.clock.now(),
        box=BoxId(box),
        evidence={"expected_idr": 1_000_000, "arrived_idr": 1_000_000 - short_idr},
    )


async def raised(town: Any, *found: Discrepancy) -> list[int]:
    """Raise cases and return their numbers."""
    async with town.program.database.write() as connection:
        await raise_discrepancies(connection, found)
    listed = await get(town, "admin", "?state=all&limit=1000")
    number_by_subject = {
        one["subject"]: one["discrepancy_id"] for one in listed.json()["discrepancies"]
    }
    return [number_by_subject[one.subject] for one in found]


async def get(town: Any, role: str, path: str = "") -> httpx.Response:
    """Read as somebody of a role."""
    answer: httpx.Response = await town.client.get(
        PATH + path, headers=await town.authorized(role)
    )
    return answer


async def act(town: Any, role: str, number: int, event: str, **fields: object) -> httpx.Response:
    """Do something about a case as somebody of a role."""
    content = {"event": event} | fields
    answer: httpx.Response = await town.send(role, f"{PATH}/{number}/events", content)
    return answer
