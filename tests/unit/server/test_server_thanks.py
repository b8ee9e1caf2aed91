"""Thanks that wait for a gateway: bounded, for a minute, one in two seconds and box."""

from datetime import timedelta

import pytest
from jimpitan_server.adapters import thanks_desk
from jimpitan_server.adapters.thanks_desk import ThanksDesk
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.thanks import THANKS_VALID, Carrier, Thanks, thanks_for
from server_boxes import FRIDAY, StepClock

BOX = BoxId("box-0001")
SECOND = timedelta(seconds=1)


class Desk:
    """A desk without a database: nothing here hands out."""

    def __init__(self) -> None:
        self.clock = StepClock()
        self.rings = 0
        self.noted: list[str] = []
        self.desk = ThanksDesk(
            database=None,  # type: ignore[arg-type]
            clock=self.clock,
            keyring=None,  # type: ignore[arg-type]
            online_within=timedelta(minutes=15),
            ring=self.ring,
            note=self.noted.append,
        )

    def ring(self) -> None:
        self.rings += 1

    def add(self, box: str = BOX) -> None:
        self.desk.add(Thanks(BoxId(box), self.clock.now() + THANKS_VALID))


def test_thanks_hold_a_minute_from_the_payment_or_its_notification_whichever_came_first() -> None:
    for paid_s, left_ms in ((0, 60_000), (-20, 40_000), (-60, 0), (-600, 0), (30, 60_000)):
        thanks = thanks_for(BOX, paid_at=FRIDAY + paid_s * SECOND, received_at=FRIDAY)
        assert thanks.valid_ms(FRIDAY) == left_ms
    assert thanks_for(BOX, paid_at=FRIDAY, received_at=FRIDAY).valid_ms(FRIDAY - SECOND) == 60_000


def test_a_box_is_online_when_it_was_heard_of_lately() -> None:
    within = timedelta(minutes=15)
    for seen_at, is_online in (
        (FRIDAY, True),
        (FRIDAY - within, True),
        (FRIDAY - within - SECOND, False),
        (None, False),
    ):
        assert Carrier("gw-1", seen_at).reaches(now=FRIDAY, within=within) is is_online


def test_a_new_thanks_wakes_the_gateways_and_a_second_one_is_dropped() -> None:
    town = Desk()
    town.add()
    town.add()
    town.add("box-0002")
    assert (town.rings, town.noted) == (2, ["too_soon"])


def test_thanks_that_nobody_fetched_are_forgotten_after_a_minute() -> None:
    town = Desk()
    town.add()
    town.clock.step(seconds=60)
    town.add()
    assert (town.rings, town.noted) == (2, ["expired"])


def test_a_late_notification_earns_no_thanks() -> None:
    town = Desk()
    town.desk.add(thanks_for(BOX, paid_at=FRIDAY - 61 * SECOND, received_at=FRIDAY))
    assert (town.rings, town.noted) == (0, ["expired"])


def test_a_clock_that_is_set_back_blocks_no_box() -> None:
    town = Desk()
    town.desk.thanked_at[BOX] = town.clock.now()
    town.clock.step(hours=-1)
    town.add()
    assert town.rings == 1
    town.clock.step(hours=-1)
    town.add()
    assert (town.rings, town.noted) == (2, ["expired"])


def test_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thanks_desk, "BOXES_MAX", 3)
    town = Desk()
    for number in range(5):
        town.add(f"box-{number}")
    assert (town.rings, town.noted, len(town.desk.waiting)) == (3, ["full", "full"], 3)
