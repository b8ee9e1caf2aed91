"""Tells boxes what they should do: keeps the wish, signs it anew each time it is handed out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.command import COLLECTION_OPEN_VALID, Command, Visit
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.ids import BoxId, GatewayId, UserId, is_box_id
from jimpitan_server.services.ports import Channel, Keyring, KeyStore
from jimpitan_server.services.record import DownMessage

# A command that got no answer is handed out again after this long, with a newer counter: an
# ack that overtook it made the box refuse it.
REPEAT_AFTER = timedelta(seconds=10)
HANDED_OUT_MAX = 100


class CommandStore(KeyStore, Protocol):
    """One open transaction, for commands."""

    async def lock_boxes(self, boxes: Sequence[BoxId]) -> dict[BoxId, BoxState]:
        """Return the known ones of these boxes, locked until the transaction ends."""
        ...

    async def save_boxes(self, states: Sequence[BoxState]) -> None:
        """Keep the states of boxes that were locked."""
        ...

    async def last_visit(self, box: BoxId) -> int:
        """Return the number of the latest visit a box was told of, or 0."""
        ...

    async def add_command(
        self,
        *,
        box: BoxId,
        visit: int,
        actor: UserId,
        created_at: datetime,
        expires_at: datetime,
    ) -> None:
        """Keep the permission that a person got to open a box for one visit."""
        ...

    async def pending_commands(
        self, gateway: GatewayId, *, now: datetime, handed_out_before: datetime, limit: int
    ) -> list[Command]:
        """Return what this gateway should carry."""
        ...

    async def mark_handed_out(self, commands: Sequence[Command], now: datetime) -> None:
        """Note that these were given to a gateway."""
        ...


async def open_collection(
    store: CommandStore, *, box: BoxId, actor: UserId, now: datetime
) -> Visit:
    """Let a person open a box; the box is told as soon as its gateway asks."""
    if not is_box_id(box) or box not in await store.lock_boxes([box]):
        raise NotFound("There is no such box.", code="box_unknown")
    visit = await store.last_visit(box) + 1
    expires_at = now + COLLECTION_OPEN_VALID
    await store.add_command(
        box=box, visit=visit, actor=actor, created_at=now, expires_at=expires_at
    )
    return Visit(visit, expires_at)


async def waiting(store: CommandStore, *, gateway: GatewayId, now: datetime) -> bool:
    """Say whether there is anything to hand out to this gateway."""
    commands = await store.pending_commands(
        gateway, now=now, handed_out_before=now - REPEAT_AFTER, limit=1
    )
    return bool(commands)


async def hand_out(
    store: CommandStore, *, gateway: GatewayId, keyring: Keyring, now: datetime
) -> list[DownMessage]:
    """Return the signed commands that this gateway should carry now."""
    commands = await store.pending_commands(
        gateway, now=now, handed_out_before=now - REPEAT_AFTER, limit=HANDED_OUT_MAX
    )
    if not commands:
        return []
    states = await store.lock_boxes(sorted({command.box for command in commands}))
    channels = await keyring.channels(states, store)
    messages = []
    after = dict(states)
    for command in commands:
        state, message = _signed(command, after, channels, now)
        after[command.box] = state
        if message is not None:
            messages.append(DownMessage(command.box, message))
    await store.save_boxes(list(after.values()))
    await store.mark_handed_out(commands, now)
    return messages


def _signed(
    command: Command,
    states: Mapping[BoxId, BoxState],
    channels: Mapping[BoxId, Channel],
    now: datetime,
) -> tuple[BoxState, bytes | None]:
    state = states[command.box]
    if not state.can_be_told:
        return state, None
    counter = state.down_counter + 1
    message = channels[command.box].sign_collection_open(
        state.epoch, counter=counter, visit=command.visit, valid_ms=command.valid_ms(now)
    )
    return (state, None) if message is None else (replace(state, down_counter=counter), message)
