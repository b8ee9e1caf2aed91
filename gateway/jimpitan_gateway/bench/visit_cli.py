"""The commands of `jimpitan-gateway box` for a visit: calibration by hand, a carried answer."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from jimpitan_gateway.bench.answer import read_answer
from jimpitan_gateway.bench.box import Box
from jimpitan_gateway.bench.cli import Json, PortName, box_app, box_at
from jimpitan_gateway.bench.learn import Kind, kinds_of, teach
from jimpitan_gateway.errors import BoxRefused, FileRefused

__all__ = ["box_app"]
COINS_IDR = "100,200,500,1000"
NOTES_IDR = "1000,2000,5000,10000,20000,50000,100000"


@box_app.command("learn")
def learn(
    *,
    port: PortName = "",
    coins: Annotated[str, typer.Option(help="Coins at hand, in rupiah.")] = COINS_IDR,
    notes: Annotated[str, typer.Option(help="Notes at hand, in rupiah.")] = NOTES_IDR,
    drops: Annotated[int, typer.Option(min=5, max=64, help="Drops of each kind.")] = 20,
    patience: Annotated[
        float, typer.Option(min=1, help="Seconds without a drop before a kind is passed over.")
    ] = 60.0,
    file: Annotated[Path | None, typer.Option(help="Also write the calibration here.")] = None,
) -> None:
    """Calibrate the box by dropping known coins and notes, one at a time."""
    with box_at(port) as box:
        asked = kinds_of(box.learn(), _amounts(coins), _amounts(notes))
        try:
            taught = [kind for kind in asked if _teach(box, kind, drops, patience)]
            content = box.learn_finish()
        except BaseException:
            box.learn_stop()
            raise
        if file is not None:
            file.write_bytes(content)
    typer.echo(f"The box works by what it learnt of {len(taught)} kinds; it keeps that for good.")


def _teach(box: Box, kind: Kind, drops: int, patience_s: float) -> bool:
    """Ask for one kind; return whether enough of it came."""
    seen = 0
    with Progress() as progress:
        task = progress.add_task(f"Drop {drops} {kind}, one at a time", total=drops)
        for seen in teach(box, kind, drops=drops, patience_s=patience_s):
            progress.update(task, completed=seen)
    if seen < drops:
        typer.echo(f"{kind}: {seen} of {drops} came; going on.")
    return seen >= drops


def _amounts(text: str) -> set[int]:
    try:
        return {int(one) for one in text.split(",") if one.strip()}
    except ValueError as error:
        raise typer.BadParameter("amounts in rupiah, with commas between") from error


@box_app.command("hear")
def hear(
    file: Annotated[Path, typer.Argument(help="Answer file of `jimpitan-server records import`.")],
    port: PortName = "",
    as_json: Json = False,
) -> None:
    """Give a box without network what the server answered to its records."""
    with box_at(port) as box:
        named, messages = read_answer(file)
        who = box.status().get("box")
        if who != named:
            raise BoxRefused("other_box", f"that answer is for {named}, this box is {who}")
        if not messages:
            raise FileRefused(f"{file} holds no message.")
        for message in messages:
            acked, unacked = box.hear(message)
    sentence = (
        f"{named} knows now that the server holds everything up to number {acked};"
        f" {unacked} records are newer."
    )
    answer = {"box": named, "acked": acked, "unacked": unacked}
    typer.echo(json.dumps(answer) if as_json else sentence)
