"""Rupiah are whole and exact, and become so only from texts whose style is declared."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.money_errors import MoneyMalformed
from jimpitan_server.domain.rupiah import RUPIAH_MAX, NumberStyle, Rupiah, parse_rupiah, total

AMOUNTS = st.integers(-(10**12), 10**12)


@given(AMOUNTS, AMOUNTS)
def test_sums_are_those_of_whole_numbers(one: int, other: int) -> None:
    assert (Rupiah(one) + Rupiah(other)).amount == one + other
    assert Rupiah(one) + Rupiah(other) - Rupiah(other) == Rupiah(one)
    assert total([Rupiah(one), Rupiah(other)]) == Rupiah(one + other)
    assert (Rupiah(one) < Rupiah(other)) == (one < other)


@given(AMOUNTS, st.integers(1, 200))
def test_even_parts_sum_exactly_and_differ_by_at_most_one(amount: int, parts: int) -> None:
    shares = Rupiah(amount).split_evenly(parts)
    assert len(shares) == parts
    assert total(shares) == Rupiah(amount)
    assert max(shares) - min(shares) <= Rupiah(1)


@pytest.mark.parametrize("wrong", [1.0, True, "1", None])
def test_only_whole_numbers_become_rupiah(wrong: object) -> None:
    with pytest.raises(TypeError):
        Rupiah(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [1, 1.5, True])
def test_rupiah_add_only_to_rupiah(wrong: object) -> None:
    with pytest.raises(TypeError):
        Rupiah(1) + wrong  # type: ignore[operator]
    with pytest.raises(TypeError):
        Rupiah(1) - wrong  # type: ignore[operator]


@pytest.mark.parametrize("wrong", [1.5, True, Rupiah(2)])
def test_rupiah_are_multiplied_by_whole_numbers_only(wrong: object) -> None:
    with pytest.raises(TypeError):
        Rupiah(2) * wrong  # type: ignore[operator]
    assert 3 * Rupiah(2) == Rupiah(2) * 3 == Rupiah(6)


def test_more_than_a_phone_can_show_is_refused() -> None:
    with pytest.raises(OverflowError):
        Rupiah(RUPIAH_MAX) + Rupiah(1)


def test_money_is_split_into_at_least_one_part() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        Rupiah(5).split_evenly(0)


def test_sign_and_emptiness_can_be_asked() -> None:
    assert -Rupiah(5) == Rupiah(-5)
    assert abs(Rupiah(-5)) == Rupiah(5)
    assert Rupiah(5)
    assert not Rupiah(0)


@pytest.mark.parametrize(
    ("text", "style", "amount"),
    [
        ("1.000,00", NumberStyle.INDONESIAN, 1_000),
        ("1.234.567,0", NumberStyle.INDONESIAN, 1_234_567),
        ("10.000", NumberStyle.INDONESIAN, 10_000),
        ("10000", NumberStyle.INDONESIAN, 10_000),
        ("-2.500", NumberStyle.INDONESIAN, -2_500),
        ("Rp 1.000", NumberStyle.INDONESIAN, 1_000),
        ("Rp.1.000,00", NumberStyle.INDONESIAN, 1_000),
        ("1,000.00", NumberStyle.ENGLISH, 1_000),
        ("25000.00", NumberStyle.PLAIN, 25_000),
        ("10000.0", NumberStyle.PLAIN, 10_000),
        ("10000", NumberStyle.PLAIN, 10_000),
        ("IDR 2085.00", NumberStyle.PLAIN, 2_085),
        (" 7 ", NumberStyle.PLAIN, 7),
    ],
)
def test_texts_of_banks_become_money(text: str, style: NumberStyle, amount: int) -> None:
    assert parse_rupiah(text, style) == Rupiah(amount)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("1.000,50", NumberStyle.INDONESIAN),
        ("1.000.00", NumberStyle.INDONESIAN),
        ("1000.00", NumberStyle.INDONESIAN),
        ("1,000,00", NumberStyle.ENGLISH),
        ("1000,00", NumberStyle.ENGLISH),
        ("10.000", NumberStyle.PLAIN),
        ("1,000", NumberStyle.PLAIN),
        ("1e3", NumberStyle.PLAIN),
        ("NaN", NumberStyle.PLAIN),
        ("Infinity", NumberStyle.PLAIN),
        ("", NumberStyle.PLAIN),
        ("-", NumberStyle.PLAIN),
        ("١٠٠٠", NumberStyle.PLAIN),
        ("0.01", NumberStyle.PLAIN),
        ("USD 5", NumberStyle.PLAIN),
        ("9" * 17, NumberStyle.PLAIN),
        ("1" * 41, NumberStyle.PLAIN),
    ],
)
def test_what_is_no_whole_money_in_the_declared_style_is_refused(
    text: str, style: NumberStyle
) -> None:
    with pytest.raises(MoneyMalformed):
        parse_rupiah(text, style)


@given(st.integers(0, 10**12), st.sampled_from(NumberStyle))
def test_every_amount_survives_being_written_in_every_style(
    amount: int, style: NumberStyle
) -> None:
    english = f"{amount:,}.00"
    texts = {
        NumberStyle.ENGLISH: english,
        NumberStyle.INDONESIAN: english.translate(str.maketrans(",.", ".,")),
        NumberStyle.PLAIN: f"{amount}.00",
    }
    assert parse_rupiah(texts[style], style) == Rupiah(amount)


@given(st.text(max_size=50), st.sampled_from(NumberStyle))
def test_any_text_is_money_or_refused(text: str, style: NumberStyle) -> None:
    with contextlib.suppress(MoneyMalformed):
        parse_rupiah(text, style)
