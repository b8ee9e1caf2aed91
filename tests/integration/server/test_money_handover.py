"""Custody passes from hand to hand when the receiver confirms the sum he found."""

from uuid import uuid4

import httpx
import pytest
from jimpitan_server.adapters.database.handover_rows import (
    handover_answers,
    handover_collections,
    handovers,
)
from money_town import Town, town
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError
from test_server_fleet_pages import log_in, sign_in, token

__all__ = ["town"]
pytestmark = pytest.mark.integration
TREASURER = "user-treasurer"


async def counted(town: Town, **changed: object) -> str:
    return str((await town.count_cash(**changed)).json()["collection_id"])


def offer(*ids: str, **changed: object) -> dict[str, object]:
    content = {"handover_id": str(uuid4()), "receiver": TREASURER, "collection_ids": list(ids)}
    return content | changed


async def answer(
    town: Town, content: dict[str, object], role: str = "treasurer", **said: object
) -> httpx.Response:
    return await town.send(role, f"/api/v1/handovers/{content['handover_id']}/answer", said)


async def places(town: Town) -> dict[str, int]:
    await town.program.money.reconcile()
    view = await town.program.ledger.view()
    return {str(place): amount.amount for place, amount in view.balances.items() if amount}


async def test_custody_stays_with_the_giver_until_the_receiver_confirms(town: Town) -> None:
    await town.authorized("treasurer")
    content = offer(await counted(town))
    first = await town.send("collector", "/api/v1/handovers", content)
    again = await town.send("collector", "/api/v1/handovers", content)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (await places(town))["collector:user-collector"] == 20_500
    seen = await town.client.get("/api/v1/handovers", headers=await town.authorized("treasurer"))
    (waiting,) = seen.json()["handovers"]
    assert (waiting["counted_idr"], waiting["received_idr"]) == (None, None)
    done = await answer(town, content, received_idr=20_500)
    assert done.json()["received_idr"] == 20_500
    assert (await answer(town, content, received_idr=20_500)).status_code == 200
    assert (await places(town))["treasurer:user-treasurer"] == 20_500
    assert "handover_differs" not in await town.open_kinds()


async def test_a_short_handover_is_a_case_and_the_rest_stays(town: Town) -> None:
    await town.authorized("treasurer")
    content = offer(await counted(town))
    await town.send("collector", "/api/v1/handovers", content)
    await answer(town, content, received_idr=20_000)
    assert (await answer(town, content, received_idr=1)).json()["error"] == "handover_answered"
    held = await places(town)
    assert (held["collector:user-collector"], held["treasurer:user-treasurer"]) == (500, 20_000)
    assert "handover_differs" in await town.open_kinds()


async def test_a_refused_handover_leaves_everything_where_it_was(town: Town) -> None:
    await town.authorized("treasurer")
    count = await counted(town)
    content = offer(count)
    await town.send("collector", "/api/v1/handovers", content)
    assert (await answer(town, content)).status_code == 422
    refused = await answer(town, content, note="kantong sobek")
    assert refused.json()["received_idr"] is None
    assert (await places(town))["collector:user-collector"] == 20_500
    assert (await town.send("collector", "/api/v1/handovers", offer(count))).status_code == 201


async def test_a_refusal_tells_nobody_what_was_counted_and_a_giver_may_withdraw(
    town: Town,
) -> None:
    await town.authorized("treasurer")
    count = await counted(town)
    for role in ("treasurer", "collector"):
        content = offer(count)
        await town.send("collector", "/api/v1/handovers", content)
        assert (await answer(town, content, role, note="nanti saja")).status_code == 200
    headers = await town.authorized("treasurer")
    seen = (await town.client.get("/api/v1/handovers", headers=headers)).json()["handovers"]
    assert [one["counted_idr"] for one in seen] == [None, None]
    assert (await answer(town, offer(count), "collector", received_idr=5)).status_code == 404


async def test_what_was_paid_in_meanwhile_is_not_taken_over(town: Town) -> None:
    await town.authorized("treasurer")
    count = await counted(town)
    content = offer(count)
    await town.send("collector", "/api/v1/handovers", content)
    await town.remit(20_500, count)
    late = await answer(town, content, received_idr=20_500)
    assert (late.status_code, late.json()["error"]) == (409, "handover_changed")


