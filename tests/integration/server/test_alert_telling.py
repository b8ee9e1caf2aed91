"""People are told, on both databases: once, again, further up, in the morning, never thrice."""

import asyncio
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from alert_town import AlertTown, FakeDoor, find, step, town
from jimpitan_server.adapters.database.alert_outbox import DatabaseOutbox
from jimpitan_server.adapters.database.alert_schema import alert_addresses, alert_events
from jimpitan_server.adapters.database.schema import discrepancies
from jimpitan_server.adapters.report_desk import ReportDesk
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.alert_message import TRIES_MAX, Answer, Channel, Outcome, Why
from jimpitan_server.domain.alert_wishes import Digest, Wishes
from jimpitan_server.domain.errors import Conflict, NotFound
from jimpitan_server.domain.report import Span
from jimpitan_server.entrypoints.alerting import alert_desk
from jimpitan_server.services import tell
from jimpitan_server.services.tell import send_due
from server_boxes import FakeBox
from server_town import bring, known, rows
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

__all__ = ["town"]
pytestmark = pytest.mark.integration
DOWN = Answer(Outcome.LATER, Why.UNREACHABLE)


async def test_a_case_is_told_once_however_often_it_is_looked_at(town: AlertTown) -> None:
    evidence = {"expected_idr": 100_000, "arrived_idr": 50_000, "note": "KANARI DONATUR"}
    await find(town, subject="KANARI/1", evidence=evidence)
    assert await town.told() == ["treasurer"]
    assert await town.told() == []
    (_, text), *_ = town.door.taken
    assert "box-0001" in text.body
    assert "https://contoh.id/admin/temuan/1" in text.body
    assert "100" not in text.body, "no sums in a message"
    assert "KANARI" not in text.subject + text.body, "nor what stands in a case"
    step(town, minutes=30)
    assert await town.told() == []
    assert await town.messages("state", "tries") == [("sent", 1)]


async def test_it_is_repeated_and_climbs_until_somebody_takes_it_on(town: AlertTown) -> None:
    await find(town)
    await town.told()
    step(town, days=1)
    assert await town.told() == ["admin", "treasurer"]
    step(town, days=2)
    assert await town.told() == ["admin", "auditor", "treasurer"]
    await town.people.acknowledge(1, actor="user-admin")
    step(town, days=3)
    assert await town.told() == []
    step(town, days=2)
    assert await town.told() == ["admin", "treasurer"], "overdue by now, so it grew"


async def test_what_grew_is_told_anew_and_what_is_over_is_not(town: AlertTown) -> None:
    await find(town)
    await town.told()
    await town.people.acknowledge(1, actor="user-treasurer")
    async with town.program.database.write() as connection:
        await connection.execute(update(discrepancies).values(at_stake_idr=200_000))
    step(town, hours=1)
    assert await town.told() == ["admin", "treasurer"]
    async with town.program.database.write() as connection:
        await connection.execute(
            update(discrepancies).values(state="resolved", resolved_at=town.program.clock.now())
        )
    step(town, days=9)
    assert await town.told() == []
    assert await town.alerts() == []
    told = [row[1] for row in await rows(town.program, alert_events, "event_id", "event")]
    assert told == ["raised", "told", "acknowledged", "grown", "told", "closed"]


async def test_at_night_it_waits_for_the_morning_and_many_become_one(town: AlertTown) -> None:
    step(town, hours=13)  # 23.00 WIB
    await find(town)
    await find(town, subject="box-0001/2")
    assert await town.told() == []
    step(town, hours=7)
    assert await town.told() == ["treasurer"]
    (_, text), *_ = town.door.taken
    assert len(text.lines) == 2
    assert text.link == "https://contoh.id/admin/peringatan"


async def test_a_critical_thing_breaks_the_night_only_for_who_said_so(town: AlertTown) -> None:
    await town.people.wish("user-admin", Wishes(critical_breaks=True, language="en"))
    step(town, hours=13)
    await find(town, kind="fishing", evidence={})
    assert await town.told() == ["admin"]
    assert "Box box-0001" in town.door.taken[0][1].body


