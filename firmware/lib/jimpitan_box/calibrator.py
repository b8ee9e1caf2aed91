"""Calibration mode: known coins and notes are dropped, and the box learns what they look like.

Loaded for calibration only, so that a working box does not carry it.
"""

from jimpitan_box.likelihood import root

MYPY = False
if MYPY:
    from jimpitan_box.calibration import Calibration

SAMPLES_MAX = 64
DEVIATION_UM_MIN, DEVIATION_MG_MIN, DEVIATION_TINT_MIN = 150, 20, 15


class Samples:
    """Mean and deviation of whole numbers, at most 64 of them."""

    def __init__(self) -> None:
        self.values: "list[int]" = []

    def add(self, value: int) -> None:
        """Take one more; beyond the bound the oldest goes."""
        self.values = self.values[1 - SAMPLES_MAX :] + [value]

    def mean(self) -> int:
        """Return the median: a misread drop must not bend the table."""
        ordered = sorted(self.values)
        return ordered[len(ordered) // 2]

    def deviation(self, value_min: int) -> int:
        """Return the standard deviation of all but the farthest tenth, `value_min` at least."""
        middle = self.mean()
        ordered = sorted([abs(value - middle) for value in self.values])
        kept = ordered[: len(ordered) - len(ordered) // 10]
        square = sum([value * value for value in kept]) // len(kept)
        # Without its farthest tenth a bell has 0.79 of its deviation.
        return max(value_min, root(square) * 126 // 100)


class Calibrator:
    """Collects what was seen of known drops."""

    def __init__(self, calibration: "Calibration") -> None:
        self._calibration = calibration
        self.coin_row: "tuple[int, ...] | None" = None  # what is being dropped now
        self.note_idr = 0
        self._diameters: "dict[tuple[int, ...], Samples]" = {}
        self._masses: "dict[tuple[int, ...], Samples]" = {}
        self._tints: "dict[int, list[Samples]]" = {}
        self._measured = self._nominal = 1
        self._wide = self._true = 1

    def expect_coin(self, coin: "tuple[int, ...]") -> None:
        """Say that what is dropped from now on is this coin, a row of the table."""
        self.coin_row, self.note_idr = coin, 0

    def expect_note(self, amount_idr: int) -> None:
        """Say that what is dropped from now on is this note."""
        self.coin_row, self.note_idr = None, amount_idr

    def take(
        self, diameter_um: "int | None", mass_mg: "int | None", tint: "tuple[int, ...] | None"
    ) -> None:
        """Take what was seen of one drop."""
        coin = self.coin_row
        if coin is not None:
            if diameter_um is not None:
                self._diameters.setdefault(coin, Samples()).add(diameter_um)
            if mass_mg is not None:
                self._masses.setdefault(coin, Samples()).add(mass_mg)
        elif tint is not None:
            unseen = [Samples(), Samples(), Samples()]
            samples = self._tints.setdefault(self.note_idr, unseen)
            for index in range(3):
                samples[index].add(tint[index])

    def finish(self) -> "Calibration":
        """Return the calibration with what was measured in it."""
        found = self._calibration
        # The beams are as far apart as makes the coins as wide as they are.
        if self._diameters:
            self._wide = max(1, sum([one.mean() for one in self._diameters.values()]))
            self._true = sum([coin[1] for coin in self._diameters])
            found.spacing_um = found.spacing_um * self._true // self._wide
        # The sensitivity of a cell is known to a few per cent only; the coins tell it better.
        if self._masses:
            self._measured = max(1, sum([one.mean() for one in self._masses.values()]))
            self._nominal = sum([coin[2] for coin in self._masses])
            found.counts_per_kg = found.counts_per_kg * self._measured // self._nominal
        found.coins = [self._measured_coin(coin) for coin in found.coins]
        found.notes = [self._measured_note(note) for note in found.notes]
        diameters = [one.deviation(DEVIATION_UM_MIN) for one in self._diameters.values()]
        masses = [one.deviation(DEVIATION_MG_MIN) for one in self._masses.values()]
        if diameters:
            found.diameter_um_deviation = sum(diameters) // len(diameters)
        if masses:
            found.step_mg_deviation = sum(masses) // len(masses)
        found.is_measured = True
        return found

    def _measured_coin(self, coin: "tuple[int, ...]") -> "tuple[int, ...]":
        amount_idr, diameter_um, mass_mg = coin
        if coin in self._diameters:
            diameter_um = self._diameters[coin].mean() * self._true // self._wide
        if coin in self._masses:
            mass_mg = self._masses[coin].mean() * self._nominal // self._measured
        return amount_idr, diameter_um, mass_mg

    def _measured_note(self, note: "tuple[int, ...]") -> "tuple[int, ...]":
        samples = self._tints.get(note[0])
        if samples is None:
            return note
        means = [one.mean() for one in samples]
        deviations = [one.deviation(DEVIATION_TINT_MIN) for one in samples]
        return tuple([note[0]] + means + deviations)
