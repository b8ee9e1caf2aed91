"""Boxes, sensors, batteries and gateways are silent by their own records, each for itself."""

import pytest
from alert_town import AlertTown, step, town
from jimpitan_wire import records
from server_boxes import GATEWAY, FakeBox
from server_town import bring, known

__all__ = ["town"]
pytestmark = pytest.mark.integration


async def test_a_silent_box_is_silent_by_its_own_records_whatever_the_gateway_does(
    town: AlertTown,
) -> None:
    quiet = await known(town.program, FakeBox("box-0001"))
    lively = await known(town.program, FakeBox("box-0002"))
    await bring(town.program, quiet, quiet.heartbeat())
    await bring(town.program, lively, lively.heartbeat())
    await town.program.add_gateway(GATEWAY)
    step(town, hours=3)
    await bring(town.program, lively, lively.heartbeat())
    await town.desk.step()
    assert await town.alerts() == [("box_silent", "box-0001", "warning")]
    step(town, hours=3)
    await town.desk.step()
    assert sorted(await town.alerts()) == [
        ("box_silent", "box-0001", "warning"),
        ("box_silent", "box-0002", "notice"),
        ("gateway_silent", GATEWAY, "warning"),
    ]
    step(town, days=1)
    await bring(town.program, quiet, quiet.heartbeat())
    await town.desk.step()
    assert await town.alerts() == [("box_silent", "box-0002", "critical")]


async def test_a_sensor_is_told_of_while_the_box_is_heard_and_until_it_speaks(
    town: AlertTown,
) -> None:
    box = await known(town.program, FakeBox("box-0001"))
    lost = {records.TAMPER_SIGN: records.SIGN_SENSOR_LOST, records.TAMPER_DETAIL: 1}
    await bring(town.program, box, box.stamp(records.TAMPER, lost), box.heartbeat(), box.stamp())
    await town.desk.step()
    assert await town.alerts() == [("sensor_silent", "box-0001/scale", "warning")]
    await bring(town.program, box, box.stamp(records.WEIGHED, {records.WEIGHED_DEPOSITS: 1}))
    await town.desk.step()
    assert await town.alerts() == []


async def test_a_scale_that_falls_silent_without_a_word_is_missed(town: AlertTown) -> None:
    box = await known(town.program, FakeBox("box-0001"))
    weighed = {records.WEIGHED_DEPOSITS: 1}
    await bring(town.program, box, box.stamp(), box.stamp(records.WEIGHED, weighed))
    await bring(town.program, box, *box.stamps(19))
    await town.desk.step()
    assert await town.alerts() == []
    await bring(town.program, box, box.stamp())
    await town.desk.step()
    assert await town.alerts() == [("sensor_silent", "box-0001/scale", "warning")]


async def test_an_empty_battery_is_told_by_the_heartbeat(town: AlertTown) -> None:
    box = await known(town.program, FakeBox("box-0001"))
    await bring(town.program, box, box.heartbeat(battery_mv=3_200))
    assert await town.told() == ["admin"]
    await bring(town.program, box, box.heartbeat(battery_mv=3_900))
    await town.desk.step()
    assert await town.alerts() == []
