"""Plain cans and planned visits: kept, shown on the route, missed only when time is over."""

from datetime import timedelta
from uuid import uuid4

import pytest
from jimpitan_server.adapters.database.container_schema import cans, placements, visit_plans
from money_town import Town, town
from server_town import rows
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

__all__ = ["town"]
pytestmark = pytest.mark.integration


async def plan(town: Town, box: str = "box-0017", **values: object) -> dict[str, object]:
    content = {"box": box, "rhythm": "weekly"} | values
    answer = await town.send("admin", "/api/v1/plans", content)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def can(town: Town, box: str = "kaleng-1", **values: object) -> dict[str, object]:
    content = {"box": box, "site": "Kantor Camat"} | values
    return dict((await town.send("admin", "/api/v1/cans", content)).json())


async def visits(town: Town, role: str = "admin") -> list[tuple[str, str, str]]:
    headers = await town.authorized(role)
    answer = await town.client.get("/api/v1/visits?ahead_days=7", headers=headers)
    return [(one["box"], one["day"], one["state"]) for one in answer.json()["visits"]]


async def missed(town: Town) -> list[str]:
    await town.program.visits.watch_if_due()
    return [kind for kind in await town.open_kinds() if kind == "visit_missed"]


async def test_a_can_is_counted_without_a_lid_and_nothing_is_missed(town: Town) -> None:
    assert await can(town) == {
        "box": "kaleng-1",
        "tier": "can",
        "site": "Kantor Camat",
        "host": "",
    }
    assert (await can(town))["error"] == "box_exists"
    assert (await can(town, "box-0017"))["error"] == "box_exists"
    assert (await can(town, "Kaleng 1"))["error"] == "malformed"
    scan = {"scan_id": str(uuid4()), "payload": "x"}
    assert (await town.send("collector", "/api/v1/boxes/kaleng-1/scans", scan)).status_code == 201
    await town.count_cash("kaleng-1")
    town.clock.step(days=2)
    await town.program.money.reconcile()
    assert "count_without_lid" not in await town.open_kinds()
    await town.enter("collector")
    assert "kaleng biasa" in await town.page("/kolektor")
    assert "Mulai kunjungan" not in await town.page("/kolektor/kaleng-1")
    await town.enter("admin")
    assert "Kantor Camat" in await town.page("/admin/kotak")


async def test_a_can_that_got_sensors_is_a_sensor_box(town: Town) -> None:
    await can(town)
    await town.program.add_box("kaleng-1", epoch=1, key=bytes(range(32)))
    found = {one.box: one.tier for one in await town.program.visits.containers()}
    assert found["kaleng-1"] == "sensor"


async def test_places_keep_their_history(town: Town) -> None:
    for site in ("Masjid Agung", "Masjid Agung", "Pasar"):
        headers = await town.authorized("admin")
        answer = await town.client.put(
            "/api/v1/boxes/box-0017/place", json={"site": site}, headers=headers
        )
        assert answer.json()["site"] == site
    assert await rows(town.program, placements, "site") == [("Masjid Agung",), ("Pasar",)]
    for box, site in (("nobody", "x"), ("box-0017", " ")):
        path = f"/api/v1/boxes/{box}/place"
        answer = await town.client.put(path, json={"site": site}, headers=headers)
        assert answer.status_code in {404, 422}


async def test_a_visit_is_missed_when_its_tolerance_is_over_and_a_late_count_closes_it(
    town: Town,
) -> None:
    await plan(town, tolerance_days=2)  # the clock stands on a Friday
    assert await visits(town) == [
        ("box-0017", "2026-11-20", "due"),
        ("box-0017", "2026-11-27", "ahead"),
    ]
    town.clock.step(days=2)
    assert await missed(town) == []
    town.clock.step(days=1)
    assert await missed(town) == ["visit_missed"]
    assert await town.program.visits.watch_if_due() is False
    lid_at = (town.clock.now() - timedelta(days=2)).isoformat()
    await town.count_cash(lid_at=lid_at)
    town.clock.step(hours=1)
    assert await missed(town) == []
    assert (await visits(town))[0][2] == "made"


