"""The commands about discrepancies: list, show, resolve."""

import json
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.case import CaseState
from jimpitan_server.domain.case_action import Resolve
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.domain.resolution import ResolutionCode
from jimpitan_server.entrypoints.cli_desk import AsJson, with_program
from jimpitan_server.entrypoints.format import format_rupiah
from jimpitan_server.entrypoints.http import case_answers
from jimpitan_server.entrypoints.http.pages import clock_time
from jimpitan_server.services.ports_cases import (
    CaseFilter,
    CasePage,
    CaseView,
    Order,
    StateFilter,
)

Number = Annotated[int, typer.Argument(min=1, max=2**53, help="Number of the discrepancy.")]

discrepancy_app = typer.Typer(no_args_is_help=True, help="What needs a person.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about discrepancies."""
    app.add_typer(discrepancy_app, name="discrepancy")


@discrepancy_app.command("list")
def discrepancy_list(
    *,
    state: Annotated[StateFilter, typer.Option(help="How they stand.")] = StateFilter.UNRESOLVED,
    severity: Annotated[Severity | None, typer.Option(help="How severe they are now.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind.")] = None,
    box: Annotated[str | None, typer.Option(help="Only of this box.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    order: Annotated[Order, typer.Option(help="What comes first.")] = Order.DUE,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List discrepancies; without options what still needs a person, the first due first."""
    wanted = CaseFilter(
        states=state.states, severity=severity, kind=kind, box=box, overdue=overdue
    )

    async def read(program: Program) -> tuple[CasePage, str]:
        page = await program.cases.page(wanted, order=order, limit=limit)
        return page, program.settings.timezone

    page, zone = with_program(read)
    if as_json:
        typer.echo(json.dumps(case_answers.of_page(page) | {"count": page.count}))
        return
    table = Table("number", "severity", "kind", "box", "at stake", "due", "state", "owner")
    for one in page.cases:
        table.add_row(*_cells(one, zone))
    Console().print(table)
    typer.echo(f"{len(page.cases)} of {page.count}")


def _cells(one: CaseView, zone: str) -> list[str]:
    return [
        str(one.number),
        one.severity.value,
        one.kind,
        one.box or "–",
        "–" if one.at_stake is None else format_rupiah(one.at_stake),
        clock_time(one.due_at, zone) + (" !" if one.is_overdue else ""),
        one.state.value,
        one.owner_name or "–",
    ]


@discrepancy_app.command("show")
def discrepancy_show(number: Number, as_json: AsJson = False) -> None:
    """Show one discrepancy with everything that was done about it."""
    history = with_program(lambda program: program.cases.history(number))
    answer = case_answers.of_history(history)
    if as_json:
        typer.echo(json.dumps(answer))
        return
    for name, value in case_answers.of_view(history.view).items():
        if value is not None:
            typer.echo(f"{name}: {value}")
    for event in history.events:
        who = history.name_by_id.get(event.actor, event.actor)
        said = ", ".join(f"{name}={value}" for name, value in event.detail.items())
        typer.echo(f"{event.at.isoformat()} {who} {event.kind.value}: {said}")


class By(StrEnum):
    """Of what figures are told."""

    BOX = "box"
    HOST = "host"


@discrepancy_app.command("statistics")
def discrepancy_statistics(
    *,
    by: Annotated[By, typer.Option(help="Of each box, or of each institution.")] = By.BOX,
    as_json: AsJson = False,
) -> None:
    """Show figures over cases, in the order of names; never a ranking."""

    async def read(program: Program) -> dict[str, object]:
        if by is By.HOST:
            hosts = await program.cases.figures_by_host()
            return case_answers.of_hosts(hosts, after="", limit=STATISTICS_MAX)
        found = await program.cases.figures()
        return case_answers.of_all_figures(found, after="", limit=STATISTICS_MAX)

    answer = with_program(read)
    if as_json:
        typer.echo(json.dumps(answer))
        return
    table = Table(by.value, "open", "waiting", "closed", "false alarms", "days to close")
    for one in answer["hosts" if by is By.HOST else "boxes"]:  # type: ignore[attr-defined]
        figures = one.get("figures", one)
        if one.get("too_few"):
            table.add_row(one[by.value], "too few counts to say")
        else:
            table.add_row(one[by.value], *(_said(figures[name]) for name in FIGURES_SHOWN))
    Console().print(table)


FIGURES_SHOWN = ("open", "waiting", "closed", "false_alarms", "days_to_close_median")
STATISTICS_MAX = 5_000


def _said(figure: object) -> str:
    return "–" if figure is None else str(figure)


@discrepancy_app.command("resolve")
def discrepancy_resolve(
    number: Number,
    *,
    code: Annotated[ResolutionCode, typer.Option(help="How it ended.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")],
    by: Annotated[str, typer.Option(help="Login name of the treasurer or admin who says so.")],
    as_json: AsJson = False,
) -> None:
    """Say how a discrepancy ended; above the limit another person must approve on the page."""

    async def resolve(program: Program) -> dict[str, object]:
        person = await program.cases.person(by)
        action = Resolve(code=code, reason=reason)
        return case_answers.of_acted(await program.cases.act(number, action, by=person))

    answer = with_program(resolve)
    if as_json:
        typer.echo(json.dumps(answer))
    elif answer["state"] == CaseState.WAITING.value:
        typer.echo(f"Discrepancy {number} waits for the approval of a second person.")
    else:
        typer.echo(f"Discrepancy {number} is resolved.")
