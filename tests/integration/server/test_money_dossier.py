"""The dossier of a box: both chains side by side, from lid to bank."""

from typing import Any

import pytest
from jimpitan_wire import records as wire
from money_town import Town, town
from server_boxes import GATEWAY, delivery

__all__ = ["town"]
pytestmark = pytest.mark.integration


async def dossier(town: Town, box: str = "box-0017") -> dict[str, Any]:
    headers = await town.authorized("auditor")
    answer = await town.client.get(f"/api/v1/dossier/{box}", headers=headers)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def bring(town: Town, *kinds: int, box: str = "box-0017") -> None:
    """Let a box record these kinds now, with a good clock."""
    fake = town.boxes[box]
    wall_s = int(town.clock.now().timestamp())
    for start in range(0, len(kinds), 10):
        envelopes = [fake.stamp(kind, wall_s=wall_s) for kind in kinds[start : start + 10]]
        message = delivery(box, *envelopes, received_at=town.clock.now())
        await town.program.accept([message], gateway=GATEWAY)


async def test_a_collection_from_deposit_to_bank(town: Town) -> None:
    await bring(town, *[wire.DEPOSIT] * 12)
    town.clock.step(hours=2)
    await bring(town, wire.COLLECTION_OPENED, wire.LID_OPENED, wire.LID_CLOSED)
    one = (await town.count_cash()).json()["collection_id"]
    await town.remit(20_500, one)
    await town.pay("R100000", 5_000, terminalId="A17")
    await town.statement("20,13:00,5000,QRIS R100000", "20,14:00,20500,SETOR SLIP-000123")
    found = await dossier(town)
    (collection,) = found["cash"]["collections"]
    states = {name: match["state"] for name, match in collection["matches"].items()}
    assert states == {
        "lid_count": "matched",
        "sensor_count": "within_tolerance",
        "count_remittance": "matched",
        "remittance_credit": "matched",
    }
    assert collection["matches"]["sensor_count"]["evidence"]["deposits"] == 12
    assert collection["cash"] == {"2000": 4, "1000": 12, "500": 1}
    assert found["qris"]["payments"] == {"matched": {"count": 1, "amount_idr": 5_000}}
    assert found["discrepancies"] == []


async def test_a_lid_opening_without_a_count_is_asked_for(town: Town) -> None:
    await bring(town, wire.LID_OPENED, wire.LID_CLOSED)
    await town.program.money.reconcile()
    assert await town.open_kinds() == []
    town.clock.step(hours=25)
    await town.program.money.reconcile()
    (case,) = (await dossier(town))["discrepancies"]
    assert (case["kind"], case["severity"]) == ("lid_without_count", "critical")
    opened_at = town.clock.now().replace(day=20, hour=3, minute=0, second=0)
    await town.count_cash(lid_at=opened_at.isoformat())
    await town.program.money.reconcile()
    assert (await dossier(town))["discrepancies"] == []


async def test_a_skimmed_count_is_below_what_was_sensed(town: Town) -> None:
    await bring(town, *[wire.DEPOSIT] * 50)
    await bring(town, wire.COLLECTION_OPENED, wire.LID_OPENED, wire.LID_CLOSED)
    await town.count_cash(cash={"1000": 20})
    await town.program.money.reconcile()
    (case,) = (await dossier(town))["discrepancies"]
    assert case["kind"] == "count_below_sensor"
    assert case["evidence"]["low_idr"] == 25_000


async def test_payments_that_matching_has_not_seen_are_shown_apart(town: Town) -> None:
    await town.pay("R1", 1_000, terminalId="A18")
    found = await dossier(town, "box-0018")
    assert found["qris"]["payments"] == {"fresh": {"count": 1, "amount_idr": 1_000}}
    assert found["reconciled_at"] is None


async def test_a_lost_notification_is_in_the_dossier_its_text_names(town: Town) -> None:
    await town.statement("20,13:00,5000,QRIS A18")
    found = await dossier(town, "box-0018")
    assert found["qris"]["without_notification_idr"] == 5_000
    assert [case["kind"] for case in found["discrepancies"]] == ["payment_not_notified"]


async def test_a_void_count_says_why(town: Town) -> None:
    one = (await town.count_cash()).json()["collection_id"]
    reason = {"reason": "counted the wrong bag"}
    await town.send("treasurer", f"/api/v1/collections/{one}/void", reason)
    (collection,) = (await dossier(town))["cash"]["collections"]
    assert collection["void_reason"] == "counted the wrong bag"


async def test_a_box_nobody_heard_of_has_an_empty_dossier(town: Town) -> None:
    found = await dossier(town, "box-9999")
    assert found["cash"]["collections"] == []
    assert found["qris"] == {
        "has_code": False,
        "payments": {},
        "without_notification_idr": 0,
        "hints": {"count": 0, "claimed_idr": 0, "counted_in_totals": False},
    }
