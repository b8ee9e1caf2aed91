"""Epochs, gaps and holding periods come out right whatever the order of arrival."""

import itertools

import pytest
from jimpitan_server.adapters.database.box_reading import deposits_between, lid_events
from jimpitan_server.adapters.database.schema import (
    box_keys,
    boxes,
    discrepancies,
    holding_periods,
    journal_gaps,
)
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.discrepancy import RecordFinding
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.occurred import Basis
from jimpitan_wire import records as wire
from server_boxes import FRIDAY, FakeBox, StepClock
from server_town import bring, findings, known, rows

DAY_S = 86_400


async def known_twice(program: Program) -> tuple[FakeBox, FakeBox]:
    """Make a box known with two epochs."""
    old = await known(program, FakeBox())
    new = FakeBox(epoch=2)
    await program.add_box(new.box, epoch=2, key=new.secret)
    return old, new


async def test_records_of_an_old_epoch_are_taken_until_its_end(program: Program) -> None:
    old, _ = await known_twice(program)
    message = old.stamps(3)
    new = old.renewed(2)
    start = new.start_epoch(old)
    accepted = await bring(program, new, start)
    assert new.ack_in(accepted.down) == (0, 1)
    accepted = await bring(program, old, *message)
    assert accepted.receipts[0].stored == 3
    assert new.ack_in(accepted.down) == (4, 2)
    accepted = await bring(program, old, old.sign(seq=4), old.sign(seq=5))
    assert accepted.receipts[0].reasons == ["epoch_ended", "epoch_ended"]
    assert await rows(program, box_keys, "epoch", "seq_last") == [(1, 3), (2, None)]
    assert await findings(program) == []


async def test_end_of_an_epoch_holds_within_the_request_that_names_it(
    program: Program,
) -> None:
    old, _ = await known_twice(program)
    message = old.stamps(3)
    start = old.renewed(2).start_epoch(old, seq_last=2)
    accepted = await bring(program, old, *message, start)
    assert accepted.receipts[0].stored == 3
    assert accepted.receipts[0].reasons == ["epoch_ended"]


async def test_records_held_beyond_the_end_are_a_finding(program: Program) -> None:
    old, _ = await known_twice(program)
    await bring(program, old, *old.stamps(5))
    await bring(program, old, old.renewed(2).start_epoch(old, seq_last=3))
    assert await findings(program) == [RecordFinding.EPOCH_OVERRUN]


async def test_second_end_of_an_epoch_is_disputed_and_ignored(program: Program) -> None:
    old, _ = await known_twice(program)
    await bring(program, old, *old.stamps(5))
    new = old.renewed(2)
    await bring(program, new, new.start_epoch(old))
    await bring(program, new, new.start_epoch(old, seq_last=99))
    assert await rows(program, box_keys, "epoch", "seq_last") == [(1, 5), (2, None)]
    assert await findings(program) == [RecordFinding.EPOCH_DISPUTED]


async def test_record_of_an_epoch_without_key_is_refused(program: Program) -> None:
    box = await known(program, FakeBox())
    accepted = await bring(program, box, box.renewed(7).stamp())
    assert accepted.receipts[0].reasons == ["unknown_epoch"]


async def test_declared_gap_lets_the_head_pass_at_once(program: Program) -> None:
    box = await known(program, FakeBox())
    message = box.stamps(10)
    accepted = await bring(program, box, *message[:3], *message[6:])
    assert box.ack_in(accepted.down)[0] == 3
    body = {wire.GAP_FROM: 4, wire.GAP_TO: 6, wire.GAP_REASON: wire.GAP_TORN}
    accepted = await bring(program, box, box.stamp(wire.JOURNAL_GAP, body))
    assert box.ack_in(accepted.down)[0] == 11
    assert await rows(program, journal_gaps, "seq_from", "seq_to", "state") == [(4, 6, "declared")]
    assert await findings(program) == [RecordFinding.GAP_DECLARED]
    accepted = await bring(program, box, message[4])
    assert accepted.receipts[0].stored == 1
    assert box.ack_in(accepted.down)[0] == 11