async def test_a_digest_is_one_message_a_day(town: AlertTown) -> None:
    await town.people.wish("user-treasurer", Wishes(digest=Digest.DAY))
    for number in range(3):
        await find(town, subject=f"box-0001/{number}")
        assert await town.told() == []
        step(town, hours=1)
    step(town, hours=18)
    assert await town.told() == ["treasurer"]
    assert len(town.door.taken[0][1].lines) == 3


async def test_what_ended_in_the_night_is_not_told_in_the_morning(town: AlertTown) -> None:
    box = await known(town.program, FakeBox("box-0001"))
    step(town, hours=13)
    await bring(town.program, box, box.heartbeat(battery_mv=3_200))
    await town.desk.step()
    await bring(town.program, box, box.heartbeat(battery_mv=3_900))
    await town.desk.step()
    step(town, hours=1)
    await bring(town.program, box, box.heartbeat())
    step(town, hours=7)
    await bring(town.program, box, box.heartbeat())
    assert await town.told() == []
    assert await town.messages("state", "why") == [("dropped", "closed")]


async def test_a_server_that_is_away_is_tried_with_growing_waits_and_then_a_person_sees_it(
    town: AlertTown,
) -> None:
    await find(town)
    door = FakeDoor([DOWN] * 99)
    await town.desk.step()
    for hours in (0, 1, 1, 2, 6, 7, 7, 7):
        step(town, hours=hours)
        await town.send(door)
    assert door.asked == TRIES_MAX
    (dead,) = await town.people.dead()
    assert (dead.login_name, dead.channel, dead.why) == ("treasurer", "email", "unreachable")
    assert (await town.send(door)).sent == 0


async def test_other_boxes_are_told_while_one_address_waits(town: AlertTown) -> None:
    await find(town)
    await town.desk.step()
    await town.send(FakeDoor([DOWN]))
    await find(town, subject="box-0001/2")
    step(town, minutes=2)
    assert await town.told() == ["treasurer"]


class Fallen(Exception):
    """The program dies at this place."""


class DyingDoor(FakeDoor):
    """Takes the text, and the program dies before it can note that."""

    async def send(self, address, text, *, key):
        await super().send(address, text, key=key)
        raise Fallen


async def test_a_crash_between_sending_and_noting_it_sends_at_most_twice_and_says_so(
    town: AlertTown,
) -> None:
    await find(town)
    await town.desk.step()
    door = DyingDoor()
    with pytest.raises(Fallen):
        await town.send(door)
    assert await town.told() == [], "nobody knows yet whether it went"
    step(town, minutes=11)
    with pytest.raises(Fallen):
        await town.send(door)
    assert "mungkin sudah" in door.taken[1][1].body
    assert len(set(door.keys)) == 1, "a mailbox can know the same again"
    step(town, minutes=11)
    assert (await town.send(door)).dead == 1
    assert door.asked == 2
    assert await town.messages("state", "is_doubtful", "why") == [("dead", True, "interrupted")]


async def test_two_programs_send_a_message_once(town: AlertTown) -> None:
    await find(town)
    await town.desk.step()
    await town.desk.step()
    other = DatabaseOutbox(town.program.database, town.program.master)
    now = town.program.clock.now()
    assert await other.claim([Channel.EMAIL], now) is not None
    assert await other.claim([Channel.EMAIL], now) is None
    assert await town.told() == []


async def test_many_programs_at_once_raise_one_alert_and_send_one_text(town: AlertTown) -> None:
    await find(town)
    await asyncio.gather(*(town.desk.step() for _ in range(6)))
    assert len(await town.alerts()) == 1
    sent = await asyncio.gather(*(town.send() for _ in range(6)))
    assert sum(one.sent for one in sent) == 1
    assert len(town.door.taken) == 1


async def test_an_address_that_is_gone_is_withdrawn_and_forgotten(town: AlertTown) -> None:
    await find(town)
    await find(town, kind="fishing", subject="x", evidence={})
    await town.desk.step()
    await town.send(FakeDoor([Answer(Outcome.GONE, Why.GONE)] * 9))
    assert await town.people.addresses("user-treasurer") == []
    step(town, days=1)
    assert await town.told() == ["auditor"]  # the admin's is gone as well


async def test_a_flood_is_told_in_a_few_texts(town: AlertTown) -> None:
    for number in range(60):
        await find(town, subject=f"box-0001/{number}")
    await town.told()
    assert len(town.door.taken) == 1
    assert len(town.door.taken[0][1].lines) == 21
    for number in range(60, 70):
        await find(town, subject=f"box-0001/{number}")
        step(town, minutes=1)
        await town.told()
    assert len(town.door.taken) == 3


