"""A payment at a box's own code is answered by that box, once, soon or not at all."""

import asyncio
import base64
from typing import Any

import httpx
import pytest
from bench_box import BOX, SECRET, Bench
from jimpitan_box.thanks import PAYMENT
from jimpitan_server.adapters import thanks_desk
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Unavailable
from jimpitan_server.domain.ids import BoxId, GatewayId
from jimpitan_server.domain.thanks import THANKS_VALID, Thanks
from jimpitan_server.entrypoints.http.people import cookie_name
from jimpitan_wire import down, records, topics
from money_town import Town, qris_of, town
from server_boxes import GATEWAY, FakeBox, delivery
from server_town import bring
from structlog.testing import CapturingLogger

__all__ = ["town"]
pytestmark = pytest.mark.integration
TAKEN = "2005200"


async def online(town: Town, name: str = "box-0017") -> FakeBox:
    """Let a box be heard of now."""
    box = town.boxes[name]
    await bring(town.program, box, box.heartbeat())
    return box


async def handed_out(
    town: Town, box: FakeBox, gateway: GatewayId = GATEWAY
) -> list[dict[int, Any]]:
    """Return the opened messages that a gateway gets for a box."""
    messages = await town.program.hand_out(gateway)
    return [box.open_down(one.message) for one in messages if one.box == box.box]


def outcome(town: Town, word: str) -> float:
    """Return how many thanks became that."""
    return town.program.metrics.thanks.labels(word)._value.get()


async def test_a_payment_at_a_boxs_own_code_is_handed_out_once(town: Town) -> None:
    box = await online(town)
    assert await town.pay("R1", 5_000, terminalId="A17") == TAKEN
    town.clock.step(seconds=5)
    (fields,) = await handed_out(town, box)
    now_ms = int(town.clock.now().timestamp()) * 1000
    assert fields[down.KIND] == down.THANKS
    assert fields[down.BODY] == {down.THANKS_VALID_MS: 55_000, down.THANKS_TIME_MS: now_ms}
    assert await handed_out(town, box) == []
    assert outcome(town, "handed_out") == 1


async def test_the_counter_of_a_box_only_rises(town: Town) -> None:
    box = await online(town)
    counters = []
    for number in range(3):
        await town.pay(f"R{number}", 5_000, terminalId="A17")
        (fields,) = await handed_out(town, box)
        counters.append(fields[down.COUNTER])
        accepted = await bring(town.program, box, box.stamp())
        counters.append(box.ack_in(accepted.down)[1])
        town.clock.step(seconds=3)
    assert counters == sorted(set(counters))


async def test_a_waiting_gateway_hears_of_it_at_once(town: Town) -> None:
    box = await online(town)
    headers = {"Authorization": f"Bearer {await town.program.add_gateway(GATEWAY)}"}
    polling = asyncio.create_task(
        town.client.get("/api/v1/down", params={"wait_s": 25}, headers=headers)
    )
    while town.program.commands.waiting == 0:
        await asyncio.sleep(0)
    await town.pay("R1", 5_000, terminalId="A17")
    (item,) = (await asyncio.wait_for(polling, 10)).json()["down"]
    assert box.open_down(base64.b64decode(item["message"]))[down.KIND] == down.THANKS


async def test_a_shared_code_lights_no_box(town: Town) -> None:
    box = await online(town)
    await town.pay("R1", 5_000)
    await town.program.money.register_code(
        box="box-0018", payload=qris_of("A17"), store_id=None, merchant_id=None
    )
    await town.pay("R2", 5_000, terminalId="A17")
    assert await handed_out(town, box) == []
    assert not town.program.thanks.waiting


async def test_a_payment_that_is_known_or_failed_lights_nothing(town: Town) -> None:
    box = await online(town)
    body = town.body("R1", 5_000, terminalId="A17")
    await town.notify(body)
    assert len(await handed_out(town, box)) == 1
    town.clock.step(seconds=3)
    assert await town.notify(body) == TAKEN
    failed = town.body("R2", 5_000, terminalId="A17").replace(b'"00"', b'"06"')
    assert await town.notify(failed) == TAKEN
    assert await handed_out(town, box) == []


async def test_a_box_that_is_offline_is_told_nothing_not_even_later(town: Town) -> None:
    box = town.boxes["box-0017"]
    await town.pay("R1", 5_000, terminalId="A17")
    assert await handed_out(town, box) == []
    await online(town)
    assert await handed_out(town, box) == []
    town.clock.step(seconds=town.program.settings.stale_after_s + 1)
    await town.pay("R2", 5_000, terminalId="A17")
    assert await handed_out(town, box) == []
    await online(town)
    assert await handed_out(town, box) == []
    assert outcome(town, "offline") == 2


