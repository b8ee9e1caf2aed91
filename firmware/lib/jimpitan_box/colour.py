"""Which note it may be, from light thrown back by it: likelihoods, and how odd the colour is.

Colour names notes badly: published boxes were right in 35 to 92 of 100 cases. So the spread of
what this box has seen lately widens every table, and what fits none of it is unknown.
"""

from jimpitan_box import likelihood

MYPY = False
if MYPY:
    from jimpitan_box.calibration import Calibration

    Tint = tuple[int, int, int]

CLEAR_MIN = 200  # counts; below it the light does not come from a note
READINGS_MAX = 16
SHARE = 2550  # what a tint would be if all light had one colour: 255 in tenths
TINT_WIDTH = 900  # of all tints that paper can have
# A note's own deviation around the mean of its kind: print, wear and where the light falls.
NOTE_DEVIATION = 20
SPREAD_MAX = 6000
MEMORY = 24
UNKNOWN_PRIOR = -3500  # 3 notes in 100 are of a kind or in a state that no table knows


class Colour:
    """Collects readings while a note passes, and weighs them against the table."""

    def __init__(self, calibration: "Calibration") -> None:
        self._calibration = calibration
        self._readings: "list[Tint]" = []
        self._square = 1000  # mean square distance of late notes to the nearest kind, in 1/1000

    def feed(self, clear: int, red: int, green: int, blue: int) -> None:
        """Take one reading in counts, the light around already taken off."""
        if clear < CLEAR_MIN or len(self._readings) == READINGS_MAX:
            return
        self._readings.append(
            (SHARE * red // clear, SHARE * green // clear, SHARE * blue // clear)
        )

    def take(self) -> "Tint | None":
        """Return the middle of the readings since the last call, None when there were none."""
        readings, self._readings = self._readings, []
        if not readings:
            return None
        middle = len(readings) // 2
        tint = [sorted([one[index] for one in readings])[middle] for index in range(3)]
        return tint[0], tint[1], tint[2]

    @property
    def spread(self) -> int:
        """Return how much wider than the table colours lie here, in thousandths."""
        found = likelihood.root(max(1000, self._square) * 1000)
        return min(found, SPREAD_MAX)

    def kinds(self, tint: "Tint") -> "list[tuple[int, int]]":
        """Return (rupiah, log density) of each kind of note, and last (0, that of any other)."""
        spread = self.spread
        found = []
        for note in self._calibration.notes:
            logs = 0
            for index in range(3):
                deviation = max(note[4 + index], NOTE_DEVIATION) * spread // 1000
                logs += likelihood.bell(tint[index], note[1 + index], deviation)
            found.append((note[0], logs))
        found.append((0, UNKNOWN_PRIOR + 3 * likelihood.flat(TINT_WIDTH)))
        return found

    def learn(self, tint: "Tint") -> None:
        """Remember how far a note lay from the nearest kind; many far ones widen the table."""
        nearest = None
        for note in self._calibration.notes:
            square = 0
            for index in range(3):
                far = (tint[index] - note[1 + index]) * 1000
                far //= max(note[4 + index], NOTE_DEVIATION)
                square += far * far // 3000
            if nearest is None or square < nearest:
                nearest = square
        if nearest is not None:
            # The nearest of seven is nearer than the right one on the whole: hence the 4/3.
            nearest = min(nearest * 4 // 3, SPREAD_MAX * SPREAD_MAX // 1000)
            self._square += (nearest - self._square) // MEMORY
