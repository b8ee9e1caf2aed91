"""Lets boxes be set to something, and follows what they say of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.configuration import (
    REVISION_MAX,
    Configuration,
    ConfigurationReport,
    OptionBounds,
    is_waiting,
    next_revision,
    refusal,
    wrong_options,
)
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.facts import ConfigurationAnswered
from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.domain.order import OrderKind, StandingOrder
from jimpitan_server.domain.record import BoxRecord
from jimpitan_server.domain.tag import checked_tags, is_tag
from jimpitan_server.services.ports_fleet import AnswerStore, ConfigurationStore, TagStore


async def configure(
    store: ConfigurationStore,
    boxes: Sequence[BoxId],
    *,
    options: Mapping[str, int],
    table: Sequence[OptionBounds],
    actor: str,
    reason: str | None,
    now: datetime,
) -> dict[BoxId, int]:
    """Wish a whole configuration for boxes; return its revision by box.

    What a box is wished already is not wished anew, unless the box refused it.
    """
    wrong = wrong_options(options, table)
    if wrong:
        raise Malformed(" ".join(wrong), code="option")
    states = await store.lock_boxes(sorted(set(boxes)))
    if len(states) < len(set(boxes)):
        raise NotFound("There is no such box.", code="box_unknown")
    before = await store.wished(list(states))
    reported = await store.reported(list(states.values()))
    wishes, revisions = [], {}
    for box in states:
        wished = before.get(box)
        if (
            wished is not None
            and dict(wished.options) == dict(options)
            and wished.revision not in reported[box].refusals
        ):
            revisions[box] = wished.revision
            continue
        revision = next_revision(wished, reported[box])
        if revision > REVISION_MAX:
            raise Conflict("This box has no revision left.", code="revisions_exhausted")
        revisions[box] = revision
        wishes.append(
            Configuration(
                box=box,
                revision=revision,
                options=options,
                actor=actor,
                set_at=now,
                reason=reason,
            )
        )
    await store.add_configurations(wishes)
    orders = [StandingOrder(one.box, OrderKind.CONFIGURE, one.revision) for one in wishes]
    await store.open_orders(orders, due_at=now)
    return revisions


async def configure_tag(
    store: ConfigurationStore,
    tag: str,
    *,
    options: Mapping[str, int],
    table: Sequence[OptionBounds],
    actor: str,
    reason: str | None,
    now: datetime,
) -> dict[BoxId, int]:
    """Wish a configuration for every box that has a tag now."""
    boxes = await store.boxes_of_tag(tag) if is_tag(tag) else []
    if not boxes:
        raise NotFound(f"No box has the tag {tag[:32]!r}.", code="tag_unused")
    return await configure(
        store, boxes, options=options, table=table, actor=actor, reason=reason, now=now
    )


async def set_tags(store: TagStore, box: str, tags: Sequence[str]) -> tuple[str, ...]:
    """Give a box these tags and no others; return them in order."""
    wanted = checked_tags(tags)
    if not is_box_id(box) or not await store.lock_boxes([BoxId(box)]):
        raise NotFound("There is no such box.", code="box_unknown")
    await store.replace_tags(BoxId(box), wanted)
    return wanted


async def follow_configuration(
    store: AnswerStore, state: BoxState, answers: Sequence[BoxRecord], *, now: datetime
) -> list[Discrepancy]:
    """Keep what a box answered, and tell it its configuration as long as it has another.

    `state` is that of the box after these records; its row is locked.
    """
    reports = [
        ConfigurationReport(
            seq=record.seq,
            revision=record.fact.revision,
            received_at=now,
            refused=record.fact.refused,
        )
        for record in answers
        if isinstance(record.fact, ConfigurationAnswered)
    ]
    if reports:
        await store.add_configuration_reports(state.box, reports)
    wished = (await store.wished([state.box])).get(state.box)
    if wished is None:
        return []
    reported = (await store.reported([state]))[state.box]
    if is_waiting(wished, reported):
        order = StandingOrder(state.box, OrderKind.CONFIGURE, wished.revision)
        await store.open_orders([order], due_at=now)
    else:
        await store.close_orders([state.box], OrderKind.CONFIGURE)
    return [refusal(state.box, report, now) for report in reports if report.is_refusal]
