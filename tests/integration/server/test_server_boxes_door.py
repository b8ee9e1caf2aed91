"""People look after boxes: each role sees and does what is its own, and bad input is refused."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from jimpitan_server.adapters.database.schema import audit, down_messages, holding_periods
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Malformed
from jimpitan_wire import records as wire
from server_boxes import FakeBox
from server_town import bring, findings, known, rows
from sqlalchemy import text

PASSWORD = "nasi liwet hangat"
LogIn = Callable[[str], Awaitable[dict[str, str]]]


@pytest.fixture
def log_in(program: Program) -> LogIn:
    """Return a way to log in as any role; it gives the headers to send."""

    async def as_role(role: str) -> dict[str, str]:
        await program.add_user(f"one-{role}", role=role, password=PASSWORD)
        logged_in = await program.log_in(login_name=f"one-{role}", password=PASSWORD)
        return {"Authorization": f"Bearer {logged_in.token}"}

    return as_role


async def test_box_shows_its_state_periods_and_gaps(
    program: Program, client: httpx.AsyncClient, log_in: LogIn
) -> None:
    box = await known(program, FakeBox())
    message = box.stamps(5)
    await bring(program, box, *message[:2], *message[3:], box.heartbeat())
    headers = await log_in("auditor")
    (row,) = (await client.get("/api/v1/boxes", headers=headers)).json()["boxes"]
    assert (row["box_id"], row["head_seq"], row["battery_mv"]) == (box.box, 2, 3900)
    detail = (await client.get(f"/api/v1/boxes/{box.box}", headers=headers)).json()
    assert detail["periods"] == [{"seq_from": 0, "seq_to": None, "deposits": 4}]
    assert [(g["seq_from"], g["state"]) for g in detail["gaps"]] == [(3, "open")]
    assert "wrapped" not in str(detail)
    answer = await client.get("/api/v1/boxes/box-9", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (404, "box_unknown")


async def test_collector_opens_boxes_and_sees_no_expectation(
    program: Program, client: httpx.AsyncClient, log_in: LogIn
) -> None:
    box = await known(program, FakeBox())
    headers = await log_in("collector")
    for number in (1, 2):
        answer = await client.post(f"/api/v1/boxes/{box.box}/visits", headers=headers)
        assert (answer.status_code, answer.json()["visit"]) == (201, number)
    ((_, actor),) = set(await rows(program, down_messages, "box_id", "actor"))
    assert str(actor).startswith("user-")
    for path in ("/api/v1/boxes", f"/api/v1/boxes/{box.box}", "/api/v1/discrepancies"):
        assert (await client.get(path, headers=headers)).status_code == 403


async def test_declared_lid_opening_ends_the_period(
    program: Program, client: httpx.AsyncClient, log_in: LogIn
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, *box.stamps(3), box.stamp(wire.LID_OPENED), *box.stamps(2))
    headers = await log_in("treasurer")
    path = f"/api/v1/boxes/{box.box}/edges"
    wrong = await client.post(path, json={"seq": 2, "reason": "kolektor"}, headers=headers)
    assert (wrong.status_code, wrong.json()["error"]) == (409, "no_lid_opening")
    for _ in range(2):
        body = {"seq": 4, "reason": "Kolektor membuka tanpa jaringan"}
        assert (await client.post(path, json=body, headers=headers)).status_code == 201
    await bring(program, box, box.stamp())
    periods = await rows(program, holding_periods, "seq_from", "seq_to", "deposits")
    assert periods == [(0, 4, 3), (4, None, 3)]


async def test_discrepancy_is_listed_until_somebody_resolves_it(
    program: Program, client: httpx.AsyncClient, log_in: LogIn
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, box.stamp())
    await bring(program, box, box.sign(seq=1, uptime_ms=9))
    headers = await log_in("admin")
    (found,) = (await client.get("/api/v1/discrepancies", headers=headers)).json()["discrepancies"]
    assert (found["kind"], found["severity"]) == ("record_fork", "critical")
    assert set(found["evidence"]) == {"tag_held", "tag_new"}
    path = f"/api/v1/discrepancies/{found['discrepancy_id']}/resolution"
    body = {"code": "explained", "reason": "Kotak uji di bengkel"}
    assert (await client.post(path, json=body, headers=headers)).status_code == 201
    assert (await client.post(path, json=body, headers=headers)).status_code == 404
    left = await client.get("/api/v1/discrepancies", headers=headers)
    assert left.json() == {"discrepancies": []}
    assert ("discrepancy_resolved",) in await rows(program, audit, "action")
    await bring(program, box, box.sign(seq=1, uptime_ms=9))
    assert len(await findings(program)) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/boxes/a%00b", None),
        ("GET", "/api/v1/boxes/BOX", None),
        ("GET", "/api/v1/boxes?after=%00", None),
        ("GET", "/api/v1/boxes?limit=0", None),
        ("GET", "/api/v1/discrepancies?after=99999999999999999999", None),
        ("POST", "/api/v1/boxes/a%00b/visits", None),
        ("POST", "/api/v1/boxes/box-1/edges", {"seq": 2**80, "reason": "abc"}),
        ("POST", "/api/v1/boxes/box-1/edges", {"seq": 1, "reason": "a\0bc"}),
        ("POST", "/api/v1/boxes/box-1/edges", {"seq": 1, "reason": "abc", "more": 1}),
        ("POST", "/api/v1/discrepancies/99999999999999999999/resolution", {}),
        ("POST", "/api/v1/discrepancies/1/resolution", {"code": "x", "reason": "abc"}),
    ],
)
async def test_malformed_input_is_refused_as_422(
    client: httpx.AsyncClient, log_in: LogIn, method: str, path: str, body: object
) -> None:
    headers = await log_in("admin")
    answer = await client.request(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (422, "malformed")


@pytest.mark.parametrize("value", [2**70, "a\0b"])
async def test_value_that_cannot_be_stored_is_refused_and_not_a_bug(
    program: Program, value: object
) -> None:
    if value == "a\0b" and program.database.dialect == "sqlite":
        return  # SQLite stores it

    async def store() -> None:
        async with program.database.write() as connection:
            if isinstance(value, int):
                statement = "INSERT INTO programme_totals (shard, records) VALUES (99, :value)"
            else:
                statement = "UPDATE programme_totals SET shard = 1 WHERE 'x' = :value"
            await connection.execute(text(statement), {"value": value})

    with pytest.raises(Malformed):
        await store()
