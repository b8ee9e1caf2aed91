"""The commands about releases and rollouts of the firmware."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from jimpitan_server.adapters.database.rollout_reading import RolloutProgress
from jimpitan_server.adapters.release_file import FILE_LENGTH_MAX
from jimpitan_server.adapters.rollout_desk import RolloutDesk
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.release import KnownRelease
from jimpitan_server.domain.rollout import EVERY_BOX
from jimpitan_server.entrypoints.http.rollout_door import progress_of, summary_of
from jimpitan_server.entrypoints.log import configure_log
from jimpitan_server.settings import load_settings

Result = TypeVar("Result")
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Number = Annotated[int, typer.Argument(help="Number of the rollout.", min=1)]
Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")]
ACTOR = "cli"

release_app = typer.Typer(no_args_is_help=True, help="Releases of the firmware.")
rollout_app = typer.Typer(no_args_is_help=True, help="Rollouts of a release to boxes.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about firmware."""
    app.add_typer(release_app, name="release")
    app.add_typer(rollout_app, name="rollout")


def _at_desk(work: Callable[[RolloutDesk], Awaitable[Result]]) -> Result:
    """Do one thing at the desk of rollouts; an error becomes a sentence and the exit code 1."""

    async def whole() -> Result:
        program = await build(load_settings())
        try:
            return await work(program.rollouts)
        finally:
            await program.close()

    configure_log()
    try:
        return asyncio.run(whole())
    except ServerError as error:
        typer.echo(error.sentence, err=True)
        raise typer.Exit(1) from None


@release_app.command("add")
def release_add(
    file: Annotated[Path, typer.Argument(help="Release file, signed by the publisher.")],
    as_json: AsJson = False,
) -> None:
    """Take in a signed release, whole or not at all; the same file twice changes nothing."""

    async def add(desk: RolloutDesk) -> Mapping[str, object]:
        try:
            with file.open("rb") as opened:
                content = opened.read(FILE_LENGTH_MAX + 1)
        except OSError as error:
            raise Malformed(f"{file} cannot be read: {error.strerror}.") from None
        release, is_new = await desk.add_release(content, actor=ACTOR)
        return {
            "fingerprint": release.fingerprint,
            "version": release.version,
            "is_new": is_new,
        }

    told = _at_desk(add)
    was = "is taken in" if told["is_new"] else "was known already"
    sentence = f"Release {told['version']} {was}: {told['fingerprint']}"
    typer.echo(json.dumps(told) if as_json else sentence)


@release_app.command("list")
def release_list(as_json: AsJson = False) -> None:
    """List the releases, newest first."""
    lines = [_release_line(one) for one in _at_desk(lambda desk: desk.releases())]
    if as_json:
        typer.echo(json.dumps(lines))
        return
    for line in lines:
        typer.echo("  ".join(f"{name}={value}" for name, value in line.items()))


def _release_line(known: KnownRelease) -> dict[str, object]:
    release = known.release
    return {
        "version": release.version,
        "fingerprint": release.fingerprint,
        "machine": release.machine,
        "files": release.files,
        "content_length": release.content_length,
        "actor": known.actor,
        "added_at": known.added_at.isoformat(),
    }


@rollout_app.command("start")
def rollout_start(
    release: Annotated[str, typer.Argument(help="Version, or beginning of the fingerprint.")],
    stages: Annotated[
        list[str], typer.Argument(help=f"Tags in their order; {EVERY_BOX} is every box.")
    ],
    failures_max: Annotated[
        int, typer.Option(help="So many boxes may fail; one more halts it.")
    ] = 1,
    advance_permille: Annotated[
        int, typer.Option(help="Share of a stage that must run it before the next begins.")
    ] = 900,
    as_json: AsJson = False,
) -> None:
    """Begin to bring a release to boxes, stage by stage."""

    async def start(desk: RolloutDesk) -> RolloutProgress:
        number = await desk.start(
            release=release,
            stages=stages,
            failures_max=failures_max,
            advance_permille=advance_permille,
            actor=ACTOR,
        )
        return await desk.progress(number)

    _tell(_at_desk(start), as_json=as_json)


@rollout_app.command("list")
def rollout_list(as_json: AsJson = False) -> None:
    """List the rollouts, newest first."""
    found = [summary_of(one) for one in _at_desk(lambda desk: desk.summaries())]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        typer.echo(f"{one['rollout']}  {one['version']}  {one['state']}  {one['started_at']}")


@rollout_app.command("show")
def rollout_show(number: Number, as_json: AsJson = False) -> None:
    """Show how far a rollout is, by stage, and which boxes failed."""
    _tell(_at_desk(lambda desk: desk.progress(number)), as_json=as_json)


@rollout_app.command("resume")
def rollout_resume(number: Number, reason: Why, as_json: AsJson = False) -> None:
    """Let a halted rollout go on; its failures so far count no more."""

    async def resume(desk: RolloutDesk) -> RolloutProgress:
        await desk.resume(number, actor=ACTOR, reason=reason)
        return await desk.progress(number)

    _tell(_at_desk(resume), as_json=as_json)


@rollout_app.command("end")
def rollout_end(number: Number, reason: Why, as_json: AsJson = False) -> None:
    """Order nothing more; what boxes answer later is still noted."""

    async def end(desk: RolloutDesk) -> RolloutProgress:
        await desk.end(number, actor=ACTOR, reason=reason)
        return await desk.progress(number)

    _tell(_at_desk(end), as_json=as_json)


def _tell(progress: RolloutProgress, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(progress_of(progress)))
        return
    summary = progress.summary
    rollout = summary.rollout
    cause = "" if rollout.cause is None else f" ({rollout.cause})"
    typer.echo(f"Rollout {rollout.number} of {summary.version}: {rollout.state}{cause}")
    for place, (tag, count) in enumerate(progress.stages):
        mark = ">" if place == rollout.stage else " "
        parts = [f"{state} {boxes}" for state, boxes in sorted(count.by_state.items())]
        parts += [f"unheard {count.unheard}"] if count.unheard else []
        typer.echo(f"{mark} {tag}: {', '.join(parts) or 'no box'}")
    for one in progress.failures:
        accepted = ", accepted" if one.is_accepted else ""
        typer.echo(f"  {one.box}: {one.state}, reason {one.reason}{accepted}")
