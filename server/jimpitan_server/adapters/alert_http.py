"""Posts to the services that carry alerts: bounded in time and size, followed nowhere else."""

import email.utils
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from jimpitan_server.domain.alert_message import SENT, Answer, Outcome, Why

TIMEOUT_S = 20
ANSWER_BYTES_MAX = 64 * 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")
JSON_TYPE = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Answered:
    """What a service answered; its body is at most 64 KiB long."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def fields(self) -> dict[str, Any]:
        """Return the JSON object of the body; empty where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Silent(Exception):
    """No answer came, or none that can be read; the address was in what was asked, so not here."""


Post = Callable[[str, Mapping[str, str], bytes], Awaitable[Answered]]


async def post(url: str, headers: Mapping[str, str], body: bytes) -> Answered:
    """Return what a service answered; raise `Silent` when nothing came of it."""
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as http,
            http.stream("POST", url, headers=dict(headers), content=body) as answer,
        ):
            content = bytearray()
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > ANSWER_BYTES_MAX:
                    raise Silent
            return Answered(answer.status_code, dict(answer.headers), bytes(content))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise Silent from None  # the error would name the address, and with it the token


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
