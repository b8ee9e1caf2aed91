"""The door for what boxes should be set to, and for their tags."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from jimpitan_server.adapters.configuration_desk import BoxConfiguration
from jimpitan_server.adapters.wire_options import OPTION_TABLE
from jimpitan_server.domain.tag import TAG_PATTERN, TAGS_MAX
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.box_door import BoxPath, Looking
from jimpitan_server.entrypoints.http.parts import TheProgram

router = APIRouter(prefix="/api/v1", tags=["configuration"])
Setting = Annotated[Session, Depends(allow(Role.ADMIN))]
OPTIONS_MAX = 64
Options = Annotated[
    dict[Annotated[str, Field(max_length=40)], StrictInt], Field(max_length=OPTIONS_MAX)
]
Reason = Annotated[str, Field(min_length=3, max_length=1000, pattern=r"^[^\x00]*$")]
TagPath = Annotated[str, Path(pattern=TAG_PATTERN)]


class ConfigurationIn(BaseModel):
    """A whole configuration: an option that is not named has its default."""

    model_config = ConfigDict(extra="forbid")

    options: Options
    reason: Reason | None = None


class TagsIn(BaseModel):
    """All tags a box should have."""

    model_config = ConfigDict(extra="forbid")

    tags: Annotated[list[Annotated[str, Field(pattern=TAG_PATTERN)]], Field(max_length=TAGS_MAX)]


@router.get("/boxes/{box}/configuration")
async def get_configuration(box: BoxPath, program: TheProgram, _: Looking) -> dict[str, object]:
    """Return what a box should be set to, what it says it is, and the options there are."""
    return _answer(await program.configurations.configuration_of(box))


@router.put("/boxes/{box}/configuration")
async def put_configuration(
    box: BoxPath, wish: ConfigurationIn, program: TheProgram, session: Setting
) -> dict[str, object]:
    """Wish a whole configuration for one box; it is told until it answers."""
    await program.configurations.configure(
        box, wish.options, actor=session.user_id, reason=wish.reason
    )
    return _answer(await program.configurations.configuration_of(box))


@router.put("/tags/{tag}/configuration")
async def put_configuration_of_tag(
    tag: TagPath, wish: ConfigurationIn, program: TheProgram, session: Setting
) -> dict[str, object]:
    """Wish a whole configuration for every box that has a tag now."""
    revisions = await program.configurations.configure_tag(
        tag, wish.options, actor=session.user_id, reason=wish.reason
    )
    return {"tag": tag, "revisions": revisions}


@router.get("/tags")
async def get_tags(program: TheProgram, _: Looking) -> dict[str, object]:
    """List the tags in use, and how many boxes have each."""
    return {"tags": dict(await program.configurations.tags_in_use())}


@router.put("/boxes/{box}/tags")
async def put_tags(
    box: BoxPath, tags: TagsIn, program: TheProgram, session: Setting
) -> dict[str, object]:
    """Give a box these tags and no others."""
    kept = await program.configurations.set_tags(box, tags.tags, actor=session.user_id)
    return {"box": box, "tags": kept}


def _answer(found: BoxConfiguration) -> dict[str, object]:
    wished, applied = found.wished, found.reported.applied
    return {
        "box": found.box,
        "tags": found.tags,
        "wished": None
        if wished is None
        else {
            "revision": wished.revision,
            "options": wished.options,
            "actor": wished.actor,
            "reason": wished.reason,
            "set_at": wished.set_at.isoformat(),
        },
        "reported": {
            "revision": found.reported.revision,
            "applied_at": None if applied is None else applied.received_at.isoformat(),
            "refused": found.refused,
        },
        "is_waiting": found.is_waiting,
        "options": _table(),
    }


def _table() -> Mapping[str, Mapping[str, int]]:
    return {
        one.name: {"min": one.value_min, "max": one.value_max, "default": one.default}
        for one in OPTION_TABLE
    }
