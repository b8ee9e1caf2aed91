"""From what the broker delivered to what the spool keeps: one stepped function."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from jimpitan_wire import records, topics
from jimpitan_wire.errors import WireError

from jimpitan_gateway.spool import DeadLetter, Message, Spool


class Delivery(NamedTuple):
    """One message as the broker delivered it, not yet acknowledged.

    A tuple, because thousands a second are made and a frozen dataclass costs five times more.
    """

    topic: str
    content: bytes
    received_ms: int
    mid: int
    qos: int
    connection: int = 0


def take_in(spool: Spool, deliveries: Sequence[Delivery]) -> int:
    """Keep deliveries in one commit and return how many were dead on arrival.

    When this returns every one of them may be acknowledged: a message that nobody can use is a
    dead letter and never blocks the others. Raises `SpoolFull`; then none may be.
    """
    messages: list[Message] = []
    dead_letters: list[DeadLetter] = []
    for delivery in deliveries:
        try:
            box, reason = _box_of(delivery), ""
        except WireError as error:
            box, reason = "", str(error)
        if reason:
            dead_letters.append(
                DeadLetter(delivery.topic, delivery.received_ms, delivery.content, reason)
            )
        else:
            messages.append(Message(box, delivery.received_ms, delivery.content))
    spool.keep(messages, dead_letters)
    return len(dead_letters)


def _box_of(delivery: Delivery) -> str:
    box = _box_of_topic(delivery.topic)
    if not 0 < len(delivery.content) <= records.MESSAGE_LENGTH_MAX:
        raise WireError(f"a message has 1 to {records.MESSAGE_LENGTH_MAX} bytes")
    return box


@lru_cache(maxsize=10_000)
def _box_of_topic(topic: str) -> str:
    box, leaf = topics.parse_topic(topic)
    if leaf != topics.RECORDS:
        raise WireError("not a topic of records")
    return box
