"""The options of boxes as the wire knows them, for a domain that does not know the wire."""

from jimpitan_wire.options import OPTIONS

from jimpitan_server.domain.configuration import OptionBounds

OPTION_TABLE = tuple(
    OptionBounds(name, number, value_min, value_max, default)
    for number, (name, value_min, value_max, default) in OPTIONS.items()
)


def option_name(number: int) -> str:
    """Return the name of an option, or its number where this server knows no name."""
    return OPTIONS[number][0] if number in OPTIONS else str(number)
