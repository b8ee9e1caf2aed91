"""What one box knows of itself and of cash: read at start.

The nominal sizes and masses are those that Bank Indonesia's coins are reported to have; nobody
has weighed them for this project, so every box should be calibrated where it stands.
"""

from jimpitan_wire import cbor
from jimpitan_wire.errors import WireError

NAME = "calibration"
CONTENT_LENGTH_MAX = 1024

# (rupiah, diameter in um, mass in mg). Sources: press on the coins in circulation (2020), on
# those withdrawn on 1 December 2023 (PBI 14/2023), which will still be given for years.
COINS = (
    (50, 20000, 1360),
    (100, 23000, 1790),
    (200, 25000, 2380),
    (500, 27200, 3100),
    (1000, 24150, 4500),
    (500, 24000, 5300),
    (1000, 26000, 8600),
)
# (rupiah, red, green, blue, their deviations): shares of the clear channel, 2550 is all of it.
# One public sketch's ranges for a TCS34725, as middle and a quarter of the width.
NOTES = (
    (1000, 850, 1050, 650, 60, 60, 60),
    (2000, 675, 950, 800, 60, 60, 70),
    (5000, 925, 1025, 815, 50, 50, 50),
    (10000, 925, 1000, 1020, 50, 60, 50),
    (20000, 720, 1075, 875, 50, 50, 50),
    (50000, 625, 975, 960, 60, 50, 60),
    (100000, 1070, 740, 700, 80, 80, 80),
)


class Calibration:
    """The numbers of one box; every one has a nominal value until it was measured."""

    def __init__(self) -> None:
        self.counts_per_kg = 429500  # HX711, gain 128, cell of 5 kg and 1 mV/V (datasheet)
        self.spacing_um = 30000  # between the beams, the enclosure's reference
        self.diameter_um_deviation = 350
        self.step_mg_deviation = 60
        self.coins: "list[tuple[int, ...]]" = list(COINS)
        self.notes: "list[tuple[int, ...]]" = list(NOTES)
        self.is_measured = False

    def content(self) -> bytes:
        """Return the file that keeps these numbers."""
        return cbor.encode(
            {
                1: self.counts_per_kg,
                2: self.spacing_um,
                3: self.diameter_um_deviation,
                4: self.step_mg_deviation,
                5: [list(coin) for coin in self.coins],
                6: [list(note) for note in self.notes],
            }
        )


def parse(content: bytes) -> Calibration:
    """Return the calibration of a file; raise `WireError` when it is none."""
    if len(content) > CONTENT_LENGTH_MAX:
        raise WireError("a calibration has at most 1024 bytes")
    fields = cbor.decode(content)
    if not isinstance(fields, dict):
        raise WireError("a calibration is a map")
    found = Calibration()
    found.counts_per_kg = _whole(fields.get(1), 1000, 100000000)
    found.spacing_um = _whole(fields.get(2), 15000, 60000)
    found.diameter_um_deviation = _whole(fields.get(3), 1, 10000)
    found.step_mg_deviation = _whole(fields.get(4), 1, 10000)
    found.coins = _rows(fields.get(5), 3, 1)
    found.notes = _rows(fields.get(6), 7, 0)
    found.is_measured = True
    return found


def read(content: bytes) -> "Calibration | None":
    """Return the calibration of a file, None when it is none."""
    try:
        return parse(content)
    except WireError:
        return None


def _rows(value: object, width: int, value_min: int) -> "list[tuple[int, ...]]":
    if not isinstance(value, list) or not 1 <= len(value) <= 16:
        raise WireError("a table of a calibration has 1 to 16 rows")
    rows = []
    for row in value:
        if not isinstance(row, list) or len(row) != width:
            raise WireError("a row of a calibration has a wrong length")
        rows.append(tuple([_whole(one, value_min, 1000000) for one in row]))
    return rows


def _whole(value: object, value_min: int, value_max: int) -> int:
    if value is True or value is False or not isinstance(value, int):
        raise WireError("a calibration holds whole numbers")
    if value < value_min or value > value_max:
        raise WireError("a number of a calibration is out of bounds")
    return value
