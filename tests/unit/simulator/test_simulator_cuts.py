"""Power cut inside every program and erase of a session of sixty records.

The session writes journal, cursor and calibration, as a box does that is calibrated and hears
from the server. After each cut a fresh box starts on what the flash then holds.
"""

import pytest
from jimpitan_box import calibration
from jimpitan_box.clock import WallClock
from jimpitan_box.config import Config
from jimpitan_box.keeper import Keeper
from jimpitan_simulator.flash import Flash, LittleStore, PowerCut, kept_envelopes
from jimpitan_simulator.unit import Nvs
from jimpitan_wire import cose, records

SECRET = bytes(range(32))
BLOCKS = 64
RECORDS = 60
PARTS = 8  # so that two workers share the work


def keeper_on(flash, nvs):
    config = Config()
    config.segment_bytes_max = 2_000
    key = cose.Key(SECRET)
    store = LittleStore(flash)
    return store, Keeper(
        box="box-0001", epoch=1, key=key, store=store, floor=nvs, clock=WallClock(), config=config
    )


class Session:
    """What was told to be kept, and what was told to be acknowledged, before the cut."""

    def __init__(self, flash, nvs):
        self.kept, self.acked, self.calibrated = 0, 0, 0
        self.flash, self.nvs = flash, nvs

    def run(self):
        store, keeper = keeper_on(self.flash, self.nvs)
        for number in range(1, RECORDS + 1):
            if keeper.keep(records.DEPOSIT, {1: number}, number * 1000):
                self.kept = number
            if number % 10 == 0:
                keeper.acknowledge(number - 5, number // 10)
                self.acked = number - 5
            if number % 20 == 0:
                found = calibration.Calibration()
                found.spacing_um = 30000 + number
                store.replace(calibration.NAME, found.content())
                self.calibrated = number


def operations():
    flash = Flash(BLOCKS)
    Session(flash, Nvs()).run()
    return flash.programs + flash.erases


def found_after(flash, nvs):
    """Start a fresh box on what is there; return (numbers kept, acked, spacing or 0)."""
    fresh = Flash(BLOCKS, flash.image)
    store, keeper = keeper_on(fresh, nvs)
    assert keeper.keep(records.DEPOSIT, {1: 0}, 1)  # it works on
    key, aad = cose.Key(SECRET), cose.external_aad("box-0001", 1, cose.UP)
    bodies = [
        records.parse(cose.unseal(key, aad, envelope))[records.BODY]
        for envelope in kept_envelopes(fresh.image)
    ]
    spacing = 0
    if calibration.NAME in store.names():
        read = calibration.read(store.read(calibration.NAME, 0, 2_000))
        assert read is not None
        spacing = read.spacing_um
    return [body.get(1) for body in bodies], keeper.cursor.acked, spacing


@pytest.mark.parametrize("part", range(PARTS))
def test_no_cut_loses_what_was_kept_or_acknowledged(part, record_property):
    whole = operations()
    tried = 0
    for operation in range(1 + part, whole + 1, PARTS):
        flash, nvs = Flash(BLOCKS), Nvs()
        session = Session(flash, nvs)
        flash.arm(operation, operation)
        with pytest.raises(PowerCut):
            session.run()
        numbers, acked, spacing = found_after(flash, nvs)
        missing = set(range(1, session.kept + 1)) - set(numbers)
        assert missing == set(), f"cut in operation {operation}"
        assert acked >= session.acked, f"cut in operation {operation}"
        if session.calibrated:
            assert spacing in {30000 + session.calibrated, 30000 + session.calibrated + 20}
        tried += 1
    record_property("power_cuts", f"{tried} of {whole}")
    assert tried >= whole // PARTS