async def test_an_ended_plan_asks_for_nothing_more(town: Town) -> None:
    made = await plan(town)
    path = f"/api/v1/plans/{made['plan_id']}/end"
    assert (await town.send("admin", path)).json()["ends_on"] == "2026-11-20"
    assert (await town.send("admin", path)).json()["error"] == "plan_ended"
    unknown = await town.send("admin", f"/api/v1/plans/{uuid4()}/end")
    assert unknown.json()["error"] == "plan_unknown"
    town.clock.step(days=30)
    assert await missed(town) == []


async def test_a_route_is_one_s_own_in_its_order(town: Town) -> None:
    await town.authorized("collector")
    await can(town)
    await plan(town, stop=2)
    await plan(town, "kaleng-1", stop=1, collector="collector")
    await plan(town, "box-0018", collector="admin")
    assert {box for box, _, _ in await visits(town, "collector")} == {"box-0017", "kaleng-1"}
    await town.enter("collector")
    shown = (await town.page("/kolektor")).partition("Kunjungan hari ini")[2].partition("</ol>")[0]
    assert shown.index("kaleng-1") < shown.index("box-0017")
    assert "box-0018" not in shown


async def test_plans_are_checked(town: Town) -> None:
    for wrong, code in (
        ({"box": "nobody"}, "box_unknown"),
        ({"collector": "nobody"}, "collector_unknown"),
        ({"starts_on": "2020-01-01"}, "malformed"),
    ):
        content = {"box": "box-0017", "rhythm": "weekly"} | wrong
        assert (await town.send("admin", "/api/v1/plans", content)).json()["error"] == code


async def test_plans_and_cans_stay_in_history(town: Town) -> None:
    await plan(town)
    await can(town)
    for table in (visit_plans, cans, placements):
        with pytest.raises(DBAPIError, match="append-only"):
            async with town.program.database.write() as connection:
                await connection.execute(delete(table))


async def test_an_admin_plans_and_places_by_page(town: Town) -> None:
    await town.enter("admin")
    assert "Belum ada rencana" in await town.page("/admin/kunjungan")
    form = await town.form("/admin/wadah", kotak="kaleng-2", tempat="Aula", instansi="Desa")
    assert (await town.client.post("/admin/wadah", data=form)).status_code == 303
    assert "sudah ada" in (await town.client.post("/admin/wadah", data=form)).text
    path = "/admin/wadah/kaleng-2/tempat"
    assert (await town.client.post(path, data=form | {"tempat": "Balai"})).status_code == 303
    assert "Balai" in await town.page("/admin/wadah")
    assert (await town.client.post("/admin/wadah/x/tempat", data=form)).status_code == 404
    wish = await town.form(
        "/admin/kunjungan", kotak="kaleng-2", irama="every_35_days", toleransi="3", hari="4"
    )
    for wrong in ({"irama": "x"}, {"toleransi": "x"}, {"mulai": "x"}, {"kotak": "x"}):
        refused = await town.client.post("/admin/kunjungan", data=wish | wrong)
        assert refused.status_code in {404, 422}
        assert 'role="alert"' in refused.text
    for irama in ("every_35_days", "monthly", "once", "weekly"):
        done = await town.client.post("/admin/kunjungan", data=wish | {"irama": irama})
        assert done.status_code == 303
    other = wish | {"patokan": "2026-11-03"}
    assert (await town.client.post("/admin/kunjungan", data=other)).status_code == 303
    shown = await town.page("/admin/kunjungan")
    assert "setiap 35 hari (Jumat Manis)" in shown
    assert "setiap 35 hari sejak 03/11/2026" in shown
    number = shown.partition("/admin/kunjungan/")[2].partition("/akhiri")[0]
    end = f"/admin/kunjungan/{number}/akhiri"
    assert (await town.client.post(end, data=wish)).status_code == 303
    assert "sudah berakhir" in (await town.client.post(end, data=wish)).text
