"""Prints the report of a year for people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

_TABLES = {
    "detection_by_stolen_idr": "One count's own case, by the rupiah that are missing from it",
    "detection_of_skimmers_by_weeks": "Boxes that a skimmer empties, noticed within weeks",
    "hidden_note": "One Rp 100.000 note of about forty gifts kept back: who would have seen it?",
}
_SUMS = "_idr"


def print_report(report: Mapping[str, Any], console: Console | None = None) -> None:
    """Print figures, tables, and what is wrong, to a terminal or any other console."""
    out = console or Console()
    figures = Table(title=f"A year of money, seed {report['seed']}", show_header=False)
    for name, value in report.items():
        if isinstance(value, int | float) or value is None:
            figures.add_row(name, _cell(name, value))
    out.print(figures)
    for name, title in _TABLES.items():
        out.print(_rows(title, report[name]))
    thefts = [{"theft": hand, **row} for hand, row in report["detection_of_thefts"].items()]
    out.print(_rows("Thefts", thefts))
    kinds = [
        {
            "discrepancy": kind,
            "raised": number,
            "without a cause": report["false_alarms_by_kind"].get(kind, 0),
        }
        for kind, number in report["discrepancies_by_kind"].items()
    ]
    out.print(_rows("Discrepancies", kinds))
    for sentence in report["wrong"]:
        out.print(f"WRONG: {sentence}", markup=False)
    out.print("Every promise is kept." if not report["wrong"] else "", markup=False)


def _rows(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title)
    for name in rows[0] if rows else ():
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*(_cell(name, value) for name, value in row.items()))
    return table


def _cell(name: str, value: object) -> str:
    if value is None:
        return "-"
    if name.endswith(_SUMS) and isinstance(value, int | float):
        return f"Rp {value:,.0f}".replace(",", ".")
    return f"{value:.4g}" if isinstance(value, float) else str(value)
