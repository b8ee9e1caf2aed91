"""Rupiah coins and notes as things: size, mass and colour, with source and how sure it is.

No figure was found on a page of Bank Indonesia and none was measured for this project, so
`verified` is False everywhere until somebody weighs them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coin:
    """One coin; lengths in mm, mass in g."""

    amount_idr: int
    emission: int
    mass_g: float
    diameter_mm: float
    thick_mm: float
    share: float  # of the coins that are given, EST
    is_magnetic: bool
    source: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """One note; all are 65 mm high. Colours are shares of the clear channel, of 255."""

    amount_idr: int
    length_mm: dict[int, float]  # by emission
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    share: float  # of the notes that are given, EST
    source: str
    verified: bool = False


HEIGHT_MM = 65.0
_WIKI = "Indonesian Wikipedia, Uang koin rupiah"
_PRESS = "press, coins in circulation, 2020-06-23"
_GONE = "press, withdrawn on 2023-12-01 (PBI 14/2023), exchanged until 2033"
COINS = (
    Coin(50, 1999, 1.36, 20.0, 2.0, 0.005, False, _WIKI),
    Coin(100, 2016, 1.79, 23.0, 2.0, 0.12, False, _WIKI),
    Coin(200, 2003, 2.38, 25.0, 2.3, 0.12, False, _WIKI),
    Coin(500, 2003, 3.10, 27.0, 2.5, 0.12, False, _PRESS),
    Coin(500, 2016, 3.10, 27.2, 2.35, 0.22, False, "English Wikipedia, 500-rupiah coin"),
    Coin(1000, 2016, 4.50, 24.15, 1.60, 0.40, True, _PRESS),
    Coin(500, 1991, 5.29, 24.0, 1.80, 0.004, False, _GONE),
    Coin(500, 1997, 5.34, 24.0, 1.83, 0.004, False, _GONE),
    Coin(1000, 1993, 8.60, 26.0, 2.40, 0.007, False, _GONE),
)
_NOTE = "press on both emissions; colours: ranges of one public TCS34725 sketch"
NOTES = (
    Note(1000, {2022: 121, 2016: 141}, (80, 100, 60), (90, 110, 70), 0.35, _NOTE),
    Note(2000, {2022: 126, 2016: 141}, (60, 90, 70), (75, 100, 90), 0.25, _NOTE),
    Note(5000, {2022: 131, 2016: 143}, (90, 100, 78), (95, 105, 85), 0.16, _NOTE),
    Note(10000, {2022: 136, 2016: 145}, (90, 95, 99), (95, 105, 105), 0.11, _NOTE),
    Note(20000, {2022: 141, 2016: 147}, (69, 105, 85), (75, 110, 90), 0.06, _NOTE),
    Note(50000, {2022: 146, 2016: 149}, (55, 93, 90), (70, 102, 102), 0.04, _NOTE),
    Note(100000, {2022: 151, 2016: 151}, (100, 66, 62), (114, 82, 78), 0.03, _NOTE),
)
