"""The form for what a box should be set to: as people write it, and as boxes take it.

An option that is left at its default is not named, so that a box of older firmware is not asked
for what it does not know.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jimpitan_server.adapters.wire_options import OPTION_TABLE
from jimpitan_server.domain.configuration import Configuration, OptionBounds

CLOCK = re.compile(r"([01]\d|2[0-3])[:.]([0-5]\d)")
CLOCK_OPTIONS = {"quiet_from_min", "quiet_to_min"}
ZONE_NAMES = {420: "WIB", 480: "WITA", 540: "WIT"}
ZONE_MINUTES = {name: minutes for minutes, name in ZONE_NAMES.items()}
YES = "ya"


@dataclass(frozen=True, slots=True)
class Fault:
    """A sentence of the templates, and what is filled in."""

    sentence: str
    parts: Mapping[str, object] = field(default_factory=dict)


def fields_shown(wished: Configuration | None) -> dict[str, str]:
    """Return what the form shows: what is wished, or the default."""
    options: Mapping[str, int] = {} if wished is None else wished.options
    return {one.name: _shown(one, options.get(one.name, one.default)) for one in OPTION_TABLE}


def _shown(option: OptionBounds, value: int) -> str:
    if option.name in CLOCK_OPTIONS:
        return f"{value // 60:02}:{value % 60:02}"
    if option.name == "zone_min":
        return ZONE_NAMES.get(value, str(value))
    if option.name == "alarm_silent":
        return YES if value else ""
    return str(value)


def read_form(form: Mapping[str, str]) -> tuple[dict[str, int], list[Fault]]:
    """Return the options that differ from their default, and what is wrong with the form."""
    options: dict[str, int] = {}
    faults: list[Fault] = []
    for option in OPTION_TABLE:
        value = _read(option, form.get(option.name, ""))
        if value is None or not option.value_min <= value <= option.value_max:
            faults.append(_fault(option))
        elif value != option.default:
            options[option.name] = value
    return options, faults


def _read(option: OptionBounds, text: str) -> int | None:
    if option.name == "alarm_silent":
        return int(text == YES)
    if option.name in CLOCK_OPTIONS:
        match = CLOCK.fullmatch(text)
        return None if match is None else int(match[1]) * 60 + int(match[2])
    if option.name == "zone_min" and text in ZONE_MINUTES:
        return ZONE_MINUTES[text]
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _fault(option: OptionBounds) -> Fault:
    if option.name in CLOCK_OPTIONS:
        return Fault("Jam tenang ditulis JJ:MM, misalnya 21:00.")
    parts = {"name": option.name, "least": option.value_min, "most": option.value_max}
    return Fault("%(name)s harus angka dari %(least)s sampai %(most)s.", parts)
