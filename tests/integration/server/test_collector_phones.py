"""Phones of collectors: let in by link and PIN, seen, and revoked at once."""

import json
import re

import httpx
import pytest
from jimpitan_server.adapters.database.phone_schema import phone_invitations, phones
from jimpitan_server.adapters.database.schema import audit
from money_town import Town, town
from server_town import rows
from test_collection_witness import QuickHashes

__all__ = ["town"]
pytestmark = pytest.mark.integration
DAY = "/api/v1/collector/day"


@pytest.fixture
async def logins(town: Town):
    """Return the desk of phones with quick hashes, and a collector."""
    found = town.program.phones.logins
    object.__setattr__(found, "passwords", QuickHashes())
    await town.authorized("collector")
    await town.authorized("admin")
    return found


async def enrol(town: Town, token: str, pin: str, label: str = "HP biru") -> httpx.Response:
    return await town.client.post(f"/hp/{token}", data={"pin": pin, "nama": label})


async def enrolled(town: Town, logins) -> httpx.Response:
    made = await logins.invite("collector", actor="test")
    answer = await enrol(town, made.token, made.pin)
    assert (answer.status_code, answer.headers["location"]) == (303, "/kolektor")
    assert "HttpOnly" in answer.headers["set-cookie"]
    return answer


async def test_a_link_and_its_pin_let_one_phone_in_once(town: Town, logins) -> None:
    made = await logins.invite("collector", actor="test")
    assert (await town.client.get(f"/hp/{made.token}")).status_code == 200
    assert (await enrol(town, made.token, made.pin)).status_code == 303
    assert (await town.client.get(DAY)).json()["collector"]["login_name"] == "collector"
    again = await enrol(town, made.token, made.pin)
    assert again.status_code == 404
    assert "Mintalah yang baru" in again.text
    assert await town.count(phones) == 1


async def test_a_link_is_worth_nothing_without_its_pin(town: Town, logins) -> None:
    made = await logins.invite("collector", actor="test")
    wrong = "000000" if made.pin != "000000" else "000001"
    for _ in range(5):
        assert (await enrol(town, made.token, wrong)).status_code == 401
    assert (await enrol(town, made.token, made.pin)).status_code == 404
    assert await town.count(phones) == 0
    told = json.dumps([list(row) for row in await rows(town.program, audit, "action", "detail")])
    assert told.count("phone_pin_wrong") == 5
    assert made.pin not in told


async def test_a_link_grows_old_and_a_newer_one_ends_it(town: Town, logins) -> None:
    first = await logins.invite("collector", actor="test")
    second = await logins.invite("collector", actor="test")
    assert (await enrol(town, first.token, first.pin)).status_code == 404
    town.clock.step(days=2)
    assert (await enrol(town, second.token, second.pin)).status_code == 404
    assert await rows(town.program, phone_invitations, "wrong") == [(0,), (0,)]


async def test_a_phone_s_name_is_bounded_and_costs_no_try(town: Town, logins) -> None:
    made = await logins.invite("collector", actor="test")
    assert (await enrol(town, made.token, made.pin, "x" * 41)).status_code == 422
    assert await rows(town.program, phone_invitations, "wrong") == [(0,)]
    assert (await enrol(town, made.token, made.pin, "")).status_code == 303
    assert await rows(town.program, phones, "label") == [("HP",)]


async def test_a_revoked_phone_is_out_at_once_and_told_why(town: Town, logins) -> None:
    await enrolled(town, logins)
    phone = (await logins.phones())[0]
    mine = dict(town.client.cookies)
    await town.enter("admin")
    listed = await town.page("/admin/hp")
    assert "HP biru" in listed
    form = await town.form("/admin/hp")
    answer = await town.client.post(f"/admin/hp/{phone.phone_id}/cabut", data=form)
    assert answer.status_code == 303
    assert "dicabut" in await town.page("/admin/hp")
    town.client.cookies.clear()
    town.client.cookies.update(mine)
    told = await town.client.get(DAY)
    assert (told.status_code, told.json()["error"]) == (401, "phone_revoked")
    page = await town.client.get("/serah", headers={"Accept": "text/html"})
    assert page.headers["location"] == "/masuk?next=/serah"
    again = await town.client.put("/api/v1/visits/7c0e3f52-6a9a-4a4e-9b5d-1f0f5a4b8c11", json={})
    assert again.status_code == 401


async def test_a_phone_stays_in_for_months_and_is_seen(town: Town, logins) -> None:
    await enrolled(town, logins)
    town.clock.step(minutes=5)
    await town.client.get(DAY)
    phone = (await logins.phones())[0]
    assert phone.last_seen_at == phone.enrolled_at
    town.clock.step(days=100)
    assert (await town.client.get(DAY)).status_code == 200
    assert (await logins.phones())[0].last_seen_at == town.clock.now()
    town.clock.step(days=81)
    assert (await town.client.get(DAY)).json()["error"] == "login_needed"


async def test_an_admin_makes_a_link_that_is_shown_once(town: Town, logins) -> None:
    await town.enter("admin")
    form = await town.form("/admin/hp", kolektor="collector")
    shown = (await town.client.post("/admin/hp", data=form)).text
    link = re.search(r"http://jimpitan.test/hp/[A-Za-z0-9_-]+", shown)
    pin = re.search(r'<strong class="value">([0-9]{6})</strong>', shown)
    assert link
    assert pin
    assert "data:image/svg+xml" in shown
    assert link[0] not in await town.page("/admin/hp")
    unknown = await town.client.post("/admin/hp", data=form | {"kolektor": "admin"})
    assert (unknown.status_code, "tidak dikenal" in unknown.text) == (404, True)
    lost = await town.client.post("/admin/hp/phone-1/cabut", data=form)
    assert lost.status_code == 404
    town.client.cookies.clear()
    answer = await enrol(town, link[0].rsplit("/", 1)[1], pin[1])
    assert answer.status_code == 303


async def test_only_an_admin_looks_at_phones(town: Town, logins) -> None:
    await town.enter("collector")
    assert (await town.client.get("/admin/hp")).status_code == 403
