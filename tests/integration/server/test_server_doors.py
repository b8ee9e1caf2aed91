"""The doors over HTTP: who may come in, what is refused, and how it is said."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from jimpitan_server.adapters.sealing import seal
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.entrypoints.http import app, gateway_door
from jimpitan_wire import cbor, down
from jimpitan_wire import records as wire
from server_boxes import FRIDAY, FakeBox, StepClock
from server_town import bring, known

RECORDS, DOWN = "/api/v1/records", "/api/v1/down"
ACTOR = UserId("user-1")
NOW_MS = int(FRIDAY.timestamp()) * 1000


@pytest.fixture
async def gateway(program: Program) -> dict[str, str]:
    """Return the headers of a known gateway."""
    token = await program.add_gateway("gw-1")
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/cbor"}


def batch(*items: object) -> bytes:
    """Return a request's body."""
    return cbor.encode(list(items))


async def test_batch_is_answered_item_by_item_with_acks(
    program: Program, client: httpx.AsyncClient, gateway: dict[str, str]
) -> None:
    box = await known(program, FakeBox())
    message = b"".join(box.stamps(3))
    body = batch(
        [box.box, NOW_MS, message], [box.box, NOW_MS, b"junk"], ["box-9", NOW_MS, message]
    )
    answer = await client.post(RECORDS, content=body, headers=gateway)
    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {"status": "held", "stored": 3, "duplicate": 0, "reasons": []},
        {"status": "refused", "stored": 0, "duplicate": 0, "reasons": ["malformed"]},
        {"status": "refused", "stored": 0, "duplicate": 0, "reasons": ["unknown_box"]},
    ]
    (message_down,) = answer.json()["down"]
    fields = box.open_down(base64.b64decode(message_down["message"]))
    assert message_down["box"] == box.box
    assert fields[down.BODY] == {down.ACK_SEQ: 3, down.ACK_TIME_MS: NOW_MS}


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic abc"])
async def test_gateway_without_token_stays_outside(
    client: httpx.AsyncClient, authorization: str
) -> None:
    headers = {"Authorization": authorization, "Content-Type": "application/cbor"}
    for answer in (
        await client.post(RECORDS, content=batch(), headers=headers),
        await client.get(DOWN, headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.json()["error"] == "not_authenticated"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xa0",
        b"\x81",
        b"\x9f\xff",
        b"\x81\x01",
        cbor.encode([["box-1", 1]]),
        cbor.encode([["box-1", 1, b"", 4]]),
        cbor.encode([[1, 1, b""]]),
        cbor.encode([["box-1", -1, b""]]),
        cbor.encode([["box-1", 2**60, b""]]),
        cbor.encode([["box-1", True, b""]]),
        cbor.encode([["box-1", 1, "text"]]),
        cbor.encode([["b" * 65, 1, b""]]),
        b"\x81" * 300,
        b"\x81\x83\xd8\x1c\x61a\x01\x40",
    ],
)
async def test_malformed_batch_is_refused_as_422(
    client: httpx.AsyncClient, gateway: dict[str, str], body: bytes
) -> None:
    answer = await client.post(RECORDS, content=body, headers=gateway)
    assert answer.status_code == 422
    assert answer.json()["error"] == "malformed"


async def test_too_many_items_or_bytes_are_refused_as_413(
    client: httpx.AsyncClient, gateway: dict[str, str]
) -> None:
    many = batch(*([["box-1", 1, b""]] * 501))
    large = bytes(gateway_door.BODY_BYTES_MAX + 1)
    huge = bytes(app.BODY_BYTES_MAX + 1)

    async def chunks() -> Any:
        for _ in range(33):
            yield bytes(65_536)

    for content in (many, large, huge, chunks()):
        answer = await client.post(RECORDS, content=content, headers=gateway)
        assert answer.status_code == 413
        assert answer.json()["error"] == "too_large"


