"""Posts to the services that carry alerts: bounded in time and size, followed nowhere else."""

import email.utils
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from jimpitan_server.adapters.bounded_post import Answered, bounded_post
from jimpitan_server.domain.alert_message import SENT, Answer, Outcome, Why

TIMEOUT_S = 20
ANSWER_BYTES_MAX = 64 * 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")
JSON_TYPE = {"Content-Type": "application/json"}


Post = Callable[[str, Mapping[str, str], bytes], Awaitable[Answered]]


async def post(url: str, headers: Mapping[str, str], body: bytes) -> Answered:
    """Return what a service answered; raise `Silent` when nothing came of it."""
    return await bounded_post(url, headers, body, timeout_s=TIMEOUT_S, bytes_max=ANSWER_BYTES_MAX)


def is_safe_url(url: str) -> bool:
    """Tell whether what goes there is protected on its way: https, or this machine itself."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    )


def retry_after(answered: Answered, now: datetime) -> timedelta | None:
    """Return how long Retry-After asks to wait: seconds or a date (RFC 9110, section 10.2.3)."""
    told = answered.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit() and len(told) < 10:
        return timedelta(seconds=int(told))
    try:
        at = email.utils.parsedate_to_datetime(told)
    except ValueError:
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta())


def of_status(answered: Answered, now: datetime) -> Answer:
    """Return what an answer means where its body says nothing more exact."""
    status = answered.status
    if 200 <= status < 300:
        return SENT
    if status == 429:
        return Answer(Outcome.LATER, Why.TOO_MANY, retry_after(answered, now))
    if status in {401, 403}:
        return Answer(Outcome.LATER, Why.UNAUTHORISED)
    if 400 <= status < 500 and status != 408:
        return Answer(Outcome.REFUSED, Why.REFUSED)
    return Answer(Outcome.LATER, Why.BROKEN, retry_after(answered, now))


UNREACHABLE = Answer(Outcome.LATER, Why.UNREACHABLE)
