"""The day of a collector's phone: own boxes in plain words, and nothing that was sensed."""

import json

import pytest
from jimpitan_server.domain.visit_plan import Rhythm, VisitPlan
from jimpitan_server.services.containers import NewPlan
from jimpitan_wire import records
from money_town import Town, town
from server_town import bring

__all__ = ["town"]
pytestmark = pytest.mark.integration
DAY = "/api/v1/collector/day"


async def day(town: Town, role: str = "collector", **query: str) -> dict[str, object]:
    answer = await town.client.get(DAY, params=query, headers=await town.authorized(role))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


def box_of(told: dict[str, object], box: str) -> dict[str, object]:
    return next(one for one in told["boxes"] if one["box"] == box)  # type: ignore[attr-defined]


async def plan(town: Town, box: str, collector: str | None) -> None:
    wish = VisitPlan(
        plan_id="", box=box, rhythm=Rhythm.WEEKLY, starts_on=town.program.visits.today
    )
    await town.program.visits.plan(NewPlan(wish, collector), actor="test")


async def test_a_day_tells_how_boxes_are_in_words_and_which_codes_they_carry(town: Town) -> None:
    await town.authorized("collector")
    await plan(town, "box-0018", "collector")
    box = town.boxes["box-0018"]
    beat = {1: 3_290, 2: 100, 3: 0, 4: 0, 5: 0, 6: 0}
    await bring(
        town.program,
        box,
        box.stamp(records.HEARTBEAT, beat),
        box.stamp(records.LID_OPENED, {1: 0}),
    )
    await town.program.visits.add_can("kaleng-1", site="Ruang rapat", host="", actor="test")
    told = await day(town)
    assert [one["box"] for one in told["boxes"]] == ["box-0018", "box-0017", "kaleng-1"]
    due = box_of(told, "box-0018")
    assert due["due_on"] == "2026-11-20"
    assert due["battery"] == "hampir habis"
    assert due["lid"] == "terbuka"
    assert due["fill_words"] == "masih sedikit"
    assert due["state"] == "act"
    assert "Tutup kotak terbuka. Periksa dan tutup." in due["advice"]
    assert len(due["codes"]) == 1
    can = box_of(told, "kaleng-1")
    assert (can["site"], can["fill"], can["battery"], can["advice"]) == (
        "Ruang rapat",
        None,
        None,
        [],
    )
    english = box_of(await day(town, bahasa="en"), "box-0018")
    assert (english["battery"], english["lid"]) == ("nearly empty", "open")


async def test_a_box_of_somebody_else_is_not_sent(town: Town) -> None:
    await town.authorized("collector")
    await town.authorized("admin")
    await plan(town, "box-0018", "admin")
    assert [one["box"] for one in (await day(town))["boxes"]] == ["box-0017"]
    assert len((await day(town, "admin"))["boxes"]) == 2


async def test_nothing_in_a_day_moves_with_a_single_gift(town: Town) -> None:
    box = town.boxes["box-0017"]
    await bring(town.program, box, box.stamp())
    before = await day(town)
    for _ in range(30):
        await bring(town.program, box, box.stamp())
    assert json.dumps(await day(town)) == json.dumps(before)


async def test_a_seal_that_should_be_found_is_told_but_not_its_number(town: Town) -> None:
    assert not box_of(await day(town), "box-0017")["is_sealed"]
    await town.count_cash(seal="LBK-SECRET-1")
    told = await day(town)
    assert box_of(told, "box-0017")["is_sealed"]
    assert "LBK-SECRET-1" not in json.dumps(told)


async def test_alarms_are_of_the_box_and_not_of_money(town: Town) -> None:
    scan = {
        "scan_id": "7c0e3f52-6a9a-4a4e-9b5d-1f0f5a4b8c11",
        "payload": "00020101021126",
    }
    assert (await town.send("collector", "/api/v1/boxes/box-0017/scans", scan)).status_code == 201
    for _ in range(2):
        await town.count_cash(seal="S-1")
        town.clock.step(hours=1)
    await town.program.money.reconcile()
    assert "seal_repeated" in await town.open_kinds()
    alarms = box_of(await day(town), "box-0017")["alarms"]
    assert alarms == ["stiker di kotak tidak terbaca"]


async def test_others_are_not_let_in(town: Town) -> None:
    assert (await town.client.get(DAY)).status_code == 401
    for role in ("treasurer", "auditor"):
        answer = await town.client.get(DAY, headers=await town.authorized(role))
        assert answer.status_code == 403
