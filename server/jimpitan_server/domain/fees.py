"""Fees that an acquirer keeps though donations are free of them (Bank Indonesia, MDR 0 %)."""

from collections.abc import Iterable

from jimpitan_server.domain.rupiah import Rupiah

# Merchant discount rates of QRIS in hundredths of a percent: micro 0.3 %, public service 0.4 %,
# education 0.6 %, all others 0.7 % (PADG BI 2023-2024; donations and places of worship 0 %).
RATES_BP = (30, 40, 60, 70)
_WHOLE_BP = 10_000


def fee_at(amount: Rupiah, rate_bp: int) -> tuple[int, int]:
    """Return a fee cut to whole rupiah and rounded to the nearest: banks do either."""
    exact = amount.amount * rate_bp
    return exact // _WHOLE_BP, (exact + _WHOLE_BP // 2) // _WHOLE_BP


def rate_of(amounts: Iterable[Rupiah], gap: Rupiah) -> int | None:
    """Return the rate at which `gap` is the fee on these amounts, or None.

    The fee may be taken from each payment or from their sum.
    """
    taken = list(amounts)
    whole = Rupiah(sum(one.amount for one in taken))
    for rate_bp in RATES_BP:
        each = [fee_at(one, rate_bp) for one in taken]
        ways = {
            *fee_at(whole, rate_bp),
            sum(cut for cut, _ in each),
            sum(near for _, near in each),
        }
        if gap.amount > 0 and gap.amount in ways:
            return rate_bp
    return None
