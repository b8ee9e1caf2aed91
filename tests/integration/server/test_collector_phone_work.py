"""What a phone brings beside its count: visits, sealed PINs, photos, records; each kept once."""

import base64
import json
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from jimpitan_server.adapters.database.phone_schema import count_photos, visit_starts
from jimpitan_server.adapters.database.schema import audit, down_messages
from jimpitan_server.adapters.database.witness_schema import pins
from jimpitan_server.adapters.pin_key import PADDING
from jimpitan_wire import cbor
from money_town import Town, town
from server_town import rows
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError
from test_collection_witness import PIN, desk
from test_collector_day import day

__all__ = ["desk", "town"]
pytestmark = pytest.mark.integration
JPEG = b"\xff\xd8\xff\xda\x00\x02\x12\x34\xff\xd9"


async def put(town: Town, path: str, role: str = "collector", **options: object) -> httpx.Response:
    headers = await town.authorized(role) | options.pop("headers", {})  # type: ignore[operator]
    return await town.client.put(path, headers=headers, **options)  # type: ignore[arg-type]


async def begin(town: Town, visit: str, role: str = "collector", **changed: object):
    body = {"box": "box-0017", "begun_at": town.clock.now().isoformat()} | changed
    return await put(town, f"/api/v1/visits/{visit}", role, json=body)


async def test_a_visit_begun_twice_tells_the_box_once(town: Town) -> None:
    visit = str(uuid4())
    first = await begin(town, visit)
    assert (first.status_code, first.json()["visit"]) == (201, 1)
    town.clock.step(minutes=3)
    again = await begin(town, visit)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await town.count(down_messages) == 1
    assert (await begin(town, str(uuid4()))).json()["visit"] == 2


async def test_a_visit_without_a_network_is_kept_as_the_collector_s_word(town: Town) -> None:
    begun_at = town.clock.now()
    town.clock.step(hours=5)
    told = await begin(town, str(uuid4()), is_offline=True, begun_at=begun_at.isoformat())
    assert (told.status_code, told.json()["visit"]) == (201, None)
    assert await town.count(down_messages) == 0
    await town.count_cash(lid_at=(begun_at + timedelta(minutes=4)).isoformat())
    await town.authorized("admin")
    dossier = await town.client.get(
        "/api/v1/dossier/box-0017", headers=await town.authorized("admin")
    )
    step = next(one for one in dossier.json()["journeys"][0]["steps"] if one["step"] == "visit")
    assert (step["state"], step["known"]) == ("done", "person")
    with pytest.raises(DBAPIError, match="append-only"):
        async with town.program.database.write() as connection:
            await connection.execute(delete(visit_starts))


async def test_a_can_has_no_box_to_tell(town: Town) -> None:
    await town.program.visits.add_can("kaleng-1", site="Ruang", host="", actor="test")
    told = await begin(town, str(uuid4()), box="kaleng-1")
    assert (told.status_code, told.json()["visit"]) == (201, None)


async def test_visits_that_cannot_be_are_refused(town: Town) -> None:
    visit = str(uuid4())
    await begin(town, visit)
    assert (await begin(town, visit, "admin")).json()["error"] == "visit_differs"
    assert (await begin(town, str(uuid4()), box="box-9999")).json()["error"] == "box_unknown"
    late = (town.clock.now() + timedelta(days=2)).isoformat()
    assert (await begin(town, str(uuid4()), begun_at=late)).status_code == 422
    assert (await begin(town, str(uuid4()), "treasurer")).status_code == 403


async def seal(town: Town, count: str, pin: str, witness: str = "bu-ani", total: int = 20_500):
    """Seal as the phone does, with the key that it took along with the day."""
    key = (await day(town))["pin_key"]
    public = load_der_public_key(base64.b64decode(key["spki"]))
    plain = {"collection_id": count, "witness": witness, "pin": pin, "total_idr": total}
    sealed = public.encrypt(json.dumps(plain).encode(), PADDING)
    return {
        "witness": witness,
        "sealed": base64.b64encode(sealed).decode(),
        "sealed_key": key["id"],
    }


async def confirm(town: Town, count: str, body: dict[str, object]) -> httpx.Response:
    return await town.send("collector", f"/api/v1/collections/{count}/witness", body)


async def test_a_sealed_pin_confirms_the_count_it_was_sealed_for(town: Town, desk) -> None:
    count = str(uuid4())
    body = await seal(town, count, PIN)
    assert (await confirm(town, count, body)).json()["error"] == "collection_unknown"
    await town.count_cash(collection_id=count)
    other = str((await town.count_cash(cash={"500": 41})).json()["collection_id"])
    assert (await confirm(town, other, body)).json()["error"] == "pin_sealed"
    for _ in range(2):
        assert (await confirm(town, count, body)).json()["witness_state"] == "confirmed"


