"""Calibration mode at the bench: a person drops what the laptop asks for, the box learns it.

Loaded when a bench asks for it, and forgotten with the next restart. A deposit dropped meanwhile
in a box that has an identity is recorded as any other: nobody hides money in calibration mode.
"""

from jimpitan_box import calibration
from jimpitan_box.calibrator import Calibrator
from jimpitan_box.console import Refused

MYPY = False
if MYPY:
    from jimpitan_box.ports import Store
    from jimpitan_box.senses import Senses

DROPS_MIN = 5  # of one kind of coin, before anything is believed


class Learning(Calibrator):
    """A calibrator that counts what it was given."""

    def __init__(self, found: calibration.Calibration) -> None:
        Calibrator.__init__(self, found)
        self.tables = [[list(coin) for coin in found.coins], [note[0] for note in found.notes]]
        self.drops = 0  # of the present kind
        self.unclear = 0  # that said nothing of what is to be learnt
        self.last: "list[int | None]" = [None, None]  # diameter in um, mass in mg
        self._best = 0

    def expect(self, found: calibration.Calibration, form: object, which: object) -> None:
        """Begin with another kind: a row of the coins, or the rupiah of a note."""
        self.drops = self.unclear = 0
        if form == "coin" and isinstance(which, int) and 0 <= which < len(found.coins):
            self.expect_coin(found.coins[which])
        elif form == "note" and which in [note[0] for note in found.notes]:
            self.expect_note(int(str(which)))
        else:
            raise Refused("malformed", "this box has no such coin or note in its table")

    def take(
        self, diameter_um: "int | None", mass_mg: "int | None", tint: "tuple[int, ...] | None"
    ) -> None:
        """Take what was seen of one drop, and count it."""
        Calibrator.take(self, diameter_um, mass_mg, tint)
        self.last = [diameter_um, mass_mg]
        is_coin = self.coin_row is not None
        if (is_coin and diameter_um is not None and mass_mg is not None) or (
            not is_coin and self.note_idr and tint is not None
        ):
            self.drops += 1
            self._best = max(self._best, self.drops if is_coin else 0)
        else:
            self.unclear += 1

    @property
    def is_enough(self) -> bool:
        """Return whether some coin was dropped often enough to set the scale by."""
        return self._best >= DROPS_MIN


class Lesson:
    """The word `learn` of the console, on the senses of one box."""

    def __init__(self, store: "Store", senses: "Senses") -> None:
        self._store = store
        self._senses = senses

    def run(self, arguments: "list[object]") -> object:
        """Begin, name a kind, tell how far it is, finish, or stop."""
        word = arguments[0] if arguments else ""
        if word == "begin":
            return self._begin()
        learning = self._senses.calibrator
        if not isinstance(learning, Learning):
            raise Refused("not_learning", "this box is not in calibration mode; begin again")
        self._senses.learn(learning)  # somebody is there: the time begins anew
        if word in {"coin", "note"} and len(arguments) == 2:
            learning.expect(self._senses.calibration, word, arguments[1])
        elif word == "finish":
            return self._finish(learning)
        elif word == "stop":
            self._senses.learn(None)
        elif word != "state":
            raise Refused("malformed", "calibration mode does not know that word")
        return [learning.drops, learning.unclear, learning.last[0], learning.last[1]]

    def _begin(self) -> object:
        copied = calibration.parse(self._senses.calibration.content())
        learning = Learning(copied)
        self._senses.learn(learning)
        return learning.tables

    def _finish(self, learning: Learning) -> object:
        if not learning.is_enough:
            raise Refused("too_little", "no coin was dropped five times; nothing was changed")
        content = learning.finish().content()
        found = calibration.read(content)
        if found is None:
            raise Refused("not_plausible", "what was dropped makes no calibration; begin again")
        self._store.replace(calibration.NAME, content)
        self._senses.learn(None)
        self._senses.calibrate(found)
        return [content]
