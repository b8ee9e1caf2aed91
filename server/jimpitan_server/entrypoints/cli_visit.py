"""The commands about plain cans, places and planned visits."""

import json
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.visit_plan import JUMAT_MANIS, Rhythm, VisitPlan
from jimpitan_server.entrypoints.cli_desk import AsJson, with_program
from jimpitan_server.services.containers import NewPlan

can_app = typer.Typer(no_args_is_help=True, help="Plain cans, without sensors.")
place_app = typer.Typer(no_args_is_help=True, help="Where containers stand.")
plan_app = typer.Typer(no_args_is_help=True, help="Planned visits.")


class Weekday(StrEnum):
    """The days of the week, as they are typed."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about cans, places and visits."""
    app.add_typer(can_app, name="can")
    app.add_typer(place_app, name="place")
    app.add_typer(plan_app, name="plan")


def _tell(found: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        typer.echo("  ".join(f"{name}={value}" for name, value in one.items()))


@can_app.command("add")
def can_add(
    box: Annotated[str, typer.Argument(help="The id on its sticker.")],
    site: Annotated[str, typer.Option(help="Where it stands.")] = "",
    host: Annotated[str, typer.Option(help="The institution that answers for it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a plain can known; its dossier begins at the count."""
    with_program(lambda program: program.visits.add_can(box, site=site, host=host, actor="cli"))
    answer = json.dumps({"box": box, "tier": "can", "site": site, "host": host})
    typer.echo(answer if as_json else f"{box} is a plain can.")


@can_app.command("list")
def can_list(as_json: AsJson = False) -> None:
    """List containers of both tiers, and where they stand."""
    found = with_program(lambda program: program.visits.containers())
    told: list[dict[str, object]] = [
        {"box": one.box, "tier": one.tier.value, "site": one.site, "host": one.host}
        for one in found
    ]
    _tell(told, as_json=as_json)


@place_app.command("set")
def place_set(
    box: Annotated[str, typer.Argument(help="Id of the box or can.")],
    site: Annotated[str, typer.Argument(help="Where it stands.")],
    host: Annotated[str, typer.Option(help="The institution that answers for it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say where a container stands from now on."""
    with_program(lambda program: program.visits.place(box, site=site, host=host, actor="cli"))
    answer = json.dumps({"box": box, "site": site, "host": host})
    typer.echo(answer if as_json else f"{box} stands at {site}.")


@plan_app.command("add")
def plan_add(
    box: Annotated[str, typer.Argument(help="Id of the box or can.")],
    *,
    rhythm: Annotated[Rhythm, typer.Option(help="How visits follow each other.")],
    weekday: Annotated[Weekday, typer.Option(help="For weekly and monthly.")] = Weekday.FRIDAY,
    nth: Annotated[int, typer.Option(help="For monthly: which one in the month.")] = 1,
    anchor: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="For every_35_days; else each Jumat Manis."),
    ] = None,
    start: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; today.")
    ] = None,
    tolerance_days: Annotated[int, typer.Option(help="Days before and after.")] = 2,
    collector: Annotated[str, typer.Option(help="Login of the collector; else anybody.")] = "",
    stop: Annotated[int, typer.Option(help="Place on the day's route.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Plan visits of a box or can."""

    async def add(program: Program) -> VisitPlan:
        plan = VisitPlan(
            plan_id="",
            box=BoxId(box),
            rhythm=rhythm,
            weekday=list(Weekday).index(weekday),
            nth=nth,
            anchor=anchor.date() if anchor else JUMAT_MANIS,
            starts_on=start.date() if start else program.visits.today,
            tolerance_days=tolerance_days,
            stop=stop,
        )
        return await program.visits.plan(NewPlan(plan, collector or None), actor="cli")

    made = with_program(add)
    answer = json.dumps({"plan_id": made.plan_id, "box": box, "rhythm": rhythm.value})
    typer.echo(answer if as_json else f"Plan {made.plan_id}: {box} is visited {rhythm.value}.")


@plan_app.command("list")
def plan_list(as_json: AsJson = False) -> None:
    """List the plans that go on."""
    plans, names = with_program(lambda program: program.visits.plans())
    told: list[dict[str, object]] = [
        {
            "plan_id": one.plan_id,
            "box": one.box,
            "rhythm": one.rhythm.value,
            "starts_on": one.starts_on.isoformat(),
            "tolerance_days": one.tolerance_days,
            "collector": names.get(one.collector or "", ""),
            "stop": one.stop,
        }
        for one in plans
    ]
    _tell(told, as_json=as_json)


@plan_app.command("days")
def plan_days(
    ahead: Annotated[int, typer.Option(min=0, max=366, help="How many days ahead.")] = 35,
    as_json: AsJson = False,
) -> None:
    """List planned visits, those of the past too, with what became of them."""
    found = with_program(lambda program: program.visits.planned(ahead=timedelta(days=ahead)))
    told: list[dict[str, object]] = [
        {"day": one.day.isoformat(), "box": one.plan.box, "state": one.state.value}
        for one in found
    ]
    _tell(told, as_json=as_json)


@plan_app.command("end")
def plan_end(
    plan: Annotated[str, typer.Argument(help="Id of the plan.")], as_json: AsJson = False
) -> None:
    """Let a plan have no more days from today."""
    with_program(lambda program: program.visits.end_plan(plan, actor="cli"))
    typer.echo(json.dumps({"plan_id": plan}) if as_json else f"Plan {plan} has ended.")