async def test_declared_gap_covers_only_what_is_missing(program: Program) -> None:
    box = await known(program, FakeBox())
    message = box.stamps(6)
    await bring(program, box, message[0], message[2], message[5])
    body = {wire.GAP_FROM: 1, wire.GAP_TO: 4_000_000_000}
    await bring(program, box, box.stamp(wire.JOURNAL_GAP, body))
    gaps = await rows(program, journal_gaps, "seq_from", "seq_to", "state")
    assert gaps == [(2, 2, "declared"), (4, 5, "declared")]


async def test_old_gap_is_passed_after_a_day_with_a_finding(
    program: Program, clock: StepClock
) -> None:
    box = await known(program, FakeBox())
    message = box.stamps(10)
    await bring(program, box, *message[:3], *message[5:])
    clock.step(seconds=DAY_S)
    assert await program.pass_old_gaps() == 0
    clock.step(seconds=1)
    assert await program.pass_old_gaps() == 1
    assert await program.pass_old_gaps() == 0
    assert await rows(program, boxes, "head_seq", "gaps_open") == [(10, 0)]
    assert await findings(program) == [RecordFinding.GAP_UNEXPLAINED]
    found = await rows(program, discrepancies, "seq_from", "seq_to", "due_at")
    assert found[0][:2] == (4, 5)
    accepted = await bring(program, box, *message[3:5])
    assert accepted.receipts[0].stored == 2
    assert box.ack_in(accepted.down)[0] == 10


async def test_younger_gap_still_holds_the_head(program: Program, clock: StepClock) -> None:
    box = await known(program, FakeBox())
    message = box.stamps(10)
    await bring(program, box, message[1])
    clock.step(hours=20)
    await bring(program, box, message[3])
    clock.step(hours=5)
    assert await program.pass_old_gaps() == 1
    accepted = await bring(program, box, message[3])
    assert box.ack_in(accepted.down)[0] == 2


def one_round(box: FakeBox, visit: int, deposits: int) -> list[bytes]:
    """Return some deposits and the collection that ends their period."""
    return [
        *box.stamps(deposits),
        box.stamp(wire.COLLECTION_OPENED, {wire.COLLECTION_VISIT: visit}),
        box.stamp(wire.LID_OPENED, {wire.LID_DEPOSITS: deposits}),
        box.stamp(wire.LID_CLOSED, {wire.LID_DEPOSITS: 0}),
        box.stamp(wire.COLLECTION_CLOSED, {wire.COLLECTION_VISIT: visit}),
    ]


async def test_periods_run_from_lid_opening_to_lid_opening(program: Program) -> None:
    box = await known(program, FakeBox())
    for visit, deposits in enumerate((3, 4), 1):
        await bring(program, box, *one_round(box, visit, deposits))
    await bring(program, box, *box.stamps(2))
    periods = await rows(program, holding_periods, "seq_from", "seq_to", "deposits")
    assert periods == [(0, 5, 3), (5, 13, 4), (13, None, 2)]
    assert await rows(program, boxes, "period_seq_from", "lid_open") == [(13, False)]


