"""A box with a scale contradicts a count that weighs something else; one without says nothing."""

import pytest
from jimpitan_server.adapters.database.mass_schema import count_masses
from jimpitan_server.adapters.database.schema import holding_periods
from jimpitan_server.domain.expectation import SUM_MAX
from jimpitan_wire import records as wire
from money_town import Town, town
from server_boxes import GATEWAY, delivery
from server_town import rows
from sqlalchemy import update

__all__ = ["town"]
pytestmark = pytest.mark.integration


async def bring(town: Town, *records: tuple[int, dict[int, object] | None]) -> None:
    fake, now = town.boxes["box-0017"], town.clock.now()
    wall_s = int(now.timestamp())
    for start in range(0, len(records), 10):
        part = records[start : start + 10]
        envelopes = [fake.stamp(kind, body, wall_s=wall_s) for kind, body in part]
        await town.program.accept(
            [delivery(fake.box, *envelopes, received_at=now)], gateway=GATEWAY
        )


def weighed(deposits: int, mass_mg: int, deviation_mg: int = 60) -> tuple[int, dict[int, object]]:
    return wire.WEIGHED, {1: deposits, 2: mass_mg, 3: deviation_mg, 4: deposits, 5: 1, 6: []}


DEPOSIT = (wire.DEPOSIT, None)
OPENING = [
    (wire.COLLECTION_OPENED, {1: 1}),
    (wire.LID_OPENED, {1: 20}),
    (wire.LID_CLOSED, {1: 0}),
]


async def matched(town: Town) -> list[str]:
    await town.program.money.reconcile()
    await town.program.collections.weigh()
    await town.program.money.reconcile()
    return [kind for kind in await town.open_kinds() if "mass" in kind]


async def test_coins_exchanged_for_notes_are_weighed(town: Town) -> None:
    """Money lacks nothing, so the scale alone has something to say."""
    await bring(town, *[DEPOSIT, weighed(1, 3_100)] * 20, *OPENING)
    await town.count_cash(cash={"2000": 20})
    assert await matched(town) == ["count_mass_differs"]
    assert await rows(town.program, count_masses, "mass_mg", "deposits", "is_whole") == [
        (62_000, 20, True)
    ]
    assert await town.program.collections.weigh() == 0


async def test_an_honest_count_and_a_box_without_a_scale_raise_nothing(town: Town) -> None:
    await bring(town, *[DEPOSIT, weighed(1, 3_100)] * 20, *OPENING)
    await town.count_cash(cash={"500": 20})
    assert await matched(town) == []
    town.clock.step(days=7)
    await bring(town, *[DEPOSIT] * 20, *OPENING)
    await town.count_cash(cash={"500": 2})
    assert await matched(town) == []
    masses = await rows(town.program, count_masses, "mass_mg", "is_settled")
    assert {mass for mass, _ in masses} == {62_000, None}


async def test_records_that_come_later_are_added_and_losses_taken_away(town: Town) -> None:
    fake = town.boxes["box-0017"]
    loss = (wire.TAMPER, {1: wire.SIGN_WEIGHT_LOSS, 2: 0, 3: 9_300})
    await bring(town, DEPOSIT, weighed(1, 3_100), loss)
    wall_s = int(town.clock.now().timestamp())
    late = fake.stamp(*weighed(1, 99_000), wall_s=wall_s)
    await bring(town, *OPENING)
    await town.count_cash(cash={"500": 2})
    assert await matched(town) == []
    names = ("mass_mg", "lost_mg", "is_whole", "is_settled")
    assert await rows(town.program, count_masses, *names) == [(3_100, 9_300, False, False)]
    now = town.clock.now()
    await town.program.accept([delivery(fake.box, late, received_at=now)], gateway=GATEWAY)
    assert await town.program.collections.weigh() == 0
    town.clock.step(hours=2)
    assert await matched(town) == ["count_mass_differs"]


async def test_masses_that_no_box_can_hold_say_nothing(town: Town) -> None:
    await bring(town, DEPOSIT, *[weighed(1, 4_294_967_295, 4_294_967_295)] * 300, *OPENING)
    await town.count_cash(cash={"500": 1})
    assert await matched(town) == []
    assert await rows(town.program, count_masses, "mass_mg") == [(None,)]


async def test_sums_of_weighings_stop_at_their_bound_and_are_taken_in_all_the_same(
    town: Town,
) -> None:
    await bring(town, DEPOSIT, weighed(1, 3_100))
    async with town.program.database.write() as connection:
        await connection.execute(update(holding_periods).values(value_variance=SUM_MAX - 1))
    await bring(town, *[DEPOSIT, weighed(1, 3_100)] * 3)
    kept = await rows(town.program, holding_periods, "value_variance", "deposits", "weighed")
    assert (SUM_MAX, 4, 4) in kept


async def test_missing_coins_that_money_shows_too_are_one_case(town: Town) -> None:
    coin = (wire.WEIGHED, {1: 1, 2: 3_100, 3: 60, 4: 1, 5: 1, 6: [[1, 500, 1000]]})
    await bring(town, *[DEPOSIT, coin] * 20, *OPENING)
    count = (await town.count_cash(cash={"500": 8})).json()["collection_id"]
    assert await matched(town) == []
    kinds = await town.open_kinds()
    assert "count_below_sensor" in kinds
    headers = await town.authorized("admin")
    listed = await town.client.get(
        "/api/v1/discrepancies?kind=count_below_sensor", headers=headers
    )
    (case,) = listed.json()["discrepancies"]
    assert case["evidence"]["arrived"] == [count]
    assert case["evidence"]["weighed_low_mg"] > case["evidence"]["declared_high_mg"]
    dossier = (await town.client.get("/api/v1/dossier/box-0017", headers=headers)).json()
    (journey,) = dossier["journeys"]
    assert {one["step"]: one["state"] for one in journey["steps"]}["mass"] == "wrong"