async def test_a_sealed_pin_holds_for_the_sum_the_witness_saw(town: Town, desk) -> None:
    count = str((await town.count_cash()).json()["collection_id"])
    body = await seal(town, count, PIN, total=99_000)
    assert (await confirm(town, count, body)).json()["error"] == "pin_sealed"


async def test_a_wrong_sealed_pin_that_comes_again_is_no_other_try(town: Town, desk) -> None:
    count = str((await town.count_cash()).json()["collection_id"])
    body = await seal(town, count, "000001")
    for _ in range(7):
        assert (await confirm(town, count, body)).json()["witness_state"] == "pin_wrong"
    assert await rows(town.program, pins, "wrong") == [(1,)]
    right = await seal(town, count, PIN)
    assert (await confirm(town, count, right)).json()["witness_state"] == "confirmed"
    told = json.dumps([list(row) for row in await rows(town.program, audit, "detail")])
    assert PIN not in told


async def test_a_pin_sealed_to_another_key_or_torn_must_be_typed_anew(town: Town, desk) -> None:
    count = str((await town.count_cash()).json()["collection_id"])
    body = await seal(town, count, PIN)
    other = await confirm(town, count, body | {"sealed_key": "0" * 16})
    assert other.json()["error"] == "pin_key_changed"
    torn = base64.b64encode(b"x" * 384).decode()
    assert (await confirm(town, count, body | {"sealed": torn})).json()["error"] == "pin_sealed"


async def test_the_key_of_pins_stays_the_same(town: Town) -> None:
    first = (await day(town))["pin_key"]
    town.program.phones.pin_key.loaded.private = None
    assert (await day(town))["pin_key"] == first


async def photo(town: Town, count: str, content: bytes = JPEG, role: str = "collector"):
    path = f"/api/v1/collections/{count}/photo"
    return await put(town, path, role, content=content, headers={"Content-Type": "image/jpeg"})


async def test_a_photo_is_kept_once_and_bare_and_shown_to_its_parties(town: Town) -> None:
    count = str((await town.count_cash()).json()["collection_id"])
    canary = b"GPS -6.5571"
    app1 = b"\xff\xe1" + (len(canary) + 2).to_bytes(2, "big") + canary
    spoken = JPEG[:2] + app1 + JPEG[2:]
    assert [(await photo(town, count, spoken)).status_code for _ in range(2)] == [201, 200]
    assert await rows(town.program, count_photos, "jpeg") == [(JPEG,)]
    path = f"/api/v1/collections/{count}/photo"
    for role in ("collector", "auditor"):
        answer = await town.client.get(path, headers=await town.authorized(role))
        assert (answer.status_code, answer.content) == (200, JPEG)
    other = await photo(town, count, JPEG[:7] + b"\x56" + JPEG[7:])
    assert other.json()["error"] == "photo_differs"
    assert (await photo(town, count, b"no photo")).json()["error"] == "photo_unsound"


async def test_a_photo_belongs_to_who_counted(town: Town) -> None:
    assert (await photo(town, str(uuid4()))).json()["error"] == "collection_unknown"
    count = str((await town.count_cash()).json()["collection_id"])
    assert (await photo(town, count, role="admin")).status_code == 404
    none = await town.client.get(
        f"/api/v1/collections/{count}/photo", headers=await town.authorized("collector")
    )
    assert none.json()["error"] == "photo_unknown"


async def test_records_of_a_box_without_network_are_taken_in_once(town: Town) -> None:
    box = town.boxes["box-0017"]
    head = cbor.encode(["jimpitan-pull", 1, "box-0017"])
    content = head + b"".join(cbor.encode(box.stamp()) for _ in range(3))
    headers = {"Content-Type": "application/octet-stream"} | await town.authorized("collector")
    told = []
    for _ in range(2):
        answer = await town.client.post("/api/v1/pulled-records", content=content, headers=headers)
        told.append(answer.json())
        assert answer.status_code == 200
    assert [(one["stored"], one["duplicate"], one["refused"]) for one in told] == [
        (3, 0, 0),
        (0, 3, 0),
    ]
    assert base64.b64decode(told[0]["answer"]).startswith(b"\x83ojimpitan-answer")
    torn = await town.client.post("/api/v1/pulled-records", content=b"x", headers=headers)
    assert torn.status_code == 422