async def test_other_media_type_is_refused(
    client: httpx.AsyncClient, gateway: dict[str, str]
) -> None:
    answer = await client.post(
        RECORDS, content=b"[]", headers=gateway | {"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]) == (422, "media_type")


async def test_unknown_address_and_method_answer_in_the_same_form(
    client: httpx.AsyncClient,
) -> None:
    missing, wrong = await client.get("/nothing"), await client.put(RECORDS)
    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert set(missing.json()) == set(wrong.json()) == {"error", "message"}


async def test_command_is_handed_out_signed_until_the_box_answers(
    program: Program, client: httpx.AsyncClient, gateway: dict[str, str], clock: StepClock
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, box.stamp())
    await program.open_collection(BoxId(box.box), actor=ACTOR)
    counters = []
    for _ in range(2):
        answer = await client.get(DOWN, headers=gateway)
        (item,) = answer.json()["down"]
        fields = box.open_down(base64.b64decode(item["message"]))
        assert fields[down.KIND] == down.COLLECTION_OPEN
        assert fields[down.BODY][down.OPEN_VISIT] == 1
        counters.append((fields[down.COUNTER], fields[down.BODY][down.OPEN_VALID_MS]))
        again = await client.get(DOWN, headers=gateway)
        assert again.json()["down"] == []
        clock.step(seconds=10)
    assert counters == [(2, 600_000), (3, 590_000)]
    await bring(program, box, box.stamp(wire.COLLECTION_OPENED, {wire.COLLECTION_VISIT: 1}))
    assert (await client.get(DOWN, headers=gateway)).json()["down"] == []


async def test_command_expires(
    program: Program, client: httpx.AsyncClient, gateway: dict[str, str], clock: StepClock
) -> None:
    box = await known(program, FakeBox())
    await program.open_collection(BoxId(box.box), actor=ACTOR)
    clock.step(minutes=10)
    assert (await client.get(DOWN, headers=gateway)).json()["down"] == []


async def test_command_goes_only_to_the_gateway_that_hears_the_box(
    program: Program, client: httpx.AsyncClient, gateway: dict[str, str]
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, box.stamp())
    other = {"Authorization": f"Bearer {await program.add_gateway('gw-2')}"}
    await program.open_collection(BoxId(box.box), actor=ACTOR)
    assert (await client.get(DOWN, headers=other)).json()["down"] == []
    assert len((await client.get(DOWN, headers=gateway)).json()["down"]) == 1


async def test_waiting_gateway_hears_a_command_at_once(
    program: Program, client: httpx.AsyncClient, gateway: dict[str, str]
) -> None:
    box = await known(program, FakeBox())
    waiting = asyncio.create_task(client.get(DOWN, params={"wait_s": 25}, headers=gateway))
    while program.commands.waiting == 0:
        await asyncio.sleep(0)
    await program.open_collection(BoxId(box.box), actor=ACTOR)
    answer = await asyncio.wait_for(waiting, 10)
    assert len(answer.json()["down"]) == 1


async def test_waiting_gateway_is_let_go_when_the_server_stops(
    program: Program, client: httpx.AsyncClient, gateway: dict[str, str]
) -> None:
    waiting = asyncio.create_task(client.get(DOWN, params={"wait_s": 25}, headers=gateway))
    while program.commands.waiting == 0:
        await asyncio.sleep(0)
    program.stop()
    assert (await asyncio.wait_for(waiting, 10)).json() == {"down": []}


@pytest.mark.parametrize("wait_s", ["-1", "26", "x"])
async def test_wait_out_of_bounds_is_refused(
    client: httpx.AsyncClient, gateway: dict[str, str], wait_s: str
) -> None:
    answer = await client.get(DOWN, params={"wait_s": wait_s}, headers=gateway)
    assert (answer.status_code, answer.json()["error"]) == (422, "malformed")


async def enrol(client: httpx.AsyncClient, token: str, **fields: Any) -> httpx.Response:
    """Enrol a box as a bench does."""
    answer = await client.get("/api/v1/enrolment-key")
    public_key = base64.b64decode(answer.json()["public_key"])
    plain = {"box": "box-0007", "epoch": 1, "key": base64.b64encode(bytes(32)).decode()} | fields
    return await client.post(
        "/api/v1/boxes/enrol",
        content=seal(public_key, json.dumps(plain).encode()),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/octet-stream",
        },
    )


async def test_box_is_enrolled_once_with_a_sealed_key(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = FakeBox("box-0007")
    key = base64.b64encode(box.secret).decode()
    token = await program.make_enrolment_token()
    answer = await enrol(client, token, key=key)
    assert (answer.status_code, answer.json()) == (201, {"box": "box-0007", "epoch": 1})
    assert (await bring(program, box, box.stamp())).receipts[0].stored == 1
    assert (await enrol(client, token, key=key)).status_code == 201
    assert (await enrol(client, token, box="box-0008", key=key)).status_code == 401
    assert (await enrol(client, token)).status_code == 401
    fresh = await program.make_enrolment_token()
    assert (await enrol(client, fresh, key=key)).json()["error"] == "epoch_not_newer"


async def test_enrolment_token_runs_out(
    program: Program, client: httpx.AsyncClient, clock: StepClock
) -> None:
    token = await program.make_enrolment_token()
    clock.step(hours=24)
    answer = await enrol(client, token)
    assert (answer.status_code, answer.json()["error"]) == (401, "enrolment_token")


async def test_refused_enrolment_leaves_its_token_good(
    program: Program, client: httpx.AsyncClient
) -> None:
    token = await program.make_enrolment_token()
    assert (await enrol(client, token, box="Not A Box")).status_code == 422
    assert (await enrol(client, token, key="AAAA")).status_code == 422
    assert (await enrol(client, token, epoch=-1)).status_code == 422
    assert (await enrol(client, token)).status_code == 201


async def test_enrolment_not_sealed_for_us_is_refused(
    program: Program, client: httpx.AsyncClient
) -> None:
    token = await program.make_enrolment_token()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
    other = seal(base64.b64decode("CQ" + "A" * 41 + "="), b"{}")
    for content, status in ((other, 422), (b"", 422), (b"\x01" * 60, 422), (bytes(2000), 413)):
        answer = await client.post("/api/v1/boxes/enrol", content=content, headers=headers)
        assert answer.status_code == status


async def test_totals_carry_a_tag_that_saves_asking_twice(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, *box.stamps(4))
    answer = await client.get("/totals.json")
    figures = answer.json()
    assert figures["sensed"] == {
        "deposits": 4,
        "estimate_idr": 4000,
        "low": 2000,
        "high": 8000,
    }
    assert figures["boxes_reporting"] == 1
    assert answer.headers["cache-control"] == "public, max-age=2"
    headers = {"If-None-Match": answer.headers["etag"]}
    assert (await client.get("/totals.json", headers=headers)).status_code == 304
    await bring(program, box, box.stamp())
    later = await client.get("/totals.json", headers=headers)
    assert later.status_code == 200
    assert later.json()["version"] > figures["version"]


async def test_silent_box_is_not_counted_as_reporting(
    program: Program, client: httpx.AsyncClient, clock: StepClock
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, box.stamp())
    clock.step(seconds=program.settings.stale_after_s)
    assert (await client.get("/totals.json")).json()["boxes_reporting"] == 0


async def test_board_says_how_each_figure_is_known(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known(program, FakeBox())
    for _ in range(125):
        await bring(program, box, *box.stamps(10))
    page = (await client.get("/")).text
    assert "perkiraan sensor" in page
    assert "terkonfirmasi bank" in page
    assert "Rp\u00a01.250.000" in page


async def test_health_metrics_and_safe_headers(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, box.stamp(), b"junk")
    health = await client.get("/healthz")
    assert health.json() == {"status": "ok"}
    assert health.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in health.headers["content-security-policy"]
    page = (await client.get("/metrics")).text
    assert 'jimpitan_refused_total{reason="malformed"} 1.0' in page
    assert box.box not in page


async def test_flood_is_answered_429_without_touching_the_rest(
    client: httpx.AsyncClient,
) -> None:
    answers = [await client.post("/api/v1/boxes/enrol") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert answers[-1].json()["error"] == "too_many"
    assert (await client.get("/healthz")).status_code == 200
