"""Says an amount in Indonesian words, as receipts do: a figure can be mended with one stroke."""

from jimpitan_server.domain.rupiah import Rupiah

_ONES = (
    *("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"),
    *("sepuluh", "sebelas"),
)
_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"))


def spoken(amount: Rupiah) -> str:
    """Return an amount of nothing or more in words: `dua puluh ribu lima ratus rupiah`."""
    if amount < Rupiah(0):
        raise ValueError("what is spoken was received, so it is not below nothing")
    return f"{_words(amount.amount)} rupiah"


def spoken_number(value: int) -> str:
    """Return a whole number of nothing or more in words: `dua puluh`."""
    if value < 0:
        raise ValueError("what is spoken was counted, so it is not below nothing")
    return _words(value)


def _words(value: int) -> str:
    if value < 100:
        return _below_hundred(value)
    if value < 1_000:
        return _joined(value, 100, "ratus")
    if value < 10**6:
        return _joined(value, 1_000, "ribu")
    unit, name = next((unit, name) for unit, name in _SCALES if value >= unit)
    more, rest = divmod(value, unit)
    return f"{_words(more)} {name}" + (f" {_words(rest)}" if rest else "")


def _below_hundred(value: int) -> str:
    if value < 12:
        return _ONES[value]
    if value < 20:
        return f"{_ONES[value - 10]} belas"
    tens, rest = divmod(value, 10)
    return f"{_ONES[tens]} puluh" + (f" {_ONES[rest]}" if rest else "")


def _joined(value: int, unit: int, name: str) -> str:
    """Return hundreds or thousands, of which one is said by the syllable `se`."""
    more, rest = divmod(value, unit)
    first = f"se{name}" if more == 1 else f"{_words(more)} {name}"
    return first + (f" {_words(rest)}" if rest else "")
