"""Taking in records keeps its promises on both databases."""

import pytest
from jimpitan_server.adapters.database.schema import (
    boxes,
    holding_periods,
    programme_totals,
    quarantine,
    quarantine_counts,
    records,
)
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.discrepancy import RecordFinding
from jimpitan_server.domain.errors import Unavailable
from jimpitan_wire import records as wire
from server_boxes import GATEWAY, FakeBox, StepClock, delivery
from server_town import bring, findings, known, rows
from sqlalchemy import func, select


async def test_records_are_held_counted_and_acknowledged(program: Program) -> None:
    box = await known(program, FakeBox())
    accepted = await bring(program, box, *box.stamps(5))
    assert accepted.receipts[0].stored == 5
    assert box.ack_in(accepted.down) == (5, 1)
    assert await rows(program, holding_periods, "seq_from", "deposits") == [(0, 5)]
    assert (await program.live.latest()).sensed.deposits == 5


async def test_second_delivery_changes_nothing(program: Program) -> None:
    box = await known(program, FakeBox())
    message = box.stamps(5)
    await bring(program, box, *message)
    accepted = await bring(program, box, *message)
    assert (accepted.receipts[0].stored, accepted.receipts[0].duplicate) == (0, 5)
    assert accepted.receipts[0].is_held
    assert box.ack_in(accepted.down) == (5, 2)
    assert await rows(program, boxes, "records", "deposits") == [(5, 5)]
    assert await findings(program) == []


async def test_same_record_twice_in_one_request_is_held_once(program: Program) -> None:
    box = await known(program, FakeBox())
    first = box.stamp()
    batch = [delivery(box.box, first, first), delivery(box.box, first)]
    accepted = await program.accept(batch, gateway=GATEWAY)
    assert [(r.stored, r.duplicate) for r in accepted.receipts] == [(1, 1), (0, 1)]
    assert len(accepted.down) == 1


async def test_order_of_arrival_does_not_matter(program: Program) -> None:
    box = await known(program, FakeBox())
    message = box.stamps(30)
    accepted = await bring(program, box, *message[20:])
    assert box.ack_in(accepted.down)[0] == 0
    accepted = await bring(program, box, *message[:5], *message[6:10])
    assert box.ack_in(accepted.down)[0] == 5
    await bring(program, box, *message[10:20])
    accepted = await bring(program, box, message[5])
    assert box.ack_in(accepted.down)[0] == 30
    assert await findings(program) == []
    assert await rows(program, holding_periods, "seq_from", "deposits") == [(0, 30)]


async def test_fork_is_kept_apart_and_never_overwrites(program: Program) -> None:
    box = await known(program, FakeBox())
    message = box.stamps(3)
    await bring(program, box, *message)
    other = box.sign(seq=2, uptime_ms=77)
    accepted = await bring(program, box, other)
    assert accepted.receipts[0].reasons == ["fork"]
    assert not accepted.receipts[0].is_held
    assert await findings(program) == [RecordFinding.FORK]
    assert await rows(program, quarantine, "reason", "bytes") == [("fork", other)]
    held = await rows(program, records, "seq", "raw")
    assert held == [(1, message[0]), (2, message[1]), (3, message[2])]


async def test_two_forks_in_one_request_hold_one_of_them(program: Program) -> None:
    box = await known(program, FakeBox())
    accepted = await bring(program, box, box.sign(seq=1), box.sign(seq=1, uptime_ms=7))
    assert (accepted.receipts[0].stored, accepted.receipts[0].reasons) == (1, ["fork"])


async def test_bad_mac_is_quarantined_and_changes_nothing_else(program: Program) -> None:
    box = await known(program, FakeBox())
    good, bad = box.stamp(), bytearray(box.stamp())
    bad[-1] ^= 1
    accepted = await bring(program, box, good, bytes(bad))
    assert accepted.receipts[0].stored == 1
    assert accepted.receipts[0].reasons == ["not_genuine"]
    before = await rows(program, boxes, "seq_max", "down_counter", "last_seen_at")
    accepted = await bring(program, box, bytes(bad))
    assert accepted.down == []
    assert not accepted.receipts[0].is_held
    assert await rows(program, boxes, "seq_max", "down_counter", "last_seen_at") == before
    assert [r for (r,) in await rows(program, quarantine, "reason")] == ["not_genuine"] * 2