async def test_what_waits_too_long_is_dead_and_not_told(town: AlertTown) -> None:
    await find(town)
    await town.desk.step()
    step(town, days=4)
    assert (await town.send()).sent == 0
    assert await town.messages("state", "why") == [("dead", "expired")]


async def test_only_who_was_told_acknowledges_and_twice_changes_nothing(town: AlertTown) -> None:
    await find(town)
    await town.desk.step()
    with pytest.raises(NotFound):
        await town.people.acknowledge(1, actor="user-auditor")
    first = await town.people.acknowledge(1, actor="user-treasurer")
    step(town, hours=1)
    again = await town.people.acknowledge(1, actor="user-treasurer")
    assert again.acknowledged_at == first.acknowledged_at
    (told,) = await town.people.told("user-treasurer")
    assert told.acknowledged_by_name == "treasurer"
    assert await town.people.told("user-collector") == []


async def test_a_report_is_asked_of_those_who_may_approve_it(town: AlertTown) -> None:
    step(town, days=1)
    desk = ReportDesk(town.program.database, town.program.clock, ZoneInfo("Asia/Jakarta"))
    span = Span(date(2026, 11, 20), date(2026, 11, 20))
    await desk.prepare(report_id="r-1", span=span, actor="user-treasurer")
    assert await town.told() == ["admin"]
    await desk.approve("r-1", actor="user-admin")
    await town.desk.step()
    assert await town.alerts() == []


async def test_addresses_are_sealed_masked_and_bounded(town: AlertTown) -> None:
    kept = await rows(town.program, alert_addresses, "wrapped", "label")
    assert all(b"contoh" not in bytes(row[0]) for row in kept)
    assert ("ad…@contoh.id") in [row[1] for row in kept]
    again = await town.people.add_address("user-admin", Channel.EMAIL, "admin@contoh.id")
    assert len(await town.people.addresses("user-admin")) == 1
    for number in range(9):
        await town.people.add_address("user-admin", Channel.EMAIL, f"a{number}@contoh.id")
    with pytest.raises(Conflict):
        await town.people.add_address("user-admin", Channel.EMAIL, "b@contoh.id")
    with pytest.raises(Conflict):
        await town.people.add_address("user-admin", Channel.TELEGRAM, "12345678")
    await town.people.withdraw_address("user-admin", again.address_id)
    with pytest.raises(NotFound):
        await town.people.withdraw_address("user-admin", again.address_id)


async def test_what_happened_to_an_alert_cannot_be_changed(town: AlertTown) -> None:
    await find(town)
    await town.desk.step()
    for statement in (update(alert_events).values(actor="x"), delete(alert_events)):
        with pytest.raises(DBAPIError):
            async with town.program.database.engine.begin() as connection:
                await connection.execute(statement)


async def test_nothing_is_offered_without_settings(program: Program) -> None:
    desk = alert_desk(program)
    assert desk.channels.offered() == ()
    sent = await send_due(
        DatabaseOutbox(program.database, program.master),
        {},
        clock=program.clock,
        speech=desk.speech,
    )
    assert (sent.sent, sent.postponed, sent.dead) == (0, 0, 0)
    stepped, _ = await desk.work()
    assert stepped.told == 0


async def test_a_flood_takes_some_looks_and_the_severest_goes_first(
    town: AlertTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell, "STEPS_AT_ONCE", 3)
    for number in range(4):
        await find(town, subject=f"box-0001/{number}")
    await find(town, kind="fishing", subject="x", evidence={})
    assert (await town.desk.step()).told == 3
    await town.send()
    assert "dipancing" in town.door.taken[0][1].body
    assert (await town.desk.step()).told == 2
    assert (await town.desk.step()).told == 0


async def test_a_channel_that_is_away_is_asked_once_in_one_go(town: AlertTown) -> None:
    await find(town, kind="fishing", subject="x", evidence={})  # the admin and the treasurer
    await town.desk.step()
    door = FakeDoor([DOWN])
    assert (await town.send(door)).postponed == 1
    assert door.asked == 1
    step(town, minutes=1)
    assert (await town.send(door)).sent == 2
