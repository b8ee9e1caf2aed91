"""The bill of materials: what to buy for one box and for a list of sites, and whether it is whole.

Prices are estimates with a month, in whole rupiah; nobody has bought from this list yet.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jimpitan_hardware import wiring
from jimpitan_hardware.modules import Module
from jimpitan_hardware.sheets import Sheet
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid
from jimpitan_hardware.wiring import Harness

FOLDER = Path(__file__).resolve().parent.parent / "bill-of-materials"
SOURCE = FOLDER / "parts.csv"
SITES = FOLDER / "sites.csv"
OPTIONS = ("core", "plus")
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
SPARE_PERCENT = 5  # boxes that lie ready when one is repaired
SITES_MAX = 5000
PLACES_MAX = 1000
FEET_MM = 8.0  # rubber feet of the bill
BOLT_HEAD_MM = 2.8  # hexagon head of M4, ISO 4017
NUT_LEAST_MM = 2.0  # of thread for the nut under the floor
MODULE_SCREWS = {  # and their holes
    "module screw M3": (3.2,),
    "module screw M2.5": (2.6, 2.7),
    "countersunk screw M3": (2.5,),
    "plate screw M2.5": (2.05,),
}


class UnfitBill(ValueError):
    """A list that cannot be read or reckoned with; the sentence says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the bill, for one box."""

    refs: tuple[str, ...]
    solids: str
    quantity: int
    unit: str
    indonesian: str  # what to ask for in a shop
    name: str
    specification: str
    option: str
    price_idr: int
    priced_on: str
    alternative: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place with so many spots for a box or can."""

    name: str
    places: int
    tier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What a programme needs: in use, and lying ready."""

    boxes: int
    spare_boxes: int
    cans: int
    spare_cans: int


def load(source: Path = SOURCE) -> tuple[Line, ...]:
    """Return the lines of the bill; raise `UnfitBill`."""
    found = []
    for number, row in enumerate(_rows(source), start=2):
        where = f"{source.name}, line {number}"
        option, month = row["option"], row["priced_on"]
        if option not in OPTIONS:
            raise UnfitBill(f"{where}: option is core or plus, not {option!r}.")
        if not MONTH.fullmatch(month):
            raise UnfitBill(f"{where}: priced_on is a month such as 2025-12.")
        found.append(
            Line(
                refs=tuple(row["refs"].split()),
                solids=row["solids"],
                quantity=_whole(where, "quantity", row["quantity"], 10_000),
                unit=row["unit"],
                indonesian=_told(where, row["indonesian"]),
                name=row["name"],
                specification=row["specification"],
                option=option,
                price_idr=_whole(where, "price_idr", row["price_idr"], 100_000_000),
                priced_on=month,
                alternative=row["alternative"],
            )
        )
    return tuple(found)


def load_sites(source: Path = SITES) -> tuple[Site, ...]:
    """Return the sites of a CSV: site, places, tier; raise `UnfitBill`."""
    rows = _rows(source)
    if not 0 < len(rows) <= SITES_MAX:
        raise UnfitBill(f"{source.name}: list 1 to {SITES_MAX} sites.")
    found = []
    for number, row in enumerate(rows, start=2):
        where = f"{source.name}, line {number}"
        if row.get("tier") not in ("box", "can"):
            raise UnfitBill(f"{where}: tier is box or can.")
        places = _whole(where, "places", row.get("places") or "", PLACES_MAX)
        found.append(Site(name=row.get("site") or "", places=places, tier=row["tier"]))
    return tuple(found)


def _rows(source: Path) -> list[dict[str, str]]:
    try:
        return list(csv.DictReader(io.StringIO(source.read_text(encoding="utf-8-sig"))))
    except (OSError, ValueError) as wrong:
        raise UnfitBill(f"{source.name} cannot be read: {wrong}") from None


def _whole(where: str, name: str, text: str, most: int) -> int:
    if not (text.isdecimal() and 0 < int(text) <= most):
        raise UnfitBill(f"{where}: {name} is a whole number from 1 to {most}, not {text!r}.")
    return int(text)


def _told(where: str, words: str) -> str:
    if not words.strip():
        raise UnfitBill(f"{where}: indonesian says what to ask for in a shop.")
    return words


def cost_idr(lines: Sequence[Line], option: str) -> int:
    """Return the estimated price of the core, or of what the plus adds, of one box."""
    return sum(line.quantity * line.price_idr for line in lines if line.option == option)


def needed(sites: Sequence[Site]) -> Needed:
    """Return how many boxes and cans a list of sites needs, with 5 % lying ready, one at least."""
    boxes = sum(site.places for site in sites if site.tier == "box")
    cans = sum(site.places for site in sites if site.tier == "can")
    return Needed(boxes=boxes, spare_boxes=_spare(boxes), cans=cans, spare_cans=_spare(cans))


def _spare(number: int) -> int:
    return max(1, -(-number * SPARE_PERCENT // 100)) if number else 0


def shopping(lines: Sequence[Line], boxes: int) -> str:
    """Return a CSV of what to buy for so many boxes, with their number and estimated sums."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(
        [
            *("boxes", "option", "indonesian", "name", "specification"),
            *("quantity", "unit", "estimate_idr", "priced_on"),
        ]
    )
    for line in lines:
        count = line.quantity * boxes
        writer.writerow(
            [
                boxes,
                line.option,
                line.indonesian,
                line.name,
                line.specification,
                count,
                line.unit,
                count * line.price_idr,
                line.priced_on,
            ]
        )
    return content.getvalue()


