"""The command line: `python -m jimpitan_hardware` builds and checks everything."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from jimpitan_hardware import (
    bill,
    bill_steps,
    board_steps,
    enclosure_steps,
    label_steps,
    labels,
    step_file,
    wiring_steps,
)
from jimpitan_hardware.sizes import Sizes, UnfitSizes
from jimpitan_hardware.workshop import Workshop

HARDWARE = Path(__file__).resolve().parent.parent
FOLDER = HARDWARE / "build"
PICTURES = HARDWARE / "pictures"
# What a build makes anew; what an office made beside it stays.
MADE = ("bill-of-materials", "enclosure", "label", "pictures", "wiring")
Step = tuple[str, Callable[[Workshop], None]]
STEPS: tuple[Step, ...] = (
    ("the assembly", enclosure_steps.check_assembly),
    ("the way of the cash", enclosure_steps.check_passage),
    ("sheets", enclosure_steps.draw_sheets),
    ("the model", enclosure_steps.model),
    ("pictures", enclosure_steps.pictures),
    ("wiring", wiring_steps.wire),
    ("labels", label_steps.label),
    ("bill and fixture", bill_steps.list_parts),
    ("guide", bill_steps.paint_guide),
)
STEP_MODEL: Step = ("STEP", enclosure_steps.step_model)
console = Console(highlight=False)
app = typer.Typer(add_completion=False)


def build(work: Workshop, steps: tuple[Step, ...] = STEPS) -> None:
    """Run every step with a progress bar."""
    columns = (TextColumn("{task.description:24}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(steps))
        for name, step in steps:
            progress.update(task, description=name)
            step(work)
            progress.advance(task)
        progress.update(task, description="done")


def tell(work: Workshop) -> None:
    """Print what was checked, what is wrong and what was skipped."""
    for checked in work.checked:
        console.print(f"{'ok   ' if not checked.faults else 'WRONG'} {checked.what}", markup=False)
        for fault in checked.faults:
            console.print(f"      {fault}", markup=False)
    for sentence in work.skipped:
        console.print(f"skip  {sentence}", markup=False)
    files = sum(1 for file in work.folder.rglob("*") if file.is_file())
    wrong = len(work.faults)
    end = f"{wrong} faults" if wrong else "all is well"
    console.print(f"{files} files in {work.folder}; {len(work.checked)} checks, {end}.")


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    thickness: Annotated[float, typer.Option(help="measured thickness of the sheet, mm")] = 4.0,
    kerf: Annotated[float, typer.Option(help="width of the laser's cut, mm")] = 0.20,
    clearance: Annotated[float, typer.Option(help="room between finger and gap, mm")] = 0.10,
    folder: Annotated[Path, typer.Option(help="where the files go")] = FOLDER,
    keep_pictures: Annotated[
        bool, typer.Option("--keep-pictures", help="also put the pictures into hardware/pictures")
    ] = False,
    step: Annotated[
        bool, typer.Option("--step", help="also write box.step, with build123d")
    ] = False,
) -> None:
    """Build and check everything; exit code 1 when a check fails."""
    if context.invoked_subcommand is not None:
        return
    try:
        sizes = replace(Sizes(), thickness_mm=thickness, kerf_mm=kerf, clearance_mm=clearance)
    except UnfitSizes as unfit:
        console.print(f"No box can be built so: {unfit}", markup=False)
        raise typer.Exit(2) from None
    if step and not step_file.is_possible():
        console.print(step_file.HOW, markup=False, soft_wrap=True)
        raise typer.Exit(2)
    for made in MADE:
        shutil.rmtree(folder / made, ignore_errors=True)
    work = Workshop(sizes, folder)
    build(work, (*STEPS, STEP_MODEL) if step else STEPS)
    tell(work)
    if work.faults:
        raise typer.Exit(1)
    if keep_pictures:
        _keep_pictures(folder)


def _keep_pictures(folder: Path) -> None:
    PICTURES.mkdir(exist_ok=True)
    for picture in sorted((folder / "pictures").iterdir()):
        shutil.copyfile(picture, PICTURES / picture.name)


@app.command("labels")
def make_labels(
    texts: Annotated[Path, typer.Option(help="your sentences, as label/texts.json")],
    containers: Annotated[
        Path, typer.Option(help="your boxes and cans: code, tier, site, artwork")
    ],
    into: Annotated[Path, typer.Option(help="where the PDFs go")] = FOLDER / "office",
) -> None:
    """Make the labels of an office from its own texts and list."""
    work = Workshop(Sizes(), into)
    try:
        label_steps.make(work, labels.load_texts(texts), labels.load_containers(containers))
    except labels.UnfitLabel as unfit:
        console.print(f"No label can be made: {unfit}", markup=False)
        raise typer.Exit(2) from None
    tell(work)
    if work.faults:
        raise typer.Exit(1)


@app.command("boxes")
def count_boxes(
    sites: Annotated[Path | None, typer.Option(help="your sites: site, places, tier")] = None,
    number: Annotated[
        int | None,
        typer.Option(
            min=1, max=bill.PLACES_MAX, help="so many boxes and no spare, without a list"
        ),
    ] = None,
    into: Annotated[Path, typer.Option(help="where the shopping list goes")] = FOLDER / "office",
) -> None:
    """Tell how many boxes and cans a list of sites needs, and what to buy for them."""
    work = Workshop(Sizes(), into)
    if (sites is None) == (number is None):
        console.print("Give a list of sites or a number of boxes: --sites or --number.")
        raise typer.Exit(2)
    try:
        if number is not None:
            file = work.write("bill-of-materials/shopping.csv", bill.shopping(bill.load(), number))
            console.print(f"{file}: for {number} boxes.", markup=False)
        elif sites is not None:
            console.print(bill_steps.plan(work, bill.load_sites(sites)), markup=False)
    except bill.UnfitBill as unfit:
        console.print(f"The list cannot be used: {unfit}", markup=False)
        raise typer.Exit(2) from None


@app.command("board")
def make_board(
    folder: Annotated[Path, typer.Option(help="where the files go")] = FOLDER,
    keep_pictures: Annotated[
        bool, typer.Option("--keep-pictures", help="also put the picture into hardware/pictures")
    ] = False,
) -> None:
    """Lay the carrier board, and let KiCad 6 check and plot it where it is installed."""
    work = Workshop(Sizes(), folder)
    build(work, (("the carrier board", board_steps.lay),))
    tell(work)
    if work.faults:
        raise typer.Exit(1)
    if keep_pictures:
        _keep_pictures(folder)
