"""The commands `jimpitan-gateway box …`: everything a laptop can do with one box on a cable."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from jimpitan_gateway.bench import flash as flashing
from jimpitan_gateway.bench import images, provision, show
from jimpitan_gateway.bench.box import Box
from jimpitan_gateway.bench.enrolment import Server
from jimpitan_gateway.bench.line import Line
from jimpitan_gateway.bench.port import SerialPort, chosen_port, found_ports
from jimpitan_gateway.bench.pull import write_pull
from jimpitan_gateway.errors import (
    BoxRefused,
    BoxSilent,
    EnrolmentRefused,
    FileRefused,
    GatewayError,
)

box_app = typer.Typer(
    no_args_is_help=True, help="One box on a USB cable: flash, provision, read, test."
)
PortName = Annotated[str, typer.Option("--port", help="Port of the box; found when left out.")]
Json = Annotated[bool, typer.Option("--json", help="Answer for a program to read.")]
Secret = Annotated[
    bool, typer.Option("--secrets", help="Read the secrets as JSON from standard input.")
]
SECRETS = ("token", "wifi_password", "broker_password")
CALIBRATION_LENGTH_MAX = 1024
IMAGE_LENGTH_MAX = 32 * 1024 * 1024
CA_LENGTH_MAX = 2048
NO_ROM = (
    "The firmware goes into the file system, from where it is loaded into memory: it takes 50 KB"
    " more there. It runs from flash when this MicroPython was built with MICROPY_VFS_ROM."
)


@contextmanager
def _spoken() -> Iterator[None]:
    """Turn what went wrong into a sentence and exit code 1."""
    try:
        yield
    except GatewayError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@contextmanager
def box_at(port: str) -> Iterator[Box]:
    """Open the box at a port; what goes wrong with it ends in a sentence and exit code 1."""
    with _spoken(), SerialPort(chosen_port(port)) as opened:
        yield Box(Line(opened))


def _read(path: Path, length_max: int) -> bytes:
    try:
        content = path.read_bytes() if path.stat().st_size <= length_max else b""
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror}.") from error
    if not content:
        raise FileRefused(f"{path} is empty or longer than {length_max} bytes.")
    return content


def _tell(sentence: str, answer: object, *, as_json: bool) -> None:
    typer.echo(json.dumps(answer) if as_json else sentence)


@box_app.command("ports")
def ports(as_json: Json = False) -> None:
    """List the USB serial ports of this computer."""
    with _spoken():
        found = found_ports()
    answer = [one._asdict() for one in found]
    lines = [f"{one.name}  {one.description}" for one in found] or ["No USB serial port."]
    _tell("\n".join(lines), answer, as_json=as_json)


@box_app.command("status")
def status(port: PortName = "", as_json: Json = False) -> None:
    """Tell how the box is; needs no network and no password."""
    with box_at(port) as box:
        found = box.status()
    _tell(show.status_lines(found), found, as_json=as_json)


@box_app.command("logs")
def logs(port: PortName = "", as_json: Json = False) -> None:
    """Tell what the box went through since its power came on."""
    with box_at(port) as box:
        forgotten, entries = box.logs()
    _tell(
        show.log_lines(forgotten, entries),
        {"forgotten": forgotten, "entries": entries},
        as_json=as_json,
    )


@box_app.command("selftest")
def selftest(port: PortName = "", as_json: Json = False) -> None:
    """Let the box try its parts; exit code 1 when one is not good."""
    with box_at(port) as box:
        tested = box.selftest()
    answer = [{"part": one.part, "good": one.is_good, "found": one.found} for one in tested]
    lines = [f"{'good' if one.is_good else 'BAD '}  {one.part}: {one.found}" for one in tested]
    _tell("\n".join(lines), answer, as_json=as_json)
    if not all(one.is_good for one in tested):
        raise typer.Exit(1)


@box_app.command("pull")
def pull(
    file: Annotated[Path, typer.Argument(help="Where the records go.")],
    port: PortName = "",
    seq: Annotated[int, typer.Option("--from", min=1, help="First number wanted.")] = 1,
    as_json: Json = False,
) -> None:
    """Copy the kept records into a file for `jimpitan-server records import`."""
    with box_at(port) as box:
        who = box.status().get("box")
        if not isinstance(who, str):
            raise BoxSilent("This box has no identity, so it keeps no records.")
        written = write_pull(file, who, box.pull(seq))
        if not written.seq_last:
            file.unlink(missing_ok=True)
            raise FileRefused(f"{who} keeps no record from number {seq} on; no file was written.")
    answer = {"box": who, "file": str(file)} | asdict(written)
    _tell(
        f"{written.messages} messages of {who} up to number {written.seq_last} are in {file}."
        f" {written.lost} numbers are lost in the box.",
        answer,
        as_json=as_json,
    )


@box_app.command("calibrate")
def calibrate(
    file: Annotated[Path, typer.Argument(help="Calibration file, at most 1024 bytes.")],
    port: PortName = "",
    read: Annotated[
        bool, typer.Option("--read", help="Write what the box keeps into the file.")
    ] = False,
) -> None:
    """Give the box a calibration, or read back the one it keeps."""
    with box_at(port) as box:
        if read:
            file.write_bytes(box.calibration())
            typer.echo(f"The calibration of the box is in {file}.")
            return
        content = _read(file, CALIBRATION_LENGTH_MAX)
        if box.calibrate(content) != content:
            raise BoxSilent("The box does not read back what it was given: run this again.")
    typer.echo(f"The box keeps {len(content)} bytes of calibration; restart it to use them.")


@box_app.command("wipe")
def wipe(
    box_id: Annotated[str, typer.Argument(metavar="BOX", help="Id of the box, once more.")],
    port: PortName = "",
    force: Annotated[
        bool, typer.Option("--force", help="Also when records would be lost.")
    ] = False,
) -> None:
    """Let the box forget its identity, key, network and records."""
    with box_at(port) as box:
        lost = box.wipe(box_id, force=force)
    typer.echo(f"The box is wiped; {lost} records went that the server had not acknowledged.")


@box_app.command("provision")
def provision_box(
    box_id: Annotated[str, typer.Argument(metavar="BOX", help="Id: a-z, 0-9 and hyphen.")],
    *,
    port: PortName = "",
    server: Annotated[str, typer.Option(help="Address of the server, https.")] = "",
    wifi: Annotated[str, typer.Option(help="Name of the Wi-Fi.")] = "",
    broker: Annotated[str, typer.Option(help="Host of the broker, as in its certificate.")] = "",
    broker_port: Annotated[int, typer.Option(min=1, max=65535, help="Its port.")] = 8883,
    ca: Annotated[Path | None, typer.Option(help="CA of the broker (ca.crt).")] = None,
    epoch: Annotated[int, typer.Option(min=0, help="Key epoch; 0 takes the next.")] = 0,
    after: Annotated[
        int, typer.Option(min=0, help="Number the box goes on behind, for a replaced board.")
    ] = 0,
    keep_key: Annotated[
        bool, typer.Option("--keep-key", help="Change Wi-Fi and broker only.")
    ] = False,
    no_tls: Annotated[
        bool, typer.Option("--no-tls", help="A broker without a CA, for a trial on a desk.")
    ] = False,
    secrets: Secret = False,
) -> None:
    """Give the box id, key, Wi-Fi and broker, and make it known to the server.

    Token and passwords are asked for, or read as one JSON object from standard input with
    --secrets. When anything breaks, run the same command again.
    """
    _check_provision(
        is_server_named=bool(server) or keep_key, is_broker_safe=not broker or bool(ca) or no_tls
    )
    with box_at(port) as box:
        said = _secrets(secrets, ["wifi_password", "broker_password"] + ["token"] * (not keep_key))
        wish = provision.Wish(
            box=box_id,
            epoch=epoch,
            wifi_name=wifi,
            wifi_password=said.get("wifi_password", ""),
            broker_host=broker,
            broker_port=broker_port if broker else 0,
            broker_login=box_id if broker else "",
            broker_password=said.get("broker_password", ""),
            ca=show.der_of(_read(ca, CA_LENGTH_MAX * 2)) if ca else b"",
            seq_last=after,
        )
        if keep_key:
            reached = provision.change_network(box, wish)
        else:
            with Server(server, token=said.get("token", "")) as known:
                reached = provision.provision(box, known, wish, typer.echo)
    typer.echo(f"{box_id} is provisioned, epoch {reached}.")


def _check_provision(*, is_server_named: bool, is_broker_safe: bool) -> None:
    with _spoken():
        if not is_server_named:
            raise EnrolmentRefused("server", "Say with --server which server shall know the box.")
        if not is_broker_safe:
            raise FileRefused("Give the broker's authority with --ca; without it nothing is safe.")


def _secrets(from_input: bool, names: list[str]) -> dict[str, str]:
    """Return the secrets, from a prompt or from one JSON object on standard input."""
    if not from_input and sys.stdin.isatty():
        return {name: typer.prompt(name, hide_input=True, default="") for name in names}
    try:
        found = json.loads(sys.stdin.read(20_000) or "{}")
    except ValueError as error:
        raise FileRefused(f"Standard input is no JSON object of secrets: {error}") from error
    if not isinstance(found, dict) or set(found) - set(SECRETS):
        raise FileRefused(f"Standard input is a JSON object with: {', '.join(SECRETS)}.")
    return {str(name): str(value) for name, value in found.items()}


@box_app.command("flash")
def flash(
    image: Annotated[Path, typer.Argument(help="Official MicroPython .bin for ESP32_GENERIC_S3.")],
    *,
    port: PortName = "",
    firmware: Annotated[Path, typer.Option(help="The folder `firmware`.")] = Path("firmware"),
    flash_mb: Annotated[int, typer.Option(min=4, max=32, help="Flash of the chip, MB.")] = 8,
    source: Annotated[
        bool, typer.Option("--source", help="Write the firmware as text, not as bytecode.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also when the box keeps records.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make the images, write nothing.")
    ] = False,
) -> None:
    """Write MicroPython, the firmware and an empty identity to a board; erases everything."""
    with _spoken(), tempfile.TemporaryDirectory() as folder:
        content = _read(image, IMAGE_LENGTH_MAX)
        images.check_micropython(content)
        files = images.firmware_files(firmware)
        files = files if source else images.compiled(files)
        files["built"] = str(time.time_ns() // 1_000_000_000).encode()
        made = flashing.board_images(
            content, files, flash_length=flash_mb << 20, is_compiled=not source
        )
        typer.echo(f"{len(files)} files, {sum(map(len, files.values())) >> 10} KB; images made.")
        if not made.rom:
            typer.echo(NO_ROM)
        if dry_run:
            return
        chosen = chosen_port(port)
        if not force:
            _spare_records(chosen)
        words = flashing.write_words(made, Path(folder))
        command = flashing.esptool_command(chosen, *words)
        with _progress() as said:
            flashing.run_tool(command, said)
    typer.echo("Written. Unplug the board, plug it in, then `jimpitan-gateway box provision`.")


def _spare_records(port: str) -> None:
    """Refuse to erase a box that answers and keeps what the server has not acknowledged."""
    try:
        with SerialPort(port) as opened:
            unacked = Box(Line(opened)).status().get("unacked")
    except BoxSilent:
        return  # an empty board, or one that needs to be flashed
    if unacked:
        raise BoxRefused(
            "unacknowledged",
            f"it keeps {unacked} records that the server has not acknowledged; pull them first,"
            " or use --force",
        )


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show how far esptool is."""
    with Progress() as progress:
        task = progress.add_task("writing", total=100)

        def said(line: str) -> None:
            percent = flashing.percent_of(line)
            if percent is not None:
                progress.update(task, completed=percent)

        yield said
