"""What an admin wishes reaches the box, however long it was away, and what it says is shown."""

import httpx
import pytest
from fleet_town import Gateway, bearer, polling
from jimpitan_server.adapters.database.fleet_schema import configurations, standing_orders
from jimpitan_server.adapters.database.schema import audit, discrepancies
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.settings import Settings
from jimpitan_wire import down, options, records
from server_boxes import FakeBox, StepClock
from server_town import bring, known, rows

pytestmark = pytest.mark.integration
WISH = {"heartbeat_s": 600, "zone_min": 480}
NUMBERED = {options.HEARTBEAT_S: 600, options.ZONE_MIN: 480}


def applied(box: FakeBox, revision: int, *refused: int) -> bytes:
    """Return the record in which a box answers to a configuration."""
    body: dict[int, object] = {records.CONFIG_REVISION: revision}
    if refused:
        body[records.CONFIG_REFUSED] = list(refused)
    return box.stamp(records.CONFIG_APPLIED, body)


async def wish(
    client: httpx.AsyncClient, headers: dict[str, str], box: FakeBox, **values: int
) -> httpx.Response:
    """Set the configuration of a box."""
    path = f"/api/v1/boxes/{box.box}/configuration"
    return await client.put(path, json={"options": values or WISH}, headers=headers)


async def revisions_told(gateway: Gateway, box: FakeBox) -> list[int]:
    """Return the revisions of the wishes that a gateway is given now."""
    told = await gateway.told(box)
    assert all(fields[down.KIND] == down.CONFIGURE for fields in told)
    return [fields[down.BODY][down.CONFIGURE_REVISION] for fields in told]


