"""Power cut inside every program and erase of a session of sixty records.

The session writes journal, cursor, calibration and configuration, takes an update into a slot,
starts it on trial and confirms it, as a box does in its first weeks. After each cut a fresh box
starts on what the flash then holds, and the session goes on to its end.
"""

import pytest
from bench_release import Release
from jimpitan_box import calibration
from jimpitan_box.clock import WallClock
from jimpitan_box.config import Config
from jimpitan_box.configuration import Configuration
from jimpitan_box.keeper import Keeper
from jimpitan_box.trial import Trial
from jimpitan_box.update import Update
from jimpitan_loader.slots import BENCH
from jimpitan_simulator.flash import Flash, LittleStore, PowerCut, kept_envelopes
from jimpitan_simulator.slot_files import MACHINE, FlashShelf
from jimpitan_simulator.unit import Bench, Nvs
from jimpitan_wire import cose, options, records, release

SECRET = bytes(range(32))
BLOCKS = 64
RECORDS = 60
PARTS = 8  # so that two workers share the work
MADE = Release(
    "0.2.0",
    "0.1.0",
    machine=MACHINE,
    files={"jimpitan_box/box.py": bytes(range(200)) * 8, "jimpitan_wire/cbor.py": b"c" * 300},
)
STREAM = MADE.blocks()
STEPS_MAX = 400


def calm():
    """Say that nothing is felt."""
    return True


class Broker:
    """The `ask` of a client whose broker retains the release."""

    connects = 1

    def __init__(self):
        self.asked = ""

    def ask(self, topic):
        self.asked = topic
        return True


class Power:
    """One power cycle of a box on what its flash holds."""

    def __init__(self, flash, nvs):
        config = Config()
        config.segment_bytes_max = 2_000
        config.restart_calm_ms = 0
        self.store = LittleStore(flash)
        self.keeper = Keeper(
            box="box-0001",
            epoch=1,
            key=cose.Key(SECRET),
            store=self.store,
            floor=nvs,
            clock=WallClock(),
            config=config,
        )
        self.configuration = Configuration(self.store, config)
        self.shelf = FlashShelf(self.store, "0.1.0")
        self.slot = self.shelf.slots.active if self.shelf.start() else BENCH
        self.trial = Trial(
            slots=self.shelf.slots, config=config, version="0.1.0", floor=self.shelf.floor
        )
        self.broker = Broker()
        self.update = Update(
            shelf=self.shelf,
            config=config,
            client=self.broker,
            sensors=Bench(),
            trial=self.trial,
        )

    def take_update(self, attempt):
        """Take the order and let every block come, until the box would restart."""
        self.update.order(MADE.order(attempt))
        for now_ms in range(STEPS_MAX):
            self.update.step(now_ms)
            self.trial.step(now_ms, 0, calm)
            if self.trial.is_restart_wanted:
                return
            if self.broker.asked in STREAM:
                topic, self.broker.asked = self.broker.asked, ""
                self.update.received(topic, STREAM[topic])
        raise AssertionError("the update did not come to its end")

    def confirm(self):
        """Let the server have heard of what runs."""
        assert self.trial.begun() is not None
        self.trial.tried(1)
        self.trial.step(60_000, 1, calm)
        assert not self.shelf.slots.is_on_trial


class Session:
    """What was told to be kept, acknowledged, configured and run, before the cut."""

    def __init__(self, flash, nvs):
        self.kept, self.acked, self.calibrated, self.revision = 0, 0, 0, 0
        self.is_confirmed = False
        self.flash, self.nvs = flash, nvs

    def run(self):
        power = Power(self.flash, self.nvs)
        for number in range(1, RECORDS + 1):
            if power.keeper.keep(records.DEPOSIT, {1: number}, number * 1000):
                self.kept = number
            if number % 10 == 0:
                power.keeper.acknowledge(number - 5, number // 10)
                self.acked = number - 5
                power.configuration.wish(number // 10, {options.ZONE_MIN: 420 + number})
                self.revision = number // 10
            if number % 20 == 0:
                found = calibration.Calibration()
                found.spacing_um = 30000 + number
                power.store.replace(calibration.NAME, found.content())
                self.calibrated = number
            if number == 30:
                power.take_update(1)
            if number == 40:
                power = Power(self.flash, self.nvs)
                assert power.slot != BENCH
            if number == 50:
                power.confirm()
                self.is_confirmed = True


def operations():
    flash = Flash(BLOCKS)
    Session(flash, Nvs()).run()
    return flash.programs + flash.erases


def assert_slot_is_whole(power):
    """Check what runs byte by byte against the release, apart from the code that wrote it."""
    store = power.shelf.slot(power.slot)
    assert store.read("manifest", 0, 20_000) == MADE.manifest
    for path, content in MADE.files.items():
        assert store.read(path, 0, release.FILE_LENGTH_MAX + 1) == content


def numbers_kept(image):
    key, aad = cose.Key(SECRET), cose.external_aad("box-0001", 1, cose.UP)
    bodies = [
        records.parse(cose.unseal(key, aad, envelope))[records.BODY]
        for envelope in kept_envelopes(image)
    ]
    return [body.get(1) for body in bodies]


def check_after(session, flash, nvs):
    """Start a fresh box on what is there and compare it with what had been told."""
    power = Power(flash, nvs)
    assert power.keeper.keep(records.DEPOSIT, {1: 0}, 1)  # it works on
    assert set(range(1, session.kept + 1)) <= set(numbers_kept(flash.image))
    assert power.keeper.cursor.acked >= session.acked
    assert power.configuration.revision in {session.revision, session.revision + 1}
    if session.calibrated:
        found = calibration.read(power.store.read(calibration.NAME, 0, 2_000))
        assert found is not None
        assert found.spacing_um in {30000 + session.calibrated, 30000 + session.calibrated + 20}
    if power.slot != BENCH:
        assert_slot_is_whole(power)
    if session.is_confirmed:
        assert power.slot != BENCH
        assert not power.shelf.slots.is_on_trial
    return power


def finish(power, flash, nvs):
    """Bring the update to its end after the cut: a later attempt of the server is carried out."""
    if power.shelf.slots.is_on_trial:
        power.confirm()
    elif power.slot == BENCH:
        power.take_update(1 if power.shelf.slots.attempt == 0 else 2)
        power = Power(flash, nvs)
        assert power.slot != BENCH
        power.confirm()
    assert_slot_is_whole(power)
    assert Power(flash, nvs).slot == power.slot


@pytest.mark.parametrize("part", range(PARTS))
def test_no_cut_loses_what_was_kept_or_keeps_a_box_from_starting(part, record_property):
    whole = operations()
    tried = 0
    for operation in range(1 + part, whole + 1, PARTS):
        flash, nvs = Flash(BLOCKS), Nvs()
        session = Session(flash, nvs)
        flash.arm(operation, operation)
        with pytest.raises(PowerCut):
            session.run()
        fresh = Flash(BLOCKS, flash.image)
        try:
            finish(check_after(session, fresh, nvs), fresh, nvs)
        except AssertionError as error:
            raise AssertionError(f"cut in operation {operation}") from error
        tried += 1
    record_property("power_cuts", f"{tried} of {whole}")
    assert tried >= whole // PARTS
