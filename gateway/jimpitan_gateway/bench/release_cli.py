"""The commands `jimpitan-gateway release …`: what the publisher of the firmware does."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jimpitan_gateway.bench.publish import made_files, make_key, read_key, release_file
from jimpitan_gateway.errors import FileRefused, GatewayError
from jimpitan_gateway.releases import FILE_LENGTH_MAX, public_key, read_release

release_app = typer.Typer(
    no_args_is_help=True, help="A release of the firmware: make a key, make it, look into it."
)
Json = Annotated[bool, typer.Option("--json", help="Answer for a program to read.")]


def _end(error: GatewayError) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)


@release_app.command("key")
def key(
    file: Annotated[Path, typer.Argument(help="Where the private key goes.")],
    as_json: Json = False,
) -> None:
    """Make the publisher's key; tells the public half, which server and gateways are set to."""
    try:
        public = make_key(file).hex()
    except GatewayError as error:
        raise _end(error) from error
    sentence = f"Private key: {file} (keep it off every server)\nPublic key:  {public}"
    typer.echo(json.dumps({"public_key": public}) if as_json else sentence)


@release_app.command("make")
def make(
    file: Annotated[Path, typer.Argument(help="Where the release goes.")],
    *,
    signing_key: Annotated[Path, typer.Option("--key", help="The publisher's private key.")],
    firmware: Annotated[Path, typer.Option(help="The folder `firmware` of the sources.")],
    floor: Annotated[
        str, typer.Option(help="Oldest version that a box may run after this one.")
    ] = "0.0.0",
    as_files: Annotated[
        bool, typer.Option("--as-files", help="For boards whose MicroPython has no ROMFS.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compile and sign the firmware as it lies there; its version is the one in its source."""
    try:
        secret = read_key(signing_key)
        version, machine, files = made_files(firmware, as_files=as_files)
        content = release_file(files, secret, version=version, floor=floor, machine=machine)
        made = read_release(content, secret.public_key().public_bytes_raw())
        _write(file, content)
    except GatewayError as error:
        raise _end(error) from error
    answer = {
        "fingerprint": made.fingerprint.hex(),
        "version": version,
        "machine": machine,
        "files": made.head.files,
        "length": len(content),
    }
    sentence = (
        f"{file}: version {version} for {machine}, {made.head.files} files,"
        f" {len(content)} bytes\nFingerprint: {made.fingerprint.hex()}"
    )
    typer.echo(json.dumps(answer) if as_json else sentence)


@release_app.command("show")
def show(
    file: Annotated[Path, typer.Argument(help="A release file.")],
    publisher: Annotated[str, typer.Option(help="The publisher's public key, as hex.")],
    as_json: Json = False,
) -> None:
    """Check a release from end to end and tell what is in it."""
    try:
        if not file.is_file() or file.stat().st_size > FILE_LENGTH_MAX:
            raise FileRefused(f"{file} is no file, or longer than a release can be.")
        found = read_release(file.read_bytes(), public_key(publisher))
    except GatewayError as error:
        raise _end(error) from error
    answer = {
        "fingerprint": found.fingerprint.hex(),
        "version": found.head.version,
        "floor": found.head.floor,
        "machine": found.head.machine,
        "files": found.head.files,
    }
    lines = [f"{name}: {value}" for name, value in answer.items()]
    typer.echo(json.dumps(answer) if as_json else "\n".join(["genuine and whole", *lines]))


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise FileRefused(f"{file} cannot be written: {error.strerror}.") from error