async def test_any_flipped_bit_is_refused(program: Program) -> None:
    box = await known(program, FakeBox())
    envelope = box.stamp()
    for place in range(0, len(envelope) * 8, 7):
        changed = bytearray(envelope)
        changed[place // 8] ^= 1 << place % 8
        accepted = await bring(program, box, bytes(changed))
        assert accepted.receipts[0].stored == 0, place
    assert await rows(program, records, "seq") == []


async def test_record_of_another_box_is_refused(program: Program) -> None:
    one, two = await known(program, FakeBox()), await known(program, FakeBox("box-0002"))
    accepted = await bring(program, two, one.stamp())
    assert accepted.receipts[0].reasons == ["not_genuine"]


async def test_unknown_box_is_quarantined_under_its_gateway(program: Program) -> None:
    stranger = FakeBox("box-9999")
    accepted = await program.accept(
        [delivery("box-9999", stranger.stamp()), delivery("no id!\0", stranger.stamp())],
        gateway=GATEWAY,
    )
    assert [r.reasons for r in accepted.receipts] == [["unknown_box"], ["unknown_box"]]
    kept = await rows(program, quarantine, "subject", "box_id")
    assert sorted(kept, key=str) == [("gateway/gw-1", "box-9999"), ("gateway/gw-1", None)]


async def test_quarantine_is_bounded_and_goes_on_counting(program: Program) -> None:
    box = await known(program, FakeBox())
    kept_max = program.settings.quarantine_kept_max
    for _ in range(3):
        batch = [delivery(box.box, b"garbage") for _ in range(kept_max)]
        await program.accept(batch, gateway=GATEWAY)
    assert len(await rows(program, quarantine, "quarantine_id")) == kept_max
    counts = await rows(program, quarantine_counts, "kept", "refused")
    assert counts == [(kept_max, 3 * kept_max)]


async def test_quarantine_has_room_again_the_next_day(program: Program, clock: StepClock) -> None:
    box = await known(program, FakeBox())
    batch = [delivery(box.box, b"x")] * (program.settings.quarantine_kept_max + 1)
    await program.accept(batch, gateway=GATEWAY)
    clock.step(days=1)
    await bring(program, box, b"x")
    counts = await rows(program, quarantine_counts, "kept", "refused")
    assert counts == [(1, 1), (50, 51)]


async def test_broken_chain_is_found_and_stops_nothing(program: Program) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, *box.stamps(2))
    box.prev = b"\xff" * 8
    accepted = await bring(program, box, *box.stamps(2))
    assert accepted.receipts[0].stored == 2
    assert box.ack_in(accepted.down)[0] == 4
    assert await findings(program) == [RecordFinding.CHAIN_BREAK]


async def test_broken_chain_is_found_when_the_earlier_record_comes_late(
    program: Program,
) -> None:
    box = await known(program, FakeBox())
    first, _, third = box.stamps(3)
    await bring(program, box, first, third)
    accepted = await bring(program, box, box.sign(seq=2, prev=first[-32:-24], uptime_ms=5))
    assert accepted.receipts[0].stored == 1
    assert await findings(program) == [RecordFinding.CHAIN_BREAK]


async def test_unknown_kind_is_held_and_acknowledged(program: Program) -> None:
    box = await known(program, FakeBox())
    accepted = await bring(program, box, box.stamp(4_000_000_000, {1: [2, {3: "tiga"}], 9: -5}))
    assert accepted.receipts[0].stored == 1
    assert box.ack_in(accepted.down)[0] == 1


async def test_failure_before_commit_leaves_nothing(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await known(program, FakeBox())

    async def fails(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    from jimpitan_server.adapters.database import period_rows

    message = [*box.stamps(3), b"garbage"]
    with monkeypatch.context() as patched:
        patched.setattr(period_rows, "add_to_totals", fails)
        with pytest.raises(Unavailable):
            await program.accept(
                [delivery(box.box, *message[:3]), delivery(box.box, b"garbage")],
                gateway=GATEWAY,
            )
    assert await rows(program, records, "seq") == []
    assert await rows(program, quarantine, "reason") == []
    assert await rows(program, boxes, "seq_max", "down_counter") == [(0, 0)]
    assert await rows(program, holding_periods, "deposits") == [(0,)]
    accepted = await bring(program, box, *message[:3])
    assert accepted.receipts[0].stored == 3


async def test_counter_goes_on_above_what_the_box_has_heard(program: Program) -> None:
    box = await known(program, FakeBox())
    assert box.ack_in((await bring(program, box, box.stamp())).down) == (1, 1)
    beat = box.heartbeat(down_counter=900)
    assert box.ack_in((await bring(program, box, beat)).down) == (2, 901)
    assert box.ack_in((await bring(program, box, beat)).down) == (2, 902)
    assert box.ack_in((await bring(program, box, box.heartbeat())).down) == (3, 903)


async def test_exhausted_counter_is_a_finding_and_records_are_still_held(
    program: Program,
) -> None:
    box = await known(program, FakeBox())
    accepted = await bring(program, box, box.heartbeat(down_counter=wire.NUMBER_MAX))
    assert accepted.receipts[0].stored == 1
    accepted = await bring(program, box, box.stamp())
    assert (accepted.receipts[0].stored, accepted.down) == (1, [])
    assert await findings(program) == [RecordFinding.COUNTER_EXHAUSTED]


async def test_totals_are_the_sum_over_gateways_and_boxes(program: Program) -> None:
    for number in range(8):
        box = await known(program, FakeBox(f"box-{number}"))
        await program.accept(
            [delivery(box.box, *box.stamps(number))] if number else [],
            gateway=type(GATEWAY)(f"gw-{number}"),
        )
    async with program.database.read() as connection:
        total = await connection.execute(select(func.sum(programme_totals.c.deposits)))
        assert total.scalar_one() == 28
    totals = await program.live.latest()
    assert (totals.sensed.deposits, totals.boxes_total, totals.boxes_reporting) == (28, 8, 7)
