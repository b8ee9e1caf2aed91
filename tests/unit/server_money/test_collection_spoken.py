"""Amounts in Indonesian words, as they stand on receipts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.spoken import spoken

ONES = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "nol rupiah"),
        (11, "sebelas rupiah"),
        (18, "delapan belas rupiah"),
        (100, "seratus rupiah"),
        (1_000, "seribu rupiah"),
        (1_100, "seribu seratus rupiah"),
        (20_500, "dua puluh ribu lima ratus rupiah"),
        (101_001, "seratus satu ribu satu rupiah"),
        (1_000_000, "satu juta rupiah"),
        (2_001_017_110, "dua miliar satu juta tujuh belas ribu seratus sepuluh rupiah"),
        (10**12, "satu triliun rupiah"),
    ],
)
def test_amounts_are_said_as_people_say_them(amount: int, words: str) -> None:
    assert spoken(Rupiah(amount)) == words


def heard(words: list[str]) -> int:
    """Return the number that words say: another way round than the one that says them."""
    value = part = 0
    for word in words:
        scales = {"ribu": 1_000, "juta": 10**6, "miliar": 10**9, "triliun": 10**12}
        if word in scales:
            value, part = value + part * scales[word], 0
        elif word == "seribu":
            value += 1_000
        elif word in ("puluh", "ratus"):
            times = 10 if word == "puluh" else 100
            last = part % 10
            part += last * (times - 1)
        elif word == "belas":
            part += 10
        else:
            part += {"sepuluh": 10, "sebelas": 11, "seratus": 100}.get(word) or ONES.index(word)
    return value + part


@given(st.integers(0, 10**15 - 1))
def test_what_is_said_is_heard_as_the_same_amount(amount: int) -> None:
    words = spoken(Rupiah(amount)).removesuffix(" rupiah").split(" ")
    assert heard(words) == amount


def test_nothing_below_nothing_is_said() -> None:
    with pytest.raises(ValueError, match="below nothing"):
        spoken(Rupiah(-1))
