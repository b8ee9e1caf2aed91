"""What the server may configure in a box: options as small numbers, with bounds and defaults.

A configuration is whole: an option that is not named has its default. A number, once in the
field, keeps its meaning for ever.
"""

(
    HEARTBEAT_S,
    QUIET_FROM_MIN,
    QUIET_TO_MIN,
    ZONE_MIN,
    ALARM_SILENT,
    CONFIDENT_PERMILLE,
    TYPICAL_IDR,
    REPORT_S,
) = range(1, 9)

# Option: (name, smallest, largest, default). Seconds, minutes of the local day, minutes before
# UTC (WIB 420, WITA 480, WIT 540), yes or no, per mille, rupiah (0: no gift is the usual one).
OPTIONS = {
    HEARTBEAT_S: ("heartbeat_s", 30, 21_600, 300),
    QUIET_FROM_MIN: ("quiet_from_min", 0, 1_439, 1_260),
    QUIET_TO_MIN: ("quiet_to_min", 0, 1_439, 360),
    ZONE_MIN: ("zone_min", 0, 840, 420),
    ALARM_SILENT: ("alarm_silent", 0, 1, 0),
    CONFIDENT_PERMILLE: ("confident_permille", 500, 999, 900),
    TYPICAL_IDR: ("typical_idr", 0, 100_000, 0),
    REPORT_S: ("report_s", 60, 21_600, 900),
}


def refused(options: "dict[int, object]") -> "list[int]":
    """Return the options that are unknown or out of bounds, in rising order."""
    return [option for option in sorted(options) if not is_allowed(option, options[option])]


def is_allowed(option: int, value: object) -> bool:
    """Return whether an option exists and may have this value."""
    if option not in OPTIONS or value is True or value is False or not isinstance(value, int):
        return False
    _, value_min, value_max, _ = OPTIONS[option]
    return value_min <= value <= value_max
