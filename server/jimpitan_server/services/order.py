"""Hands out standing orders: signed anew each time, again and again until the box answers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.configuration import Configuration
from jimpitan_server.domain.ids import BoxId, GatewayId
from jimpitan_server.domain.order import OrderKind, StandingOrder
from jimpitan_server.domain.release import Release
from jimpitan_server.services.ports import Channel, Keyring, KeyStore
from jimpitan_server.services.ports_fleet import HandOutStore
from jimpitan_server.services.record import DownMessage

HANDED_OUT_MAX = 100
Numbered = tuple[BoxId, int]


class OrderKeyStore(HandOutStore, KeyStore, Protocol):
    """One open transaction, for standing orders and the keys they are signed with."""


async def waiting(store: HandOutStore, *, gateway: GatewayId, now: datetime) -> bool:
    """Say whether an order is due for this gateway."""
    return bool(await store.due_orders(gateway, now=now, limit=1))


async def hand_out(
    store: OrderKeyStore, *, gateway: GatewayId, keyring: Keyring, now: datetime
) -> list[DownMessage]:
    """Return the signed orders that this gateway should carry now."""
    orders = await store.due_orders(gateway, now=now, limit=HANDED_OUT_MAX)
    if not orders:
        return []
    states = await store.lock_boxes(sorted({order.box for order in orders}))
    channels = await keyring.channels(states, store)
    wishes = await store.configurations(_numbers(orders, OrderKind.CONFIGURE))
    releases = await store.releases_ordered(_numbers(orders, OrderKind.UPDATE))
    after, messages = dict(states), []
    for order in orders:
        state = after[order.box]
        message = _signed(order, state, channels[order.box], wishes, releases)
        if message is not None:
            after[order.box] = replace(state, down_counter=state.down_counter + 1)
            messages.append(DownMessage(order.box, message))
    await store.save_boxes([after[message.box] for message in messages])
    await store.mark_orders(orders, now)
    return messages


def _numbers(orders: list[StandingOrder], kind: OrderKind) -> list[Numbered]:
    return [(order.box, order.number) for order in orders if order.kind is kind]


def _signed(
    order: StandingOrder,
    state: BoxState,
    channel: Channel,
    wishes: Mapping[Numbered, Configuration],
    releases: Mapping[Numbered, Release],
) -> bytes | None:
    if not state.can_be_told:
        return None
    key, counter = (order.box, order.number), state.down_counter + 1
    if order.kind is OrderKind.CONFIGURE:
        return channel.sign_configure(
            state.epoch, counter=counter, revision=order.number, options=wishes[key].options
        )
    return channel.sign_update(
        state.epoch, counter=counter, release=releases[key], attempt=order.number
    )