async def test_it_expires_after_a_minute(town: Town) -> None:
    box = await online(town)
    await town.pay("R1", 5_000, terminalId="A17")
    town.clock.step(seconds=60)
    assert await handed_out(town, box) == []
    assert outcome(town, "expired") == 1


async def test_a_notification_that_comes_late_lights_nothing(town: Town) -> None:
    box = await online(town)
    body = town.body("R1", 5_000, terminalId="A17")
    town.clock.step(seconds=61)
    assert await town.notify(body) == TAKEN
    assert await handed_out(town, box) == []


async def test_two_payments_within_two_seconds_are_one_thanks(town: Town) -> None:
    box = await online(town)
    await town.pay("R1", 5_000, terminalId="A17")
    await town.pay("R2", 5_000, terminalId="A17")
    assert len(await handed_out(town, box)) == 1
    town.clock.step(seconds=1)
    await town.pay("R3", 5_000, terminalId="A17")
    assert await handed_out(town, box) == []
    town.clock.step(seconds=1)
    await town.pay("R4", 5_000, terminalId="A17")
    assert len(await handed_out(town, box)) == 1
    assert outcome(town, "too_soon") == 2


async def test_only_the_gateway_that_carries_the_box_gets_it(town: Town) -> None:
    box = await online(town)
    await town.pay("R1", 5_000, terminalId="A17")
    assert await handed_out(town, box, GatewayId("gw-2")) == []
    assert len(await handed_out(town, box)) == 1


async def test_two_polls_of_one_gateway_get_it_once(town: Town) -> None:
    box = await online(town)
    await town.pay("R1", 5_000, terminalId="A17")
    both = await asyncio.gather(handed_out(town, box), handed_out(town, box))
    assert sum(len(found) for found in both) == 1


async def test_a_failure_costs_neither_the_bank_its_answer_nor_the_gateway_its_commands(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await online(town)
    logged = CapturingLogger()
    monkeypatch.setattr(thanks_desk, "log", logged)

    def fail(_: object) -> None:
        raise RuntimeError("the lamp is broken")

    async def unavailable(*_: object) -> None:
        raise Unavailable("The database did not answer; send the same request again.")

    monkeypatch.setattr(type(town.program.thanks), "_taken", unavailable)
    assert await town.pay("R1", 5_000, terminalId="A17") == TAKEN
    assert await handed_out(town, box) == []
    assert outcome(town, "failed") == 1
    assert [call.args for call in logged.calls] == [("thanks_failed",)]
    town.clock.step(seconds=61)
    monkeypatch.setattr(type(town.program.thanks), "_forget", fail)
    assert await town.pay("R2", 5_000, terminalId="A17") == TAKEN
    assert (await town.money())[2] == 10_000


async def test_a_plain_can_with_a_code_is_not_told(town: Town) -> None:
    town.program.thanks.add(Thanks(BoxId("can-1"), town.clock.now() + THANKS_VALID))
    assert await town.program.hand_out(GATEWAY) == []
    assert outcome(town, "offline") == 1


async def test_a_real_box_shows_it_keeps_it_and_its_page_says_so(
    town: Town, program: Program, client: httpx.AsyncClient
) -> None:
    bench = Bench()
    await program.add_box(BOX, epoch=1, key=SECRET)
    await program.money.register_code(
        box=BOX, payload=qris_of("A07"), store_id=None, merchant_id=None
    )
    bench.run(1)
    await exchange(town, bench)
    assert bench.box.clock.read(bench.box.uptime_ms)[0] is not None
    assert await town.pay("R1", 5_000, terminalId="A07") == TAKEN
    for message in await program.hand_out(GATEWAY):
        bench.net.send_down(topics.topic(BOX, topics.DOWN), message.message)
    bench.run(1)
    cue = bench.box.thanks.take()
    assert cue is not None
    assert cue & PAYMENT
    assert bench.kinds().count(records.THANKS_SHOWN) == 1
    await exchange(town, bench)
    assert bench.box.unacked == 0
    await town.authorized("admin")
    client.cookies.set(cookie_name(https=False), town.tokens["admin"])
    for language, words in (("id", "ucapan terima kasih ditampilkan"), ("en", "thanks shown")):
        page = await client.get(f"/admin/kotak/{BOX}", params={"bahasa": language})
        assert words in page.text


async def exchange(town: Town, bench: Bench) -> None:
    """Bring all that a box published to the server, and the answer back."""
    for topic, payload, _ in bench.net.published:
        if topic != topics.topic(BOX, topics.RECORDS):
            continue
        message = delivery(BOX, payload, received_at=town.clock.now())
        accepted = await town.program.accept([message], gateway=GATEWAY)
        for one in accepted.down:
            bench.net.send_down(topics.topic(BOX, topics.DOWN), one.message)
    bench.net.published.clear()
    bench.run(1)
