"""A signed release reaches the boxes of a rollout, and a bad one reaches nobody else."""

import hashlib
from typing import Any

import httpx
import pytest
from fleet_town import (
    FILES,
    PUBLISHER,
    PUBLISHER_KEY,
    Gateway,
    answer_update,
    bearer,
    fingerprint_of,
    manifest_of,
    polling,
    release_file,
)
from jimpitan_server.adapters.database.fleet_schema import releases, rollout_boxes, standing_orders
from jimpitan_server.adapters.database.schema import audit, discrepancies
from jimpitan_server.bootstrap import Program
from jimpitan_server.settings import Settings
from jimpitan_wire import cbor, down, records
from jimpitan_wire import release as wire
from server_boxes import MASTER_KEY, FakeBox, StepClock
from server_town import bring, known, rows

pytestmark = pytest.mark.integration
CBOR = {"Content-Type": "application/cbor"}
TRIED, CONFIRMED = records.FIRMWARE_TRIED, records.FIRMWARE_CONFIRMED
ROLLED_BACK = records.FIRMWARE_ROLLED_BACK


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Return the settings of a fresh server that knows its publisher."""
    return Settings(database_url=database_url, master_key=MASTER_KEY, publisher_key=PUBLISHER_KEY)


async def heard(program: Program, name: str, *tags: str) -> FakeBox:
    """Make a box known that is heard of now."""
    box = await known(program, FakeBox(name))
    await program.configurations.set_tags(name, tags, actor="siti")
    await bring(program, box, box.heartbeat(runs=b""))
    return box


async def start(
    client: httpx.AsyncClient, headers: dict[str, str], *stages: str, **rules: int
) -> Any:
    """Start a rollout of the release of these tests; return its progress."""
    body = {"release": "1.2.0", "stages": list(stages), **rules}
    answer = await client.post("/api/v1/rollouts", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def state_of(client: httpx.AsyncClient, headers: dict[str, str]) -> Any:
    """Return the progress of the first rollout, and the states of its boxes."""
    progress = (await client.get("/api/v1/rollouts/1", headers=headers)).json()
    return progress, {one["box"]: one["state"] for one in progress["boxes"]}


async def attempts(gateway: Gateway, box: FakeBox) -> list[int]:
    """Return the attempts that a gateway is told for a box now."""
    return [fields[down.BODY][down.UPDATE_ATTEMPT] for fields in await gateway.told(box)]


async def test_a_release_is_kept_once_and_given_to_gateways(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await heard(program, "box-1")
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    for status in (201, 200):
        answer = await client.post(
            "/api/v1/releases", content=release_file(), headers=admin | CBOR
        )
        assert (answer.status_code, answer.json()["fingerprint"]) == (status, fingerprint_of())
    assert await rows(program, releases, "fingerprint") == [(fingerprint_of(),)]
    assert len([one for one in await rows(program, audit, "action") if "release" in one[0]]) == 1
    offered = (await client.get("/api/v1/releases", headers=gateway.headers)).json()
    assert offered == {"releases": []}
    await start(client, admin, "*")
    (one,) = (await client.get("/api/v1/releases", headers=gateway.headers)).json()["releases"]
    assert one["fingerprint"] == fingerprint_of()
    assert one["content_length"] == sum(len(content) for content in FILES.values())
    path = f"/api/v1/releases/{one['fingerprint']}"
    whole = await client.get(path, headers=gateway.headers)
    assert (whole.content, whole.headers["content-type"]) == (release_file(), "application/cbor")
    (fields,) = await gateway.told(box)
    assert fields[down.KIND] == down.UPDATE
    assert fields[down.BODY] == {
        down.UPDATE_FINGERPRINT: hashlib.sha256(manifest_of()).digest(),
        down.UPDATE_MANIFEST_LENGTH: len(manifest_of()),
        down.UPDATE_NUMBER: wire.number_of("1.2.0"),
        down.UPDATE_ATTEMPT: 1,
    }


OTHER = b"x" + b"".join(FILES[path] for path in sorted(FILES))[1:]
TWICE = manifest_of() + b"\x00"


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "no release file"),
        (b"PK\x03\x04 a zip", "no release file"),
        (release_file()[:-1], "cut off"),
        (release_file() + b"\x00", "cut off"),
        (release_file(mark="other"), "no release file"),
        (release_file(format=2), "has version 2"),
        (release_file(signature=bytes(64)), "did not sign it"),
        (release_file(signature=b"short"), "not 64 bytes"),
        (release_file(manifest=manifest_of("1.3.0")), "did not sign it"),
        (release_file(content=OTHER), "is not the file that was signed"),
        (release_file(content=b""), "is not the file that was signed"),
        (release_file(content=OTHER.replace(b"x", b"b", 1) + b"!"), "Bytes follow its last"),
        (
            release_file(manifest=TWICE, signature=PUBLISHER.sign(wire.SIGNED_PREFIX + TWICE)),
            "manifest cannot be read",
        ),
        (cbor.encode([wire.FILE_MARK, 1, 2, 3, 4]), "no byte strings"),
    ],
)
async def test_an_unsound_release_is_one_sentence_and_not_kept(
    program: Program, client: httpx.AsyncClient, file: bytes, sentence: str
) -> None:
    admin = await bearer(program, "admin")
    answer = await client.post("/api/v1/releases", content=file, headers=admin | CBOR)
    assert (answer.status_code, answer.json()["error"]) == (422, "release_unsound")
    assert sentence in answer.json()["message"]
    assert await rows(program, releases, "fingerprint") == []


async def test_three_boxes_one_away_and_one_failing(
    program: Program, client: httpx.AsyncClient, clock: StepClock
) -> None:
    away = await known(program, FakeBox("box-away"))
    first, second = await heard(program, "box-1", "uji"), await heard(program, "box-2")
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    await program.rollouts.add_release(release_file(), actor="siti")
    progress = await start(client, admin, "uji", "*", failures_max=0)
    assert [one["members"] for one in progress["progress"]] == [1, 2]
    assert (await attempts(gateway, first), await attempts(gateway, second)) == ([1], [])
    await answer_update(program, first, TRIED)
    assert (await state_of(client, admin))[1]["box-1"] == "on_trial"
    clock.step(minutes=40)
    assert await attempts(gateway, first) == []  # answered
    await answer_update(program, first, CONFIRMED)
    progress, states = await state_of(client, admin)
    assert (progress["stage"], states["box-2"]) == (1, "ordered")
    assert progress["progress"][1]["unheard"] == 1
    await bring(program, away, away.heartbeat(runs=b""))
    await program.maintain()
    assert await attempts(gateway, away) == [1]
    assert await attempts(gateway, second) == []  # handed out with it a moment ago
    await answer_update(program, second, ROLLED_BACK)
    progress, states = await state_of(client, admin)
    assert (progress["state"], progress["cause"]) == ("halted", "failures")
    assert states == {"box-1": "confirmed", "box-2": "rolled_back", "box-away": "ordered"}
    assert await rows(program, standing_orders, "box_id") == []
    found = await rows(program, discrepancies, "kind", "severity")
    assert found == [("rollout_halted", "critical")]
    await program.maintain()
    assert len(await rows(program, discrepancies, "kind")) == 1


async def test_a_halted_rollout_goes_on_when_a_person_says_so(
    program: Program, client: httpx.AsyncClient
) -> None:
    box, other = await heard(program, "box-1"), await heard(program, "box-2")
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    await program.rollouts.add_release(release_file(), actor="siti")
    await start(client, admin, "*", failures_max=0)
    why = {"reason": "Kotak ini rusak sendiri"}
    early = await client.post("/api/v1/rollouts/1/resume", json=why, headers=admin)
    assert (early.status_code, early.json()["error"]) == (409, "rollout_not_halted")
    await answer_update(program, box, ROLLED_BACK)
    assert await attempts(gateway, other) == []
    resumed = await client.post("/api/v1/rollouts/1/resume", json=why, headers=admin)
    assert (resumed.status_code, resumed.json()["state"]) == (201, "running")
    assert await attempts(gateway, other) == [1]
    await answer_update(program, other, CONFIRMED)
    progress, states = await state_of(client, admin)
    assert (progress["state"], states["box-1"]) == ("running", "rolled_back")
    assert [one["event"] for one in progress["events"]] == ["started", "halted", "resumed"]
    ended = await client.post("/api/v1/rollouts/1/end", json=why, headers=admin)
    assert ended.json()["state"] == "ended"
    gone = await client.post("/api/v1/rollouts/1/end", json=why, headers=admin)
    assert (gone.status_code, gone.json()["error"]) == (404, "rollout_unknown")
    assert (await client.get("/api/v1/releases", headers=gateway.headers)).json() == {
        "releases": []
    }


async def test_attempts_rise_in_the_life_of_a_box(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await heard(program, "box-1")
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    await program.rollouts.add_release(release_file(), actor="siti")
    await start(client, admin, "*")
    again = await client.post(
        "/api/v1/rollouts", json={"release": "1.2.0", "stages": ["*"]}, headers=admin
    )
    assert (again.status_code, again.json()["error"]) == (409, "rollout_open")
    await answer_update(program, box, ROLLED_BACK, attempt=7)  # a server forgot attempts
    await program.rollouts.end(1, actor="siti", reason="lagi")
    await start(client, admin, "*")
    assert await attempts(gateway, box) == [8]


async def test_answers_twice_late_and_out_of_order_change_nothing(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await heard(program, "box-1")
    admin = await bearer(program, "admin")
    await program.rollouts.add_release(release_file(), actor="siti")
    await start(client, admin, "*")
    body = {1: TRIED, 2: bytes.fromhex(fingerprint_of())[:8], 3: 1, 4: "1.2.0"}
    tried = box.stamp(records.FIRMWARE_CHANGED, body)
    confirmed = box.stamp(records.FIRMWARE_CHANGED, body | {1: CONFIRMED})
    stray = box.stamp(records.FIRMWARE_CHANGED, body | {1: ROLLED_BACK, 3: 9})
    unknown = box.stamp(records.FIRMWARE_CHANGED, body | {1: 77})
    for message in (confirmed, tried, confirmed, stray, unknown):
        await bring(program, box, message)
    assert (await state_of(client, admin))[1] == {"box-1": "confirmed"}


async def test_an_answer_that_names_another_release_is_none(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await heard(program, "box-1")
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    await program.rollouts.add_release(release_file(), actor="siti")
    await start(client, admin, "*")
    for other in (bytes(8), b"", bytes.fromhex(fingerprint_of())[1:9]):
        body = {1: CONFIRMED, 2: other, 3: 1, 4: "1.2.0"}
        await bring(program, box, box.stamp(records.FIRMWARE_CHANGED, body))
        assert (await state_of(client, admin))[1] == {"box-1": "ordered"}
    assert await attempts(gateway, box) == [1]


async def test_heartbeats_stand_in_for_a_lost_answer(
    program: Program, client: httpx.AsyncClient, clock: StepClock
) -> None:
    box = await heard(program, "box-1")
    admin = await bearer(program, "admin")
    await program.rollouts.add_release(release_file(), actor="siti")
    await start(client, admin, "*")
    short = bytes.fromhex(fingerprint_of())[:8]
    for minutes, state in ((0, "ordered"), (69, "ordered"), (1, "confirmed")):
        clock.step(minutes=minutes)
        await bring(program, box, box.heartbeat(runs=short))
        await program.maintain()
        assert (await state_of(client, admin))[1] == {"box-1": state}
    assert await rows(program, standing_orders, "box_id") == []
    assert await rows(program, rollout_boxes, "attempt") == [(1,)]


async def test_what_cannot_be_started_is_one_sentence(
    program: Program, client: httpx.AsyncClient
) -> None:
    await heard(program, "box-1", "uji")
    admin = await bearer(program, "admin")
    await program.rollouts.add_release(release_file(), actor="siti")
    for body, status, code in (
        ({"release": "9.9.9", "stages": ["*"]}, 404, "release_unknown"),
        ({"release": "1.2.0", "stages": ["desa"]}, 409, "stage_empty"),
        ({"release": "1.2.0", "stages": ["uji", "uji"]}, 422, "stages"),
        ({"release": "1.2.0", "stages": []}, 422, "malformed"),
        ({"release": "1.2.0", "stages": ["UJI"]}, 422, "malformed"),
        ({"release": "1.2.0", "stages": ["*"], "failures_max": -1}, 422, "malformed"),
    ):
        answer = await client.post("/api/v1/rollouts", json=body, headers=admin)
        assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert (await client.get("/api/v1/rollouts", headers=admin)).json() == {"rollouts": []}
    assert (await client.get("/api/v1/rollouts/1", headers=admin)).status_code == 404


@pytest.mark.parametrize("role", ["collector", "treasurer", "auditor"])
async def test_only_admins_lead_rollouts(
    program: Program, client: httpx.AsyncClient, role: str
) -> None:
    headers = await bearer(program, role)
    for path, body in (
        ("/api/v1/rollouts", {"release": "1.2.0", "stages": ["*"]}),
        ("/api/v1/rollouts/1/resume", {"reason": "tetap saja"}),
        ("/api/v1/rollouts/1/end", {"reason": "tetap saja"}),
    ):
        assert (await client.post(path, json=body, headers=headers)).status_code == 403
    sent = await client.post("/api/v1/releases", content=b"", headers=headers | CBOR)
    assert sent.status_code == 403
    looked = await client.get("/api/v1/rollouts", headers=headers)
    assert looked.status_code == (403 if role == "collector" else 200)
    assert (await client.get("/api/v1/releases", headers=headers)).status_code == 401


async def test_without_a_publisher_no_release_is_taken(
    database_url: str, clock: StepClock
) -> None:
    from jimpitan_server.bootstrap import build
    from jimpitan_server.domain.errors import Conflict

    program = await build(Settings(database_url=database_url, master_key=MASTER_KEY), clock)
    with pytest.raises(Conflict, match="set JIMPITAN_PUBLISHER_KEY"):
        await program.rollouts.add_release(release_file(), actor="siti")
    await program.close()
