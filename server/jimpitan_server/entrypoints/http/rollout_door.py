"""The door for releases and rollouts: gateways fetch releases, admins lead rollouts."""

from base64 import b64encode
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from jimpitan_server.adapters.database.rollout_reading import RolloutProgress, RolloutSummary
from jimpitan_server.adapters.release_file import FILE_LENGTH_MAX
from jimpitan_server.domain.release import FINGERPRINT_PATTERN
from jimpitan_server.domain.rollout import FAILURES_MAX, STAGES_MAX, BoxUpdate, StageCount
from jimpitan_server.entrypoints.http.box_door import Looking, NumberPath
from jimpitan_server.entrypoints.http.configuration_door import Reason, Setting
from jimpitan_server.entrypoints.http.gateway_door import TheGateway
from jimpitan_server.entrypoints.http.parts import TheProgram, need_media_type, read_body
from jimpitan_server.services.release import NAME_LENGTH_MAX

router = APIRouter(prefix="/api/v1", tags=["rollouts"])
FingerprintPath = Annotated[str, Path(pattern=FINGERPRINT_PATTERN)]
CBOR = "application/cbor"


class RolloutIn(BaseModel):
    """Which release goes to whom, and when it stops by itself."""

    model_config = ConfigDict(extra="forbid")

    release: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX)]
    stages: Annotated[
        list[Annotated[str, Field(pattern=r"^([a-z0-9-]{1,32}|\*)$")]],
        Field(min_length=1, max_length=STAGES_MAX),
    ]
    failures_max: Annotated[int, Field(ge=0, le=FAILURES_MAX)] = 1
    advance_permille: Annotated[int, Field(ge=1, le=1000)] = 900


class ReasonIn(BaseModel):
    """Why a rollout goes on or ends."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


@router.get("/releases")
async def get_releases(program: TheProgram, _: TheGateway) -> dict[str, object]:
    """List the releases that boxes may be told to fetch now, with what proves them."""
    return {
        "releases": [
            {
                "fingerprint": signed.release.fingerprint,
                "manifest": b64encode(signed.manifest).decode(),
                "signature": b64encode(signed.signature).decode(),
                "content_length": signed.release.content_length,
            }
            for signed in await program.rollouts.releases_offered()
        ]
    }


@router.get("/releases/{fingerprint}", response_class=Response)
async def get_release(
    fingerprint: FingerprintPath, program: TheProgram, _: TheGateway
) -> Response:
    """Return a release as the file it came in."""
    return Response(await program.rollouts.release_file(fingerprint), media_type=CBOR)


@router.post("/releases", status_code=201)
async def post_release(request: Request, program: TheProgram, session: Setting) -> JSONResponse:
    """Take in a release file: 201 the first time, 200 when the same comes again."""
    need_media_type(request, CBOR)
    file = await read_body(request, bytes_max=FILE_LENGTH_MAX)
    release, is_new = await program.rollouts.add_release(file, actor=session.user_id)
    answer = {"fingerprint": release.fingerprint, "version": release.version}
    return JSONResponse(answer, 201 if is_new else 200)


@router.post("/rollouts", status_code=201)
async def post_rollout(
    wanted: RolloutIn, program: TheProgram, session: Setting
) -> dict[str, object]:
    """Begin a rollout."""
    number = await program.rollouts.start(
        release=wanted.release,
        stages=wanted.stages,
        failures_max=wanted.failures_max,
        advance_permille=wanted.advance_permille,
        actor=session.user_id,
    )
    return progress_of(await program.rollouts.progress(number))


@router.get("/rollouts")
async def get_rollouts(program: TheProgram, _: Looking) -> dict[str, object]:
    """List the newest rollouts."""
    return {"rollouts": [summary_of(one) for one in await program.rollouts.summaries()]}


@router.get("/rollouts/{number}")
async def get_rollout(number: NumberPath, program: TheProgram, _: Looking) -> dict[str, object]:
    """Return how far a rollout is, by stage and by box."""
    return progress_of(await program.rollouts.progress(number))


@router.post("/rollouts/{number}/resume", status_code=201)
async def post_resume(
    number: NumberPath, why: ReasonIn, program: TheProgram, session: Setting
) -> dict[str, object]:
    """Let a halted rollout go on; its failures so far count no more."""
    await program.rollouts.resume(number, actor=session.user_id, reason=why.reason)
    return progress_of(await program.rollouts.progress(number))


@router.post("/rollouts/{number}/end", status_code=201)
async def post_end(
    number: NumberPath, why: ReasonIn, program: TheProgram, session: Setting
) -> dict[str, object]:
    """Order nothing more."""
    await program.rollouts.end(number, actor=session.user_id, reason=why.reason)
    return progress_of(await program.rollouts.progress(number))


def summary_of(summary: RolloutSummary) -> dict[str, object]:
    """Return a rollout as JSON can carry it."""
    rollout = summary.rollout
    return {
        "rollout": rollout.number,
        "fingerprint": rollout.fingerprint,
        "version": summary.version,
        "state": rollout.state,
        "cause": rollout.cause,
        "stage": rollout.stage,
        "stages": rollout.stages,
        "failures_max": rollout.failures_max,
        "advance_permille": rollout.advance_permille,
        "actor": summary.actor,
        "started_at": summary.started_at.isoformat(),
    }


def progress_of(progress: RolloutProgress) -> dict[str, object]:
    """Return how far a rollout is as JSON can carry it."""
    return summary_of(progress.summary) | {
        "progress": [_stage(tag, count) for tag, count in progress.stages],
        "boxes": [_box(one) for one in progress.boxes],
        "events": [
            dict(one) | {"at": one["at"].isoformat()}  # type: ignore[attr-defined]
            for one in progress.summary.events
        ],
    }


def _stage(tag: str, count: StageCount) -> dict[str, object]:
    return {
        "stage": tag,
        "members": count.members,
        "unheard": count.unheard,
        "by_state": {str(state): boxes for state, boxes in sorted(count.by_state.items())},
    }


def _box(one: BoxUpdate) -> dict[str, object]:
    return {
        "box": one.box,
        "stage": one.stage,
        "state": one.state,
        "attempt": one.attempt,
        "reason": one.reason,
        "is_accepted": one.is_accepted,
        "changed_at": None if one.changed_at is None else one.changed_at.isoformat(),
        "last_seen_at": None if one.last_seen_at is None else one.last_seen_at.isoformat(),
        "runs": one.runs,
    }