async def test_a_collector_pays_in_only_what_is_in_his_own_hands(town: Town) -> None:
    """He keeps the number of a count that he handed over, and may say nothing about it."""
    await town.authorized("treasurer")
    count, own = await counted(town), await counted(town, box="box-0018")
    content = offer(count)
    await town.send("collector", "/api/v1/handovers", content)
    await answer(town, content, received_idr=20_500)
    slip = {
        "remittance_id": str(uuid4()),
        "collection_ids": [own],
        "amount_idr": 20_500,
        "method": "slip",
        "reference": "SLIP-1",
        "paid_at": town.clock.now().isoformat(),
    }
    for ids in ([count], [count, own]):
        foreign = slip | {"remittance_id": str(uuid4()), "collection_ids": ids}
        said = await town.send("collector", "/api/v1/remittances", foreign)
        assert (said.status_code, said.json()["error"]) == (409, "handover_holder")
    for status in (201, 200):
        said = await town.send("collector", "/api/v1/remittances", slip)
        assert said.status_code == status
    assert (await town.remit(20_500, count)).status_code == 201


async def test_only_what_one_holds_is_handed_to_a_treasurer(town: Town) -> None:
    for role in ("treasurer", "admin"):
        await town.authorized(role)
    count = await counted(town)
    cases = {
        "receiver_unknown": offer(count, receiver="user-nobody"),
        "receiver_wrong": offer(count, receiver="user-collector"),
        "collection_unknown": offer(str(uuid4())),
    }
    for code, content in cases.items():
        said = await town.send("collector", "/api/v1/handovers", content)
        assert said.json()["error"] == code
    other = await town.send("admin", "/api/v1/handovers", offer(count))
    assert other.json()["error"] == "handover_holder"
    content = offer(count)
    await town.send("collector", "/api/v1/handovers", content)
    twice = await town.send("collector", "/api/v1/handovers", offer(count))
    assert twice.json()["error"] == "handover_offered"
    differs = content | {"receiver": "user-admin"}
    said = await town.send("collector", "/api/v1/handovers", differs)
    assert said.json()["error"] == "handover_differs"
    assert (await answer(town, content, "admin", received_idr=1)).status_code == 403
    unknown = await answer(town, {"handover_id": uuid4()}, received_idr=1)
    assert unknown.json()["error"] == "handover_unknown"
    await town.remit(20_500, count)
    paid = await town.send("collector", "/api/v1/handovers", offer(count))
    assert paid.json()["error"] == "collection_unknown"


async def test_handovers_stay_in_history(town: Town) -> None:
    await town.authorized("treasurer")
    content = offer(await counted(town))
    await town.send("collector", "/api/v1/handovers", content)
    await answer(town, content, received_idr=20_500)
    for table in (handovers, handover_collections, handover_answers):
        with pytest.raises(DBAPIError, match="append-only"):
            async with town.program.database.write() as connection:
                await connection.execute(delete(table))


async def test_two_people_do_it_by_page(town: Town) -> None:
    await log_in(town.program, town.client, "treasurer")
    assert "Tidak ada hitungan" in (await town.client.get("/serah")).text
    await town.client.post("/keluar", data=await token(town.client, "/keluar"))
    await log_in(town.program, town.client, "collector")
    data = await token(town.client, "/keluar")
    form = {
        "collection_id": str(uuid4()),
        "box": "box-0017",
        "lid_at": town.clock.now().isoformat(),
        "cash": {"1000": 12},
    }
    headers = {"X-CSRF-Token": data["csrf_token"]}
    done = await town.client.post("/api/v1/collections", json=form, headers=headers)
    assert done.status_code == 201
    shown = (await town.client.get("/serah")).text
    assert "Rp\u00a012.000" in shown
    receiver = shown.partition('<option value="')[2].partition('"')[0]
    number = shown.partition('name="nomor" value="')[2].partition('"')[0]
    wish = data | {"nomor": number, "hitungan": form["collection_id"], "penerima": receiver}
    wrong = await town.client.post("/serah", data=wish | {"penerima": "x"})
    assert "Pilih penerima dahulu." in wrong.text
    garbage = await town.client.post("/serah", data=wish | {"nomor": "x"})
    assert garbage.status_code == 422
    assert (await town.client.post("/serah", data=wish)).status_code == 303
    assert "menunggu penerima" in (await town.client.get("/serah")).text
    await town.client.post("/keluar", data=data)
    await sign_in(town.client, "treasurer")
    shown = (await town.client.get("/serah")).text
    assert "Terima dari collector" in shown
    assert "12.000" not in shown.partition("Di tangan Anda")[0]
    data = await token(town.client, "/serah")
    bad = await town.client.post(f"/serah/{number}", data=data | {"jumlah": "dua belas"})
    assert bad.status_code == 422
    good = await town.client.post(f"/serah/{number}", data=data | {"jumlah": "12.000"})
    assert good.status_code == 303
    assert "Rp\u00a012.000" in (await town.client.get("/serah")).text
    late = await town.client.post(f"/serah/{number}", data=data | {"tolak": "1", "catatan": "x"})
    assert "sudah dijawab" in late.text
