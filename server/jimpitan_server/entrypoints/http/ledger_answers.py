"""The ledger as doors and commands tell it."""

from collections.abc import Iterable, Mapping

from jimpitan_server.adapters.ledger_desk import LedgerView
from jimpitan_server.domain.custody import Place
from jimpitan_server.domain.ledger import Entry
from jimpitan_server.domain.rupiah import Rupiah, total
from jimpitan_server.services.ports_ledger import Closing, SealRow


def of_balances(balances: Mapping[Place, Rupiah]) -> dict[str, object]:
    """Return what lies where; `rest_idr` is the sum over all places, which is always 0."""
    return {
        "places": {str(place): amount.amount for place, amount in balances.items()},
        "rest_idr": total(balances.values()).amount,
    }


def of_seals(rows: Iterable[SealRow]) -> list[dict[str, object]]:
    """Return seals, the latest first."""
    return [
        {"day": row.seal.day.isoformat(), "size": row.seal.size, "root": row.seal.root.hex()}
        for row in rows
    ]


def of_closing(closing: Closing) -> dict[str, object]:
    """Return one closing."""
    return {
        "until": closing.until.isoformat(),
        "actor": closing.actor,
        "note": closing.note,
        "discrepancies_open": closing.discrepancies_open,
        "into_fund_idr": {one: amount.amount for one, amount in closing.into_fund.items()},
        "recorded_at": closing.recorded_at.isoformat(),
    }


def of_entry(entry: Entry) -> dict[str, object]:
    """Return one entry."""
    return {
        "number": entry.number,
        "day": entry.day.isoformat(),
        "book_on": entry.book_on.isoformat(),
        "posted_at": entry.posted_at.isoformat(),
        "key": entry.key,
        "source": str(entry.source),
        "target": str(entry.target),
        "amount_idr": entry.amount.amount,
        "why": entry.why.value,
        "reverses": entry.reverses,
        "actor": entry.actor,
    }


def of_view(view: LedgerView) -> dict[str, object]:
    """Return balances, entries, closings and seals."""
    return of_balances(view.balances) | {
        "entries": [of_entry(entry) for entry in view.entries],
        "closings": [of_closing(closing) for closing in view.closings],
        "seals": of_seals(view.seals),
        "not_yet_sealed": view.open_count,
    }


def notice(programme: str, rows: Iterable[SealRow]) -> str:
    """Return the weekly notice of seals, to be copied wherever many keep it."""
    lines = [row.seal.notice_line for row in reversed(list(rows))]
    return "\n".join(
        [
            f"{programme}: segel buku kas. Simpan pesan ini; siapa pun dapat membuktikan dengannya"
            " bahwa buku tidak diubah kemudian.",
            *lines,
            "",
        ]
    )
