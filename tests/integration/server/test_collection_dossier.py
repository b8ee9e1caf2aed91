"""The dossier: each count from the plan to the account, each step with how it is known."""

from typing import Any
from uuid import uuid4

import pytest
from jimpitan_wire import records as wire
from money_town import Town, qris_of, town
from test_collection_weighing import DEPOSIT, bring, weighed

__all__ = ["town"]
pytestmark = pytest.mark.integration
PIN = "470921"


async def journeys(town: Town, box: str = "box-0017") -> list[dict[str, Any]]:
    headers = await town.authorized("auditor")
    answer = await town.client.get(f"/api/v1/dossier/{box}", headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["journeys"])


def states(journey: dict[str, Any]) -> dict[str, str]:
    return {one["step"]: f"{one['state']}/{one['known']}" for one in journey["steps"]}


async def whole_way(town: Town) -> str:
    """Let a count go all the way from a plan to the bank's statement."""
    await town.authorized("treasurer")
    plan = {"box": "box-0017", "rhythm": "weekly"}
    await town.send("admin", "/api/v1/plans", plan)
    await town.send("collector", "/api/v1/boxes/box-0017/visits")
    await bring(town, *[DEPOSIT, weighed(1, 3_100)] * 10)
    await bring(town, (wire.COLLECTION_OPENED, {1: 1}), (wire.LID_OPENED, {1: 10}))
    await bring(town, (wire.LID_CLOSED, {1: 0}))
    scan = {"scan_id": str(uuid4()), "payload": qris_of("A17")}
    await town.send("collector", "/api/v1/boxes/box-0017/scans", scan)
    await town.pay("R100000", 5_000, terminalId="A17")
    invitation = await town.program.collections.add_witness(
        "bu-ani", institution="Masjid", actor="test"
    )
    await town.program.collections.set_invited_pin(invitation, PIN)
    town.clock.step(minutes=5)
    answer = await town.count_cash(
        cash={"500": 10}, seal="S-2", seal_found="", bag="B", witness="bu-ani", witness_pin=PIN
    )
    count = str(answer.json()["collection_id"])
    headers = await town.authorized("collector")
    await town.client.get(f"/api/v1/collections/{count}/receipt", headers=headers)
    offer = {
        "handover_id": str(uuid4()),
        "receiver": "user-treasurer",
        "collection_ids": [count],
    }
    await town.send("collector", "/api/v1/handovers", offer)
    path = f"/api/v1/handovers/{offer['handover_id']}/answer"
    await town.send("treasurer", path, {"received_idr": 5_000})
    await town.remit(5_000, count)
    await town.statement("20,13:00,5000,QRIS R100000", "20,14:00,5000,SETOR SLIP-000123")
    await town.program.collections.weigh()
    await town.program.money.reconcile()
    return count


async def test_every_step_of_a_whole_way_is_done_and_says_how_it_is_known(town: Town) -> None:
    await whole_way(town)
    (journey,) = await journeys(town)
    assert states(journey) == {
        "planned": "done/plan",
        "visit": "done/box",
        "lid": "done/box",
        "sticker": "done/person",
        "count": "done/person",
        "witness": "done/pin",
        "seal": "done/person",
        "mass": "done/scale",
        "receipt": "done/server",
        "handover": "done/receiver",
        "remittance": "done/person",
        "credit": "done/bank",
    }
    assert journey["qris"]["confirmed"] == {"count": 1, "amount_idr": 5_000}
    await town.enter("auditor")
    shown = await town.page("/admin/berkas/box-0017")
    assert shown.count('class="done"') == 12
    for words in ("PIN orang kedua", "bu-ani", "S-2", "slip setoran", "kode yang terdaftar"):
        assert words in shown


async def test_a_count_alone_waits_and_says_that_nobody_said(town: Town) -> None:
    object.__setattr__(town.program.collections, "witness_demanded", True)
    await town.count_cash()
    (journey,) = await journeys(town)
    assert states(journey) == {
        "planned": "none/nobody",
        "visit": "none/nobody",
        "lid": "waiting/nobody",
        "sticker": "none/nobody",
        "count": "done/person",
        "witness": "wrong/nobody",
        "seal": "done/person",
        "mass": "waiting/nobody",
        "receipt": "none/nobody",
        "handover": "none/nobody",
        "remittance": "waiting/nobody",
        "credit": "waiting/nobody",
    }


