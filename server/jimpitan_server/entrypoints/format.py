"""How money is written for people; the phone writes it the same (rupiah-vectors.json)."""

from jimpitan_server.domain.rupiah import Rupiah

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"


def format_rupiah(amount: Rupiah) -> str:
    """Return an amount as it is written in Indonesia: `Rp 1.250.000`, with a no-break space."""
    sign = MINUS if amount < Rupiah(0) else ""
    digits = f"{abs(amount).amount:,}".replace(",", ".")
    return f"{sign}Rp{NO_BREAK_SPACE}{digits}"
