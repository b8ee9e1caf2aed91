"""Calibration mode over the cable: a person drops what the laptop asks for."""

import math

import pytest
from jimpitan_box import calibration
from jimpitan_box.learning import Learning
from jimpitan_gateway.cli import app
from jimpitan_simulator.body import Body
from jimpitan_simulator.physics.cash import COINS, NOTES
from jimpitan_simulator.usb import STEP_US, UsbBox
from jimpitan_wire import cose, records
from typer.testing import CliRunner
from usb_desk import BOX, KEY, plugged_in

pytestmark = pytest.mark.integration
DROP_EVERY_US = 7_000_000
HASTE = 200
SETTLE_US = 10_000_000  # a note is through the throat, and its step weighed, in far less


class Person(UsbBox):
    """A box on a desk, and somebody who drops what calibration mode waits for."""

    def __init__(self, *, coins=None):
        self.coins = coins  # rupiah of the coins that are dropped at all
        self.dropped = 0
        self.next_us = 3_000_000
        super().__init__(body=Body(5))

    def step(self, received):
        out = super().step(received)
        senses = self._commands.senses
        learning = senses.calibrator if senses is not None else None
        if isinstance(learning, Learning) and self.now_us >= self.next_us:
            self.next_us = self.now_us + DROP_EVERY_US
            self.drop_what_is_asked(learning)
        return out

    def drop_what_is_asked(self, learning):
        thing = None
        if learning.coin_row is not None:
            amount, diameter_um, _ = learning.coin_row
            fits = [
                coin
                for coin in COINS
                if coin.amount_idr == amount and abs(coin.diameter_mm * 1000 - diameter_um) < 300
            ]
            if fits and (self.coins is None or amount in self.coins):
                thing = fits[0]
        elif learning.note_idr:
            thing = next(note for note in NOTES if note.amount_idr == learning.note_idr)
        if thing is not None:
            self.dropped += 1
            self.body.drop(thing, self.now_us)


def learn(desk, *words):
    with plugged_in(desk, haste=HASTE) as cable:
        return CliRunner().invoke(app, ["box", "learn", "--port", cable.path, *words])


def let_it_settle(desk):
    """Let the person go and the box judge what still falls: the command may end at any drop."""
    desk.next_us = math.inf
    for _ in range(SETTLE_US // STEP_US):
        desk.step(b"")
    assert not desk.box.senses.slot.is_busy


def kinds_kept(journal):
    """Return the kind of every kept record, page by page."""
    kinds = []
    while True:
        page, lost_to = journal.read(
            len(kinds) + 1, records.RECORDS_PER_MESSAGE_MAX, records.MESSAGE_LENGTH_MAX
        )
        assert not lost_to
        if not page:
            assert len(kinds) == journal.last_seq
            return kinds
        kinds += [records.parse(cose.payload_of(envelope))[records.KIND] for envelope in page]


def test_a_board_without_identity_is_calibrated_and_keeps_it(tmp_path):
    desk, file = Person(), tmp_path / "calibration"
    said = learn(
        desk, "--coins", "200,1000", "--notes", "1000", "--drops", "5", "--file", str(file)
    )
    assert said.exit_code == 0, said.output
    assert "it keeps that for good" in said.output
    found = calibration.read(file.read_bytes())
    assert found is not None
    assert found.is_measured
    assert found.content() != calibration.Calibration().content()
    desk._boot()
    assert desk._commands.senses.calibration.content() == file.read_bytes()


def test_a_kind_that_nobody_drops_is_passed_over():
    desk = Person(coins={200})
    said = learn(desk, "--coins", "200,1000", "--notes", "", "--drops", "5", "--patience", "1")
    assert said.exit_code == 0, said.output
    assert "0 of 5 came; going on" in said.output


def test_without_any_coin_nothing_is_changed():
    desk = Person(coins=set())
    before = desk._commands.senses.calibration.content()
    said = learn(desk, "--coins", "1000", "--notes", "", "--drops", "5", "--patience", "1")
    assert said.exit_code == 1
    assert "nothing was changed" in said.output
    assert desk._commands.senses.calibration.content() == before
    assert desk._commands.senses.calibrator is None
    refused = learn(Person(), "--coins", "7", "--notes", "1000")
    assert "coins of at least one kind" in refused.output


def test_what_is_dropped_into_a_box_in_service_is_recorded_like_any_gift():
    desk = Person()
    desk.provision(BOX, epoch=1, key=KEY)
    said = learn(desk, "--coins", "1000", "--notes", "", "--drops", "5")
    assert said.exit_code == 0, said.output
    let_it_settle(desk)
    assert desk.dropped >= 5
    assert kinds_kept(desk.box.keeper.journal).count(records.DEPOSIT) == desk.dropped
