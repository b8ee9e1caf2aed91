"""One message to one person over one channel, and what becomes of it after each try."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from jimpitan_server.domain.errors import Malformed

TRIES_MAX = 8
# 1 min, 4 min, 16 min, 64 min, then every 6 h: eight tries last most of a day.
BACKOFF_FIRST, BACKOFF_FACTOR = timedelta(minutes=1), 4
BACKOFF_MAX = timedelta(hours=6)
# What could not be told for so long is on the page by then, and would only confuse.
EXPIRES_AFTER = timedelta(days=3)
# A try ends within a minute or two; after this the program that made it is gone.
CLAIM_LASTS = timedelta(minutes=10)
# Between two messages to one person over one channel, unless something is critical.
SPACING = timedelta(minutes=5)
EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")
CHAT = re.compile(r"-?[0-9]{3,20}")
# E.164: at most 15 digits with the country's code.
NUMBER = re.compile(r"[1-9][0-9]{7,14}")


class Channel(StrEnum):
    """By which way a person is told."""

    APP = "app"
    """The list on the page of alerts; everybody has it."""
    EMAIL = "email"
    PUSH = "push"
    """A notification of the browser (RFC 8030)."""
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"


class MessageState(StrEnum):
    """How a message stands."""

    WAITING = "waiting"
    SENDING = "sending"
    """A try was begun; how it ended is not known yet."""
    SENT = "sent"
    DROPPED = "dropped"
    """It was not needed any more before it could go."""
    DEAD = "dead"
    """It could not be told; a person sees it in the list of these."""


class Outcome(StrEnum):
    """How a try ended."""

    SENT = "sent"
    LATER = "later"
    """Not now; the same message may go later."""
    GONE = "gone"
    """The address is not there any more: it is withdrawn."""
    REFUSED = "refused"
    """This message will never be taken."""


class Why(StrEnum):
    """Why a message did not go, for the page and the log: no address and no secret in it."""

    UNREACHABLE = "unreachable"
    TOO_MANY = "too_many"
    UNAUTHORISED = "unauthorised"
    REFUSED = "refused"
    GONE = "gone"
    NO_TLS = "no_tls"
    BROKEN = "broken"
    INTERRUPTED = "interrupted"
    EXPIRED = "expired"
    CLOSED = "closed"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"
    NOT_OFFERED = "not_offered"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try; `retry_after` is what the other side asked for."""

    outcome: Outcome
    why: Why | None = None
    retry_after: timedelta | None = None


SENT = Answer(Outcome.SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a message: its state, when it is tried next, and why."""

    state: MessageState
    next_try_at: datetime | None
    why: Why | None


def after_try(answer: Answer, *, tries: int, now: datetime) -> Fate:
    """Return what becomes of a message after its `tries`-th try."""
    assert tries >= 1
    if answer.outcome is Outcome.SENT:
        return Fate(state=MessageState.SENT, next_try_at=None, why=None)
    if answer.outcome is not Outcome.LATER or tries >= TRIES_MAX:
        return Fate(state=MessageState.DEAD, next_try_at=None, why=answer.why)
    wait = min(BACKOFF_FIRST * BACKOFF_FACTOR ** (tries - 1), BACKOFF_MAX)
    wait = max(wait, min(answer.retry_after or wait, EXPIRES_AFTER))
    return Fate(state=MessageState.WAITING, next_try_at=now + wait, why=answer.why)


def after_interruption(*, was_doubtful: bool, now: datetime) -> Fate:
    """Return what becomes of a message whose try was cut off: it may have gone.

    It is tried once more, and is marked as one that may come twice; cut off again, it is dead.
    """
    if was_doubtful:
        return Fate(state=MessageState.DEAD, next_try_at=None, why=Why.INTERRUPTED)
    return Fate(state=MessageState.WAITING, next_try_at=now, why=Why.INTERRUPTED)


def sound_address(channel: Channel, typed: str) -> str:
    """Return an address as it is used, or refuse it: e-mail, chat id, number with country code."""
    text = typed.strip()
    if channel is Channel.EMAIL and len(text) <= 254 and EMAIL.fullmatch(text):
        return text
    if channel is Channel.TELEGRAM and CHAT.fullmatch(text):
        return text
    if channel is Channel.WHATSAPP:
        digits = re.sub(r"[\s().+-]", "", text)
        digits = "62" + digits[1:] if digits.startswith("0") else digits  # Indonesia: E.164, 62
        if NUMBER.fullmatch(digits):
            return digits
    raise Malformed("This is no address for this channel.", code="alert_address")


def masked(channel: Channel, address: str) -> str:
    """Return so much of an address that its owner knows it again, and nobody else can use it."""
    if channel is Channel.EMAIL:
        name, _, place = address.partition("@")
        return f"{name[:2]}…@{place}"
    return f"…{address[-4:]}"