async def test_lid_opening_outside_a_collection_ends_no_period(program: Program) -> None:
    box = await known(program, FakeBox())
    opened = box.stamp(wire.LID_OPENED)
    await bring(program, box, opened, *box.stamps(2))
    assert await rows(program, holding_periods, "seq_from", "deposits") == [(0, 2)]
    assert await rows(program, boxes, "lid_open") == [(True,)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_late_arrivals_land_in_the_right_period(
    program: Program, order: tuple[int, ...]
) -> None:
    box = await known(program, FakeBox())
    message = [*one_round(box, 1, 3), *one_round(box, 2, 4), *box.stamps(2)]
    parts = [message[0:4], message[4:9], message[9:13], message[13:]]
    for index in order:
        await bring(program, box, *parts[index])
    periods = await rows(program, holding_periods, "seq_from", "seq_to", "deposits")
    assert periods == [(0, 5, 3), (5, 13, 4), (13, None, 2)]
    assert await rows(program, boxes, "deposits", "period_seq_from") == [(9, 13)]


async def test_running_summary_counts_once_for_each_id(program: Program) -> None:
    box = await known(program, FakeBox())

    def summary(summary_id: int, deposits: int) -> bytes:
        body = {wire.SUMMARY_ID: summary_id, wire.SUMMARY_DEPOSITS: deposits}
        return box.stamp(wire.RUNNING_SUMMARY, body | {wire.SUMMARY_OTHERS: 1})

    await bring(program, box, summary(7, 40))
    await bring(program, box, summary(7, 40), summary(7, 45), summary(8, 5))
    assert await rows(program, boxes, "deposits") == [(50,)]
    assert await rows(program, holding_periods, "deposits") == [(50,)]


async def test_impossible_summary_counts_nothing_and_is_a_finding(program: Program) -> None:
    box = await known(program, FakeBox())
    body = {wire.SUMMARY_ID: 1, wire.SUMMARY_DEPOSITS: 2**60}
    accepted = await bring(program, box, box.stamp(wire.RUNNING_SUMMARY, body))
    assert accepted.receipts[0].stored == 1
    assert await rows(program, boxes, "deposits") == [(0,)]
    assert await findings(program) == [RecordFinding.BODY_UNREADABLE]


async def test_lid_events_tell_visit_time_and_uncertainty(program: Program) -> None:
    box = await known(program, FakeBox())
    wall_s = int(FRIDAY.timestamp())
    opened = box.stamp(wire.COLLECTION_OPENED, {wire.COLLECTION_VISIT: 9})
    lid = box.stamp(wire.LID_OPENED, {wire.LID_DEPOSITS: 3})
    clocked = box.stamp(wall_s=wall_s)
    await bring(program, box, opened, lid, clocked)
    async with program.database.read() as connection:
        events = await lid_events(connection, BoxId(box.box))
        deposits = await deposits_between(connection, BoxId(box.box), seq_from=0, seq_to=None)
    assert [(e.seq, e.kind.name, e.visit, e.deposits) for e in events] == [
        (1, "COLLECTION_OPENED", 9, None),
        (2, "LID_OPENED", None, 3),
    ]
    assert events[1].occurred.basis is Basis.ANCHOR
    assert (FRIDAY - events[1].occurred.at).total_seconds() == 1
    assert [(d.seq, d.deposits, d.occurred.basis) for d in deposits] == [(3, 1, Basis.WALL)]
    assert deposits[0].features[1] == 45_000


async def test_deposits_without_a_clock_are_placed_by_the_nearest_of_their_boot(
    program: Program,
) -> None:
    box = await known(program, FakeBox())
    wall_s = int(FRIDAY.timestamp())
    message = [box.stamp(wall_s=wall_s - 60), *box.stamps(2), box.stamp(wall_s=wall_s)]
    box.boot = 2
    message += [box.stamp(), box.heartbeat()]
    box.boot = 3
    message += [box.stamp(), box.stamp(wire.TAMPER, {1: 1}, wall_s=wall_s + 100)]
    await bring(program, box, *message)
    async with program.database.read() as connection:
        deposits = await deposits_between(connection, BoxId(box.box), seq_from=0, seq_to=None)
    assert [d.occurred.basis.value for d in deposits] == [
        "wall",
        "anchor",
        "anchor",
        "wall",
        "received",
        "anchor",
    ]
    seconds = [int((d.occurred.at - FRIDAY).total_seconds()) for d in deposits]
    assert seconds == [-60, -59, -1, 0, 0, 99]


async def test_health_is_that_of_the_latest_record_even_when_it_comes_first(
    program: Program,
) -> None:
    box = await known(program, FakeBox())
    older, newer = box.heartbeat(battery_mv=4100), box.heartbeat(battery_mv=3600)
    await bring(program, box, newer)
    await bring(program, box, older)
    booted = box.stamp(wire.BOOT_KIND, {1: 1, 2: "1.4.0", 3: 2})
    await bring(program, box, booted)
    found = await rows(program, boxes, "battery_mv", "rssi_dbm", "firmware", "heartbeat_seq")
    assert found == [(3600, -61, "1.4.0", 2)]
