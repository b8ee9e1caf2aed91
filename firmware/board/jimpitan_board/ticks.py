"""The wrapping ticks of the chip as plain numbers; the stubs hide that they are."""

import time


def ticks_us() -> int:
    """Return the microsecond tick, which starts again every 2**30."""
    return time.ticks_us()  # pyright: ignore[reportReturnType]


def ticks_ms() -> int:
    """Return the millisecond tick, which starts again every 2**30."""
    return time.ticks_ms()  # pyright: ignore[reportReturnType]


def passed(later: int, earlier: int) -> int:
    """Return later - earlier on a wrapping tick of either unit."""
    return ((later - earlier + 0x2000_0000) & 0x3FFF_FFFF) - 0x2000_0000
