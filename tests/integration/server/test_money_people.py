"""What people bring: counts made blind, remittances, and what withdraws them."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from jimpitan_server.adapters.database.money_schema import collections, remittances, voids
from money_town import Town, town
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

__all__ = ["town"]
pytestmark = pytest.mark.integration


async def test_a_count_is_kept_once_and_answered_blind(town: Town) -> None:
    collection_id = str(uuid4())
    first = await town.count_cash(collection_id=collection_id)
    again = await town.count_cash(collection_id=collection_id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == {
        "collection_id": collection_id,
        "counted_idr": 20_500,
        "is_new": True,
        "witness_state": "missing",
    }
    assert again.json() == first.json() | {"is_new": False}
    assert await town.money() == (20_500, 0, 0, 0)


async def test_one_count_sent_ten_times_at_once_is_one_count(town: Town) -> None:
    await town.authorized("collector")
    answers = await asyncio.gather(*(town.count_cash() for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200, 201}
    assert len({answer.json()["collection_id"] for answer in answers}) == 1
    assert await town.count(collections) == 1


async def test_another_count_under_a_known_id_is_a_conflict(town: Town) -> None:
    collection_id = str(uuid4())
    await town.count_cash(collection_id=collection_id)
    other = await town.count_cash(collection_id=collection_id, cash={"1000": 1})
    assert (other.status_code, other.json()["error"]) == (409, "collection_differs")
    assert (await town.money())[0] == 20_500


IMPOSSIBLE_COUNTS: tuple[dict[str, Any], ...] = (
    {"cash": {"25000": 1}},
    {"cash": {"1000": -1}},
    {"cash": {"1000": 1.5}},
    {"cash": {"1000": True}},
    {"cash": {"1e3": 1}},
    {"collection_id": "17"},
    {"box": "Kotak 17"},
    {"lid_at": "2026-11-20T10:00:00"},
    {"lid_at": "2027-11-20T10:00:00Z"},
    {"lid_at": "0001-01-01T00:00:00+14:00"},
    {"seal": "a\nb"},
    {"expected_idr": 5},
)


async def test_a_count_that_cannot_be_is_refused(town: Town) -> None:
    for changed in IMPOSSIBLE_COUNTS:
        answer = await town.count_cash(**changed)
        assert answer.status_code == 422, changed
    assert await town.count(collections) == 0


async def test_an_empty_box_is_a_count_too(town: Town) -> None:
    answer = await town.count_cash(cash={})
    assert (answer.status_code, answer.json()["counted_idr"]) == (201, 0)


async def test_a_remittance_says_what_was_counted_and_what_was_paid_in(town: Town) -> None:
    one = (await town.count_cash()).json()["collection_id"]
    two = (await town.count_cash("box-0018", cash={"10000": 1})).json()["collection_id"]
    remittance_id = str(uuid4())
    answer = await town.remit(30_000, one, two, remittance_id=remittance_id)
    assert answer.status_code == 201
    assert answer.json() == {
        "remittance_id": remittance_id,
        "remitted_idr": 30_000,
        "counted_idr": 30_500,
        "variance_idr": -500,
        "is_new": True,
    }
    again = await town.remit(30_000, one, two, remittance_id=remittance_id)
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    other = await town.remit(31_000, one, two, remittance_id=remittance_id)
    assert (other.status_code, other.json()["error"]) == (409, "remittance_differs")


async def test_a_count_is_paid_in_once_even_at_once(town: Town) -> None:
    await town.authorized("treasurer")
    one = (await town.count_cash()).json()["collection_id"]
    answers = await asyncio.gather(*(town.remit(20_500, one) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert await town.count(remittances) == 1


IMPOSSIBLE_REMITTANCES: tuple[tuple[int, dict[str, object], int], ...] = (
    (0, {}, 422),
    (5, {"account": "nowhere"}, 404),
    (5, {"method": "cheque"}, 422),
    (5, {"reference": ""}, 422),
    (5, {"paid_at": "2027-11-20T10:00:00Z"}, 422),
    (5, {"paid_at": "0001-01-01T00:00:00+14:00"}, 422),
    (10**12 + 1, {}, 422),
    (5, {"collection_ids": []}, 422),
    (5, {"collection_ids": [str(uuid4())]}, 404),
)


async def test_a_remittance_that_cannot_be_is_refused(town: Town) -> None:
    one = (await town.count_cash()).json()["collection_id"]
    for amount, changed, status in IMPOSSIBLE_REMITTANCES:
        assert (await town.remit(amount, one, **changed)).status_code == status, changed
    assert await town.count(remittances) == 0


async def test_what_is_void_stays_and_does_not_count(town: Town) -> None:
    one = (await town.count_cash()).json()["collection_id"]
    wrong = (await town.remit(9_999, one)).json()["remittance_id"]
    reason = {"reason": "the slip says another amount"}
    answer = await town.send("treasurer", f"/api/v1/remittances/{wrong}/void", reason)
    assert answer.status_code == 201
    assert (await town.remit(20_500, one)).status_code == 201
    again = await town.send("treasurer", f"/api/v1/remittances/{wrong}/void", reason)
    assert (again.status_code, again.json()["error"]) == (409, "void_already")
    await town.send("treasurer", f"/api/v1/collections/{one}/void", reason)
    assert (await town.money())[0] == 0
    assert await town.count(collections) == 1


async def test_a_withdrawn_count_is_not_called_known_under_another_id(town: Town) -> None:
    lid_at = town.clock.now().isoformat()
    first = (await town.count_cash(lid_at=lid_at)).json()["collection_id"]
    reason = {"reason": "taken for another box"}
    await town.send("treasurer", f"/api/v1/collections/{first}/void", reason)
    other = await town.count_cash(lid_at=lid_at)
    assert (other.status_code, other.json()["error"]) == (409, "collection_void")
    again = await town.count_cash(lid_at=lid_at, collection_id=first)
    assert again.status_code == 200
    assert await town.count(collections) == 1


async def test_large_money_of_ones_own_hands_is_withdrawn_by_another(town: Town) -> None:
    """A treasurer who took it over would end every case about it alone."""
    reason = {"reason": "it was counted by mistake"}
    kept: list[str] = []
    for pieces in (1, 2):  # of Rp 100.000, which is the limit
        count = (await town.count_cash(cash={"100000": pieces})).json()["collection_id"]
        offer = {"handover_id": str(uuid4()), "receiver": "user-treasurer"}
        await town.authorized("treasurer")
        await town.send("collector", "/api/v1/handovers", offer | {"collection_ids": [count]})
        path = f"/api/v1/handovers/{offer['handover_id']}/answer"
        answer = await town.send("treasurer", path, {"received_idr": pieces * 100_000})
        assert answer.status_code == 200
        kept.append(count)
    small, large = kept
    answer = await town.send("treasurer", f"/api/v1/collections/{large}/void", reason)
    assert (answer.status_code, answer.json()["error"]) == (409, "void_own")
    answer = await town.send("treasurer", f"/api/v1/collections/{small}/void", reason)
    assert answer.status_code == 201
    paid = (await town.remit(200_000, large)).json()["remittance_id"]
    answer = await town.send("treasurer", f"/api/v1/remittances/{paid}/void", reason)
    assert (answer.status_code, answer.json()["error"]) == (409, "void_own")
    for path in (f"remittances/{paid}", f"collections/{large}"):
        answer = await town.send("admin", f"/api/v1/{path}/void", reason)
        assert answer.status_code == 201, path


async def test_a_void_payment_is_no_money(town: Town) -> None:
    await town.pay("R1", 1_000)
    reason = {"reason": "a trial payment of the bank"}
    answer = await town.send("treasurer", "/api/v1/payments/1/void", reason)
    assert answer.status_code == 201
    assert (await town.money())[2] == 0
    await town.program.money.reconcile()
    assert (await town.money())[2] == 0


IMPOSSIBLE_VOIDS = (
    ("collections/17", "a good reason", 404),
    ("payments/x", "a good reason", 404),
    ("payments/99", "a good reason", 404),
    ("payments/" + "9" * 30, "a good reason", 404),
    ("payments/" + "9" * 99, "a good reason", 422),
    ("boxs/17", "a good reason", 422),
    ("collections/17", "short", 422),
)


async def test_what_cannot_be_voided_is_said(town: Town) -> None:
    for path, reason, status in IMPOSSIBLE_VOIDS:
        answer = await town.send("treasurer", f"/api/v1/{path}/void", {"reason": reason})
        assert answer.status_code == status, path
    assert await town.count(voids) == 0


async def test_rows_that_people_brought_cannot_be_changed(town: Town) -> None:
    one = (await town.count_cash()).json()["collection_id"]
    two = (await town.remit(20_500, one)).json()["remittance_id"]
    reason = {"reason": "for this test only"}
    await town.send("treasurer", f"/api/v1/remittances/{two}/void", reason)
    for table in (collections, remittances, voids):
        for change in (delete(table), update(table).values({next(iter(table.c)).name: "x"})):
            with pytest.raises(DBAPIError, match="append-only"):
                async with town.program.database.write() as connection:
                    await connection.execute(change)


CLOSED_DOORS = (
    ("collector", "/api/v1/statements?account=bsi-1&profile=jimpitan", 403),
    ("collector", "/api/v1/reconcile", 403),
    ("collector", "/api/v1/collections/1/void", 403),
    ("auditor", "/api/v1/collections", 403),
    ("auditor", "/api/v1/reconcile", 403),
)


async def test_each_door_has_its_roles(town: Town) -> None:
    content = {"reason": "a good reason"}
    for role, path, status in CLOSED_DOORS:
        assert (await town.send(role, path, content)).status_code == status, path


async def test_a_collector_who_counts_blind_is_not_shown_the_dossier(town: Town) -> None:
    headers = await town.authorized("collector")
    assert (await town.client.get("/api/v1/dossier/box-0017", headers=headers)).status_code == 403


async def test_a_script_logs_in_and_sends_its_token(town: Town) -> None:
    await town.program.add_user("siti", role="collector", password="kata sandi untuk uji")
    login = {"login_name": "siti", "password": "kata sandi untuk uji"}
    answer = await town.client.post("/api/v1/sessions", json=login)
    assert (answer.status_code, answer.json()["role"]) == (201, "collector")
    town.tokens["collector"] = answer.json()["token"]
    assert (await town.count_cash()).status_code == 201


async def test_nobody_gets_in_without_a_session(town: Town) -> None:
    assert (await town.client.post("/api/v1/collections", json={})).status_code in (401, 422)
    wrong = {"Authorization": "Bearer wrong"}
    answer = await town.client.get("/api/v1/dossier/box-0017", headers=wrong)
    assert (answer.status_code, answer.json()["error"]) == (401, "login_needed")
    login = {"login_name": "nobody", "password": "nothing at all"}
    assert (await town.client.post("/api/v1/sessions", json=login)).status_code == 401
