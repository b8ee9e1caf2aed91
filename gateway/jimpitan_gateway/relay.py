"""From the spool to the server, oldest first: one stepped function, driven by a thread."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from jimpitan_gateway.errors import GatewayError, ServerFailed, ServerRefused, SpoolFull
from jimpitan_gateway.spool import Message, Spool

BACKOFF_MS = 250
BACKOFF_MS_MAX = 15_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the server says of one message: held, or refused with a reason."""

    is_held: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says of a batch, and the signed messages it wants carried to boxes."""

    verdicts: Sequence[Verdict]
    down: Sequence[tuple[str, bytes]] = ()


class ServerDoor(Protocol):
    """The server's door for records."""

    def post(self, messages: Sequence[Message]) -> Answer:
        """Hand over a batch; raise `ServerUnreachable`, `TokenRefused` or `ServerRefused`."""
        ...


@dataclass(slots=True)
class Relay:
    """How the relay stands: the size of the next batch and the wait after a failure."""

    batch_messages_max: int
    batch_messages: int = field(init=False)
    wait_ms: int = 0
    relayed: int = 0
    refused: int = 0
    failures: int = 0
    last_failure: str = ""

    def __post_init__(self) -> None:
        self.batch_messages = self.batch_messages_max


def step_relay(
    relay: Relay, spool: Spool, door: ServerDoor, now_ms: int
) -> Sequence[tuple[str, bytes]]:
    """Relay one batch; return the down messages that came back.

    Afterwards `relay.wait_ms` says when to step again: 0 at once, -1 when the spool is empty,
    else after that many ms. What the server did not promise to hold stays in the spool.
    """
    messages = spool.oldest(relay.batch_messages)
    if not messages:
        relay.wait_ms = -1
        return ()
    try:
        answer = door.post(messages)
    except ServerRefused as error:
        _halve(relay, spool, messages, str(error))
        return ()
    except ServerFailed as error:
        _set_aside(relay, spool, messages, str(error))
        return ()
    except GatewayError as error:
        _wait_longer(relay, str(error))
        return ()
    _settle(relay, spool, messages, answer)
    with contextlib.suppress(SpoolFull):
        spool.note("relayed_ms", now_ms)  # for `status` only; the answer must not be lost
    return answer.down


def _settle(relay: Relay, spool: Spool, messages: Sequence[Message], answer: Answer) -> None:
    pairs = list(zip(messages, answer.verdicts, strict=True))
    refused = [(message, verdict.reason) for message, verdict in pairs if not verdict.is_held]
    spool.settle([message for message, verdict in pairs if verdict.is_held], refused)
    relay.relayed += len(messages) - len(refused)
    relay.refused += len(refused)
    relay.batch_messages = min(relay.batch_messages_max, relay.batch_messages * 2)
    relay.wait_ms = 0


def _wait_longer(relay: Relay, reason: str) -> None:
    relay.failures += 1
    relay.last_failure = reason
    relay.wait_ms = min(BACKOFF_MS_MAX, max(BACKOFF_MS, relay.wait_ms * 2))


def _set_aside(relay: Relay, spool: Spool, messages: Sequence[Message], reason: str) -> None:
    """Find the message that the server falls over, and let all others pass before it.

    It is not dead: the server never said that it is of no use.
    """
    if len(messages) == 1:
        spool.postpone(messages[0])
    _wait_longer(relay, reason)
    relay.batch_messages = max(1, len(messages) // 2)


def _halve(relay: Relay, spool: Spool, messages: Sequence[Message], reason: str) -> None:
    """Send less at once; a single message that the server refuses is a dead letter."""
    if len(messages) == 1:
        spool.settle([], [(messages[0], reason)])
        relay.refused += 1
    relay.batch_messages = max(1, len(messages) // 2)
    relay.wait_ms = 0