async def test_a_wish_is_signed_told_and_reported(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known(program, FakeBox())
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    await bring(program, box, box.heartbeat(configuration=0))
    answer = (await wish(client, admin, box)).json()
    assert (answer["wished"]["revision"], answer["is_waiting"]) == (1, True)
    assert answer["reported"]["revision"] == 0
    (fields,) = await gateway.told(box)
    assert fields[down.KIND] == down.CONFIGURE
    assert fields[down.BODY] == {down.CONFIGURE_REVISION: 1, down.CONFIGURE_OPTIONS: NUMBERED}
    assert len(down.payload(1, 2**32 - 1, down.CONFIGURE, fields[down.BODY])) <= 512
    await bring(program, box, applied(box, 1))
    path = f"/api/v1/boxes/{box.box}/configuration"
    answer = (await client.get(path, headers=admin)).json()
    assert (answer["is_waiting"], answer["reported"]["revision"]) == (False, 1)
    assert answer["reported"]["applied_at"] is not None
    assert await rows(program, standing_orders, "box_id") == []
    assert ("box_configured",) in await rows(program, audit, "action")


async def test_an_order_without_an_answer_is_repeated_with_growing_waits(
    program: Program, client: httpx.AsyncClient, clock: StepClock
) -> None:
    box = await known(program, FakeBox())
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    await wish(client, admin, box)
    gaps, last, counters = [], clock.now(), set()
    for _ in range(200):
        await bring(program, box, box.heartbeat())
        for fields in await gateway.told(box):
            gaps.append((clock.now() - last).total_seconds())
            last = clock.now()
            counters.add(fields[down.COUNTER])
        clock.step(seconds=10)
    assert gaps[:8] == [0, 10, 20, 40, 80, 160, 320, 600]
    assert len(counters) == len(gaps)


async def test_a_box_that_was_away_gets_it_when_it_is_heard(
    program: Program, client: httpx.AsyncClient, clock: StepClock
) -> None:
    box = await known(program, FakeBox())
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    await bring(program, box, box.stamp())
    clock.step(hours=5)
    await wish(client, admin, box)
    assert await revisions_told(gateway, box) == [1]  # its broker keeps it
    for _ in range(20):
        clock.step(minutes=30)
        assert await revisions_told(gateway, box) == []
    await bring(program, box, box.heartbeat(configuration=0))
    assert await revisions_told(gateway, box) == [1]
    clock.step(days=2)
    assert await revisions_told(gateway, box) == [1]  # now and then, for a broker that lost it


async def test_only_the_newest_wish_is_told(program: Program, client: httpx.AsyncClient) -> None:
    box = await known(program, FakeBox())
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    await wish(client, admin, box)
    await wish(client, admin, box, heartbeat_s=900)
    again = await wish(client, admin, box, heartbeat_s=900)
    assert again.json()["wished"]["revision"] == 2
    assert await rows(program, configurations, "revision") == [(1,), (2,)]
    assert await revisions_told(gateway, box) == [2]
    await bring(program, box, applied(box, 1))  # late, of an earlier message
    assert (await rows(program, standing_orders, "number")) == [(2,)]


async def test_a_refusal_is_a_finding_and_not_repeated(
    program: Program, client: httpx.AsyncClient, clock: StepClock
) -> None:
    box = await known(program, FakeBox())
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    await wish(client, admin, box)
    await bring(
        program, box, applied(box, 1, options.ZONE_MIN, 99), box.heartbeat(configuration=0)
    )
    clock.step(hours=6)
    assert await revisions_told(gateway, box) == []
    answer = (await client.get(f"/api/v1/boxes/{box.box}/configuration", headers=admin)).json()
    assert answer["reported"]["refused"] == ["zone_min", "99"]
    assert answer["is_waiting"] is False
    ((kind, evidence),) = await rows(program, discrepancies, "kind", "evidence")
    assert (kind, "zone_min, 99" in str(evidence)) == ("configuration_refused", True)
    assert (await wish(client, admin, box)).json()["wished"]["revision"] == 2
    assert await revisions_told(gateway, box) == [2]


async def test_a_box_that_was_wiped_is_told_again(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known(program, FakeBox())
    gateway, admin = await polling(program, client), await bearer(program, "admin")
    await wish(client, admin, box)
    late = box.heartbeat(configuration=0)
    await bring(program, box, applied(box, 1), box.heartbeat(configuration=1))
    await bring(program, box, late)  # older than the answer
    assert await revisions_told(gateway, box) == []
    await bring(program, box, box.heartbeat(configuration=0))
    assert await revisions_told(gateway, box) == [1]
    await bring(program, box, box.heartbeat(configuration=1))  # the answer itself was lost
    assert await rows(program, standing_orders, "number") == []


async def test_a_tag_configures_all_its_boxes(program: Program, client: httpx.AsyncClient) -> None:
    boxes = [await known(program, FakeBox(f"box-{number}")) for number in range(3)]
    admin = await bearer(program, "admin")
    for box in boxes[:2]:
        path = f"/api/v1/boxes/{box.box}/tags"
        kept = await client.put(path, json={"tags": ["kota", "baru", "kota"]}, headers=admin)
        assert kept.json()["tags"] == ["baru", "kota"]
    path = "/api/v1/tags/kota/configuration"
    answer = await client.put(path, json={"options": WISH}, headers=admin)
    assert answer.json()["revisions"] == {"box-0": 1, "box-1": 1}
    tags = (await client.get("/api/v1/tags", headers=admin)).json()
    assert tags == {"tags": {"baru": 2, "kota": 2}}
    none = await client.put(
        "/api/v1/tags/desa/configuration", json={"options": WISH}, headers=admin
    )
    assert (none.status_code, none.json()["error"]) == (404, "tag_unused")


async def test_every_wrong_option_is_named_and_nothing_is_kept(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known(program, FakeBox())
    admin = await bearer(program, "admin")
    answer = await wish(client, admin, box, heartbeat_s=1, warna=3, zone_min=420)
    assert (answer.status_code, answer.json()["error"]) == (422, "option")
    said = answer.json()["message"]
    assert "heartbeat_s must lie between 30 and 21600." in said
    assert "no option 'warna'" in said
    assert await rows(program, configurations, "revision") == []
    unknown = await wish(client, admin, FakeBox("box-9"))
    assert (unknown.status_code, unknown.json()["error"]) == (404, "box_unknown")


async def test_a_new_box_is_wished_the_zone_of_its_programme(
    settings: Settings, clock: StepClock
) -> None:
    program = await build(settings.model_copy(update={"timezone": "Asia/Makassar"}), clock)
    for epoch in (1, 2):
        await known(program, FakeBox(epoch=epoch))
    kept = await rows(program, configurations, "revision", "options", "actor")
    assert kept == [(1, '{"zone_min": 480}', "server")]
    await program.close()


async def test_a_new_box_of_the_default_zone_is_wished_nothing(program: Program) -> None:
    await known(program, FakeBox())
    assert await rows(program, configurations, "revision") == []


@pytest.mark.parametrize("body", [{"options": {"zone_min": 1.5}}, {"options": {"zone_min": True}}])
async def test_what_is_no_whole_number_is_refused(
    program: Program, client: httpx.AsyncClient, body: object
) -> None:
    await known(program, FakeBox())
    admin = await bearer(program, "admin")
    answer = await client.put("/api/v1/boxes/box-0001/configuration", json=body, headers=admin)
    assert (answer.status_code, answer.json()["error"]) == (422, "malformed")


@pytest.mark.parametrize("role", ["collector", "treasurer", "auditor"])
async def test_only_admins_set_boxes(
    program: Program, client: httpx.AsyncClient, role: str
) -> None:
    box = await known(program, FakeBox())
    headers = await bearer(program, role)
    assert (await wish(client, headers, box)).status_code == 403
    for path in (f"/api/v1/boxes/{box.box}/tags", "/api/v1/tags/kota/configuration"):
        assert (await client.put(path, json={}, headers=headers)).status_code in {403, 422}
    looked = await client.get(f"/api/v1/boxes/{box.box}/configuration", headers=headers)
    assert looked.status_code == (403 if role == "collector" else 200)