async def test_what_does_not_agree_is_wrong_step_by_step(town: Town) -> None:
    await town.authorized("treasurer")
    await town.send("collector", "/api/v1/boxes/box-0017/visits")
    await bring(town, *[DEPOSIT, weighed(1, 3_100)] * 40)
    await bring(town, (wire.COLLECTION_OPENED, {1: 9}), (wire.LID_OPENED, {1: 40}))
    scan = {"scan_id": str(uuid4()), "payload": "no code"}
    await town.send("collector", "/api/v1/boxes/box-0017/scans", scan)
    await town.count_cash(cash={"500": 4}, seal="S-1")
    await town.program.money.reconcile()
    await town.program.collections.weigh()
    town.clock.step(days=7)
    count = (await town.count_cash(cash={"500": 3}, seal="S-1", seal_found="X")).json()
    offer = {
        "handover_id": str(uuid4()),
        "receiver": "user-treasurer",
        "collection_ids": [count["collection_id"]],
    }
    await town.send("collector", "/api/v1/handovers", offer)
    path = f"/api/v1/handovers/{offer['handover_id']}/answer"
    await town.send("treasurer", path, {"received_idr": 1_000})
    await town.remit(900, count["collection_id"])
    town.clock.step(days=20)
    await town.statement("21,13:00,1,ADMIN", "30,14:00,800,SETOR SLIP-000123")
    await town.program.money.reconcile()
    second, first = [states(one) for one in await journeys(town)]
    wrong = {name for name, state in first.items() if state.startswith("wrong")}
    assert wrong == {"sticker", "count", "seal", "mass", "remittance"}
    assert first["visit"] == "waiting/server"
    wrong = {name for name, state in second.items() if state.startswith("wrong")}
    assert wrong == {"lid", "seal", "handover", "remittance", "credit"}
    await town.enter("admin")
    assert "perlu ditinjau" in await town.page("/admin/berkas/box-0017")


async def test_a_can_s_dossier_begins_at_the_count(town: Town) -> None:
    can = {"box": "kaleng-1", "site": "Kantor <Camat>"}
    await town.send("admin", "/api/v1/cans", can)
    await town.count_cash("kaleng-1")
    (journey,) = await journeys(town, "kaleng-1")
    assert states(journey)["lid"] == "none/nobody"
    assert states(journey)["mass"] == "none/nobody"
    await town.enter("treasurer")
    shown = await town.page("/admin/berkas/kaleng-1?bahasa=en")
    assert "a plain can has no sensors" in shown
    assert "Kantor &lt;Camat&gt;" in shown


async def test_a_can_that_nobody_registered_has_a_dossier_once_it_was_counted(town: Town) -> None:
    await town.count_cash("kaleng-9")
    await town.enter("admin")
    assert "kaleng biasa" in await town.page("/admin/berkas/kaleng-9")


async def test_offers_and_withdrawn_counts_are_shown(town: Town) -> None:
    await town.authorized("treasurer")
    count = (await town.count_cash()).json()["collection_id"]
    offer = {
        "handover_id": str(uuid4()),
        "receiver": "user-treasurer",
        "collection_ids": [count],
    }
    await town.send("collector", "/api/v1/handovers", offer)
    assert states((await journeys(town))[0])["handover"] == "waiting/person"
    await town.enter("admin")
    assert "ditawarkan, belum dijawab" in await town.page("/admin/berkas/box-0017")
    path = f"/api/v1/handovers/{offer['handover_id']}/answer"
    await town.send("treasurer", path, {"note": "sobek"})
    assert states((await journeys(town))[0])["handover"] == "none/person"
    reason = {"reason": "counted the wrong bag"}
    await town.send("treasurer", f"/api/v1/collections/{count}/void", reason)
    assert "counted the wrong bag" in await town.page("/admin/berkas/box-0017")


async def test_collectors_count_blind(town: Town) -> None:
    await town.count_cash()
    await town.enter("collector")
    assert (await town.client.get("/admin/berkas/box-0017")).status_code == 403
    await town.enter("auditor")
    assert (await town.client.get("/admin/berkas/nobody")).status_code == 404
    assert (await town.client.get("/admin/berkas/X")).status_code == 404
    assert "Belum ada penarikan" in await town.page("/admin/berkas/box-0018")


async def test_a_repeated_notification_is_one_payment_of_the_dossier(town: Town) -> None:
    scan = {"scan_id": str(uuid4()), "payload": qris_of("A17")}
    await town.send("collector", "/api/v1/boxes/box-0017/scans", scan)
    for reference in ("R100000", "R100001"):
        await town.pay(reference, 5_000, terminalId="A17", rrn="123456789012")
    town.clock.step(minutes=5)
    await town.count_cash()
    await town.program.money.reconcile()
    (journey,) = await journeys(town)
    assert journey["qris"]["provisional"] == {"count": 1, "amount_idr": 5_000}
