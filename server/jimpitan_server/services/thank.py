"""Lets a box thank for a payment: signed when it is handed out, for a box that is online."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.thanks import Thanks
from jimpitan_server.services.ports import Keyring, KeyStore
from jimpitan_server.services.record import DownMessage


class ThanksStore(KeyStore, Protocol):
    """One open transaction, for thanks."""

    async def lock_boxes(self, boxes: Sequence[BoxId]) -> dict[BoxId, BoxState]:
        """Return the known ones of these boxes, locked until the transaction ends."""
        ...

    async def save_boxes(self, states: Sequence[BoxState]) -> None:
        """Keep the states of boxes that were locked."""
        ...


async def thank(
    store: ThanksStore, thanks: Sequence[Thanks], *, keyring: Keyring, now: datetime
) -> list[DownMessage]:
    """Return the signed thanks; each takes the next counter of its box."""
    states = await store.lock_boxes(sorted({one.box for one in thanks}))
    channels = await keyring.channels(states, store)
    time_ms = (now - datetime.fromtimestamp(0, tz=now.tzinfo)) // timedelta(milliseconds=1)
    messages = []
    for one in thanks:
        state, valid_ms = states.get(one.box), one.valid_ms(now)
        if state is None or not state.can_be_told or not valid_ms:
            continue
        counter = state.down_counter + 1
        message = channels[one.box].sign_thanks(
            state.epoch, counter=counter, valid_ms=valid_ms, time_ms=time_ms
        )
        if message is not None:
            states[one.box] = replace(state, down_counter=counter)
            messages.append(DownMessage(one.box, message))
    await store.save_boxes([states[message.box] for message in messages])
    return messages