def check_shopping(content: str, lines: Sequence[Line], boxes: int) -> list[str]:
    """A shopping list says for how many boxes it is, and buys as much for each."""
    rows = list(csv.DictReader(io.StringIO(content)))
    wanted = {line.name: line.quantity * boxes for line in lines}
    found = {row["name"]: int(row["quantity"]) for row in rows}
    wrong = [
        f"{name}: {found.get(name, 0)} on the list, {number} for {boxes} boxes."
        for name, number in wanted.items()
        if found.get(name) != number
    ]
    if {row["boxes"] for row in rows} != {str(boxes)}:
        wrong.append(f"The list does not say that it is for {boxes} boxes.")
    return wrong


def check_harness(lines: Sequence[Line], harness: Harness) -> list[str]:
    """Everything that is wired is on the bill once, and everything on the bill is wired."""
    wired = {wiring.CONTROLLER: False}
    wired |= {name: one.is_optional for name, one in harness.connectors.items()}
    wired |= {name: one.is_optional for name, one in harness.parts.items()}
    wired |= dict.fromkeys(harness.board, False)
    listed = [(ref, line) for line in lines for ref in line.refs]
    refs = [ref for ref, _ in listed]
    wrong = [f"{ref} is wired but not on the bill." for ref in wired if ref not in refs]
    wrong += [f"{ref} is on the bill but not wired." for ref in refs if ref not in wired]
    wrong += [f"{ref} is on the bill twice." for ref in sorted(set(refs)) if refs.count(ref) > 1]
    for ref, line in listed:
        if ref in wired and (line.option == "plus") != wired[ref]:
            wrong.append(f"{ref} is {line.option} on the bill, but not so in the harness.")
        if ref in harness.board and not _same_value(harness.board[ref][0], line.name):
            wrong.append(f"{ref} is {harness.board[ref][0]} in the harness, {line.name} to buy.")
    return wrong


def _same_value(value: str, name: str) -> bool:
    """Whether a name to buy speaks of a value such as 4k7, 330 or 470u 10V."""
    plain = name.replace(" ", "").lower().removesuffix("ohm")
    wanted = value.replace(" ", "").lower().replace("u10v", "uf10v")
    return plain.endswith((wanted, f"{wanted}f"))


def check_counts(
    lines: Sequence[Line], solids: Sequence[Solid], sheets: Sequence[Sheet]
) -> list[str]:
    """What is counted in the model is bought as often: screws, magnets, sheets, modules."""
    wrong = []
    for line in lines:
        if not line.solids:
            if line.refs and line.unit != "set" and len(line.refs) != line.quantity:
                wrong.append(f"{line.name}: {line.quantity} to buy for {len(line.refs)} places.")
            continue
        if line.solids.startswith("@"):
            found = sum(sheet.material == line.solids[1:] for sheet in sheets)
        else:
            names = tuple(line.solids.split("|"))
            found = sum(solid.name.startswith(names) and not solid.is_cut for solid in solids)
            found = found or sum(solid.name in names for solid in solids)
        if found != line.quantity:
            wrong.append(f"{line.name}: {line.quantity} to buy, {found} in the model.")
    bought = {solid.name for solid in solids if not solid.is_cut}
    listed = tuple(name for line in lines for name in line.solids.split("|") if name)
    unlisted = [name for name in bought if not name.startswith((*listed, *ALONG))]
    return wrong + [f"{name} is in the model but not on the bill." for name in sorted(unlisted)]


def check_fastenings(lines: Sequence[Line], s: Sizes, fitted: Sequence[Module]) -> list[str]:
    """The stop bolts end above the table, and each hole of a module has its screw."""
    wrong = []
    named = {line.name: line for line in lines}
    stop = next((name for name in named if name.startswith("bolt M4 x ")), "bolt M4 x 0")
    length_mm = int(stop.split()[3])
    under_mm = length_mm + BOLT_HEAD_MM - (s.plate_z_mm - s.overload_gap_mm)
    if not NUT_LEAST_MM <= under_mm < FEET_MM:
        wrong.append(
            f"{stop} comes out {under_mm:.1f} mm under the floor; feet are {FEET_MM:.0f}."
        )
    for size, widths in MODULE_SCREWS.items():
        holes = sum(
            len(one.holes) for one in fitted if one.hole_mm in widths and not one.instead_of
        )
        line = next((one for name, one in named.items() if name.startswith(size)), None)
        if (line.quantity if line else 0) != holes:
            wrong.append(f"{size} is not on the bill {holes} times, once for each hole.")
    return wrong


# These come with another part: the hinge's other leaf and knuckle, the lock's cam, sockets with
# the module board, lights with the buzzer, heads and nuts with their screw, parts on a module.
ALONG = (
    "strip leaf",
    "knuckle",
    "cam",
    "socket",
    "light",
    "head of stud",
    "nut of stud",
    "outer nut",
    "top of",
)
