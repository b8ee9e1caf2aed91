"""The command line of the simulator."""

import asyncio
import json
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from jimpitan_simulator import energy as energy_model
from jimpitan_simulator.check import run_check
from jimpitan_simulator.defects import DEFECTS
from jimpitan_simulator.demo import run_demo
from jimpitan_simulator.physics.parameters import PARAMETERS, UnknownParameter
from jimpitan_simulator.processes import StartFailed
from jimpitan_simulator.sense_figures import lines
from jimpitan_simulator.sense_run import Experiment, run_experiment, settings_of
from jimpitan_simulator.sticker_swaps import lines as sticker_lines
from jimpitan_simulator.system import Wish
from jimpitan_simulator.usb import Cable, UsbBox
from jimpitan_simulator.year.report import print_report

app = typer.Typer(help="A town that gives, on this machine.", no_args_is_help=True)


@app.callback()
def simulator() -> None:
    """A town that gives, on this machine."""


@app.command()
def demo(
    boxes: Annotated[int, typer.Option(min=1, max=2000, help="How many boxes stand there.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="What everything is drawn from.")] = 1,
    seconds: Annotated[float, typer.Option(min=0, help="How long; 0 until Ctrl-C.")] = 0,
    port: Annotated[int, typer.Option(help="Port of the pages; 0 takes a free one.")] = 0,
    broker: Annotated[str, typer.Option(help="mosquitto, amqtt or auto.")] = "auto",
    database_url: Annotated[str, typer.Option(help="Another database than a new SQLite.")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Break everything, then compare with the truth.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Where --check writes its report.")] = None,
    defect: Annotated[str, typer.Option(help="Plant a defect that --check must find.")] = "",
) -> None:
    """Run the whole system with a simulated town; with --check, under faults.

    Exit codes of --check: 0 all is as it must be, 1 something is wrong, 2 it could not run,
    3 a kind of fault had no effect.
    """
    if defect and (defect not in DEFECTS or not check):
        typer.echo(f"--defect goes with --check and is one of: {', '.join(DEFECTS)}", err=True)
        raise typer.Exit(2)
    if broker not in {"auto", "mosquitto", "amqtt"}:
        typer.echo("--broker is mosquitto, amqtt or auto.", err=True)
        raise typer.Exit(2)
    wish = Wish(
        boxes=boxes,
        seed=seed,
        broker=broker,
        database_url=database_url,
        defect=defect,
        port=port,
        is_watched=check,
    )
    try:
        if check:
            raise typer.Exit(_check(wish, seconds or 60.0, report))
        asyncio.run(run_demo(wish, seconds, _say))
    except StartFailed as error:
        typer.echo(f"The demo could not start: {error}", err=True)
        raise typer.Exit(2) from error


@app.command()
def days(
    boxes: Annotated[int, typer.Option(min=1, max=50, help="How many boxes stand there.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="What everything is drawn from.")] = 1,
    days: Annotated[float, typer.Option(min=0.05, max=400, help="How many days pass.")] = 2,
) -> None:
    """Run a town on a virtual clock: days of records, power cuts and outages in seconds.

    Prints the report as JSON; exit code 0 when nothing is lost, 1 when something is wrong.
    """
    order = json.dumps({"boxes": boxes, "seed": seed, "days": days})
    done = subprocess.run(
        [sys.executable, "-m", "jimpitan_simulator.whole.virtual_days"],
        input=order.encode(),
        check=False,
    )
    raise typer.Exit(done.returncode)


@app.command()
def rollout(
    boxes: Annotated[int, typer.Option(min=4, max=50, help="How many boxes stand there.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="What everything is drawn from.")] = 1,
) -> None:
    """Roll out good and bad firmware in a town on a virtual clock, one box being away.

    Prints the report as JSON; exit code 0 when every box ended as it should, 1 when not.
    """
    done = subprocess.run(
        [sys.executable, "-m", "jimpitan_simulator.whole.virtual_rollout"],
        input=json.dumps({"boxes": boxes, "seed": seed}).encode(),
        check=False,
    )
    raise typer.Exit(done.returncode)


@app.command()
def sticker(
    boxes: Annotated[int, typer.Option(min=3, max=10_000, help="How many boxes.")] = 300,
    weeks: Annotated[int, typer.Option(min=20, max=520, help="How many weeks pass.")] = 104,
    seed: Annotated[int, typer.Option(min=0, help="What everything is drawn from.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program to read.")] = False,
) -> None:
    """Measure how soon a thief's sticker is noticed by the fall of a box's QRIS payments."""
    order = {"boxes": boxes, "seed": seed, "weeks": weeks}
    done = subprocess.run(
        [sys.executable, "-m", "jimpitan_simulator.whole.sticker_watch"],
        input=json.dumps(order).encode(),
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise typer.Exit(done.returncode)
    report = json.loads(done.stdout)
    for line in [json.dumps(report)] if as_json else sticker_lines(report):
        _say(line)


@app.command()
def year(
    seed: Annotated[int, typer.Option(min=0, help="What everything is drawn from.")] = 1,
    boxes: Annotated[int, typer.Option(min=12, max=2000, help="Boxes and cans.")] = 200,
    weeks: Annotated[int, typer.Option(min=4, max=104, help="How many weeks pass.")] = 52,
    folder: Annotated[
        Path | None, typer.Option(help="Where its database is, for a while.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program to read.")] = False,
) -> None:
    """Let a town give, collect, err and steal for a year, and compare the books with the truth.

    Exit code 0 when every promise is kept, 1 when one is broken; the report says which.
    """
    order: dict[str, object] = {"boxes": boxes, "seed": seed, "weeks": weeks}
    if folder is not None:
        order["folder"] = str(folder)
    done = subprocess.run(
        [sys.executable, "-m", "jimpitan_simulator.whole.year"],
        input=json.dumps(order).encode(),
        stdout=subprocess.PIPE,
        check=False,
    )
    if not done.stdout:
        raise typer.Exit(2)
    report = json.loads(done.stdout)
    if as_json:
        _say(json.dumps(report))
    else:
        print_report(report)
    raise typer.Exit(1 if report["wrong"] else 0)


@app.command("usb-box")
def usb_box(
    box: Annotated[str, typer.Option(help="Id of a box that has one already.")] = "",
    deposits: Annotated[int, typer.Option(min=0, max=1000, help="Coins it has taken.")] = 3,
    link: Annotated[Path | None, typer.Option(help="Give the port this name as well.")] = None,
    seconds: Annotated[float, typer.Option(min=0, help="How long; 0 until Ctrl-C.")] = 0,
) -> None:
    """Put a box behind a pseudo-terminal and print its path, for `jimpitan-gateway box`.

    Without --box it is empty, as it comes from flashing. A box made here has a key that nobody
    else knows; a box that a server shall know is provisioned through the port.
    """
    desk = UsbBox()
    if box:
        desk.provision(box, epoch=1, key=secrets.token_bytes(32))
        for _ in range(deposits):
            desk.drop_coin()
    cable = Cable(desk)
    if link is not None:
        link.unlink(missing_ok=True)
        link.symlink_to(cable.path)
    _say(str(link or cable.path))
    try:
        cable.run(seconds)
    finally:
        cable.pull()
        if link is not None:
            link.unlink(missing_ok=True)


@app.command()
def sense(
    seed: Annotated[int, typer.Option(min=0, help="What everything is drawn from.")] = 1,
    drops: Annotated[int, typer.Option(min=1, max=1_000_000, help="Coins and notes.")] = 2_000,
    profile: Annotated[str, typer.Option(help="bench, field, worn or sun.")] = "bench",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="path=value or path=low..high.")
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="JSON file of path to value, taken before --set.")
    ] = None,
    trials: Annotated[int, typer.Option(min=0, help="Trials of each kind of theft.")] = 20,
    months: Annotated[int, typer.Option(min=0, help="Quiet box-months in an office.")] = 2,
    shifted: Annotated[
        bool, typer.Option(help="Print all again with every parameter 20 % up or down.")
    ] = True,
    parameters: Annotated[
        bool, typer.Option("--parameters", help="List all parameters and end.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program to read.")] = False,
) -> None:
    """Drop known cash into simulated boxes and count how often the firmware is right."""
    if parameters:
        for one in PARAMETERS:
            _say(f"{one.path:24} {one.low:g}..{one.high:g} {one.unit}  {one.source}")
        return
    try:
        settings = (settings_of(scenario) if scenario else ()) + tuple(set_ or ())
        plans = [
            Experiment(drops, seed, profile, settings, trials, months, is_shifted)
            for is_shifted in ((False, True) if shifted else (False,))
        ]
        reports = [run_experiment(plan, lambda line: typer.echo(line, err=True)) for plan in plans]
    except (UnknownParameter, OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if as_json:
        whole = reports[0] | ({"shifted_report": reports[1]} if shifted else {})
        _say(json.dumps(whole, indent=2))
    else:
        for report in reports:
            for line in lines(report):
                _say(line)


@app.command()
def energy(
    deposits: Annotated[float, typer.Option(min=0, max=10_000, help="Deposits a day.")] = 20,
    awake: Annotated[float, typer.Option(min=0, max=3_600, help="Seconds awake after each.")] = 25,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program to read.")] = False,
) -> None:
    """Tell how long a battery lasts in each profile, with every current and its source."""
    if as_json:
        _say(json.dumps(energy_model.as_json(deposits, awake)))
        return
    for line in energy_model.lines(deposits, awake):
        _say(line)


def _check(wish: Wish, seconds: float, report: Path | None) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    outcome = asyncio.run(run_check(wish, seconds, _say))
    if report is not None:
        report.write_text(json.dumps(outcome.report, indent=2) + "\n", encoding="utf-8")
    for name, value in outcome.report.items():
        _say(f"{name}: {json.dumps(value)}")
    return outcome.exit_code


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
