"""Finds the header of a statement: which profile fits a file, and which cells mean what."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from jimpitan_server.domain.statement_profile import Names, StatementProfile
from jimpitan_server.domain.statement_sheet import Cell, FaultKind, Row, Sheet, Unreadable, text_of

# Banks put the name of the account, its number and the period above the table.
HEADER_WITHIN_ROWS = 30


@dataclass(frozen=True, slots=True)
class Layout:
    """A header found in a sheet: which cells mean what."""

    profile: StatementProfile
    sheet: Sheet
    header: Row
    indexes: Mapping[str, tuple[int, ...]]

    def column(self, meaning: str) -> str:
        """Return how the file itself heads the column, for the person who looks for it."""
        return text_of(self.header[1][self.indexes[meaning][0]])

    @property
    def places(self) -> frozenset[int]:
        """The columns that the profile reads."""
        return frozenset(at for places in self.indexes.values() for at in places)


def find_layout(sheets: Iterable[Sheet], profiles: Sequence[StatementProfile]) -> Layout:
    """Return the one layout that fits, or raise `Unreadable` naming what is lacking or open.

    A profile that reads more columns of a file is preferred to one that reads a part of them:
    the shorter export of the same bank has no column that the longer one lacks.
    """
    heads = [(sheet, _head(sheet)) for sheet in sheets]
    fitting = [found for profile in profiles if (found := _first_of(profile, heads)) is not None]
    fullest = [one for one in fitting if not any(one.places < other.places for other in fitting)]
    if len(fullest) == 1:
        return fullest[0]
    if fullest:
        names = ", ".join(sorted(one.profile.name for one in fullest))
        raise Unreadable(
            f"several layouts fit: {names}; say which one it is",
            kind=FaultKind.SEVERAL,
            line_number=fullest[0].header[0],
            column="header",
        )
    raise _lacking(profiles, heads)


def _head(sheet: Sheet) -> list[Row]:
    """Return the first rows; what breaks below them is told when it is read."""
    rows: list[Row] = []
    with suppress(Unreadable):
        rows.extend(islice(sheet.rows(), HEADER_WITHIN_ROWS))
    return rows


def _first_of(
    profile: StatementProfile, heads: Iterable[tuple[Sheet, list[Row]]]
) -> Layout | None:
    for sheet, rows in heads:
        for row in rows:
            indexes = _indexes(row[1], profile)
            if all(indexes.values()):
                return Layout(profile, sheet, row, indexes)
    return None


def _indexes(cells: Sequence[Cell], profile: StatementProfile) -> dict[str, tuple[int, ...]]:
    names = [_plain(text_of(cell)) for cell in cells]
    return {meaning: _places(names, wanted) for meaning, wanted in profile.columns.items()}


def _places(names: list[str], wanted: Names) -> tuple[int, ...]:
    plain = {_plain(name) for name in wanted}
    return tuple(at for at, name in enumerate(names) if name in plain)


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _lacking(
    profiles: Sequence[StatementProfile], heads: list[tuple[Sheet, list[Row]]]
) -> Unreadable:
    """Say what the best line lacks of the one wished profile, or which profiles there are."""
    if len(profiles) != 1:
        known = ", ".join(sorted(profile.name for profile in profiles))
        return Unreadable(
            f"no header line of a known layout ({known})", kind=FaultKind.HEADER, column="header"
        )
    (profile,) = profiles
    best, place, lacking = 0, 1, list(profile.columns)
    for _, rows in heads:
        for row in rows:
            indexes = _indexes(row[1], profile)
            found = sum(bool(places) for places in indexes.values())
            if found > best:
                best, place = found, row[0]
                lacking = [meaning for meaning, places in indexes.items() if not places]
    names = ", ".join(profile.columns[meaning][0] for meaning in lacking)
    sentence = f"no header line for {profile.name}: no {names}"
    return Unreadable(sentence, kind=FaultKind.HEADER, line_number=place, column="header")
