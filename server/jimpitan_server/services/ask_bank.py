"""Asks a bank as SNAP BI has it: token kept until shortly before its end, retries, no hurry.

Everything that touches the world comes by argument (`Outside`), so that a test steps it: sending,
waiting, the time, chance, signing.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.bank_connection import BankConnection
from jimpitan_server.domain.bank_day import WIB
from jimpitan_server.domain.errors import Conflict, Unavailable
from jimpitan_server.domain.signing import Algorithm, Encoding, Part, texts_to_sign

ATTEMPTS_MAX = 4
BACK_OFF_S_MAX = 30.0
# No bank documents its limit; one question a second is slower than any that is known.
SPACING = timedelta(seconds=1)
RENEW_BEFORE = timedelta(seconds=60)
# What a bank says its token is good for is believed within these bounds.
TOKEN_S_MIN, TOKEN_S_MAX, TOKEN_S_UNSAID = 61, 3600, 900
STATUS_AGAIN = {408, 409, 429, 500, 502, 503, 504}
NOT_FOUND_CASE = "01"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the HTTP status and the body."""

    status: int
    body: bytes


class Unanswered(Exception):
    """Nothing came back, or more than we read."""


class BankSilent(Unavailable):
    """A bank did not answer, or asked us to wait, more often than we try in one go."""

    code = "bank_silent"


class BankRefused(Conflict):
    """A bank answered that it does not take our question: look at keys, paths and ids."""

    code = "bank_refused"

    def __init__(self, sentence: str, response_code: str) -> None:
        super().__init__(sentence)
        self.response_code = response_code


class SignText(Protocol):
    """Signs a text with a key of ours."""

    def __call__(
        self, *, algorithm: Algorithm, encoding: Encoding, key: bytes, text: bytes
    ) -> str:
        """Return the signature as it is written into a header."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The world, as far as asking a bank needs it."""

    send: Callable[[str, Mapping[str, str], bytes], Awaitable[Answer]]
    pause: Callable[[float], Awaitable[object]]
    now: Callable[[], datetime]
    draw: Callable[[], float]
    external_id: Callable[[], str]
    sign: SignText


@dataclass(slots=True)
class Line:
    """Our line to one bank: keys, the token it gave us, and when we may ask next."""

    connection: BankConnection
    key: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    token: str = field(default="", repr=False)
    token_until: datetime | None = None
    free_at: datetime | None = None


async def ask(line: Line, outside: Outside, *, path: str, content: Mapping[str, object]) -> bytes:
    """Return the body of a successful answer, or raise `BankSilent` or `BankRefused`."""
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()

    async def once() -> Answer:
        token = await _token(line, outside)
        headers = _headers(line, outside, path=path, body=body, token=token)
        return await _send(line, outside, path, headers, body)

    answer = await _again_and_again(line, outside, once)
    if answer.status < 300:
        return answer.body
    raise _refusal(line, answer)


async def _again_and_again(
    line: Line, outside: Outside, once: Callable[[], Awaitable[Answer]]
) -> Answer:
    """Try until there is an answer that trying again would not change; wait longer each time."""
    renewed = False
    for attempt in range(ATTEMPTS_MAX):
        try:
            answer = await once()
        except Unanswered:
            answer = Answer(503, b"")
        if answer.status == 401 and line.token and not renewed:
            line.token, renewed = "", True  # it may have ended before its time
            continue
        if answer.status not in STATUS_AGAIN:
            return answer
        await outside.pause(min(2.0**attempt, BACK_OFF_S_MAX) * (0.5 + outside.draw()))
    raise BankSilent(
        f"Bank {line.connection.partner_id} did not answer, or asked us to wait; it is asked"
        " again later."
    )


async def _token(line: Line, outside: Outside) -> str:
    """Return a token that is good for a minute at least; none where the bank wants none."""
    if not line.connection.needs_token:
        return ""
    until = line.token_until
    if line.token and until is not None and outside.now() < until - RENEW_BEFORE:
        return line.token
    asked_at = outside.now()
    timestamp = _timestamp(asked_at)
    signature = outside.sign(
        algorithm=Algorithm.RSA_SHA256,
        encoding=Encoding.BASE64,
        key=line.key,
        text=f"{line.connection.client_id}|{timestamp}".encode(),
    )
    headers = {
        "Content-Type": "application/json",
        "X-CLIENT-KEY": line.connection.client_id,
        "X-TIMESTAMP": timestamp,
        "X-SIGNATURE": signature,
    }
    body = b'{"grantType":"client_credentials"}'
    answer = await _send(line, outside, line.connection.token_path, headers, body)
    if answer.status in STATUS_AGAIN:
        raise Unanswered
    told = _fields(answer.body)
    token = told.get("accessToken")
    if answer.status >= 300 or not isinstance(token, str) or not token.isascii():
        raise _refusal(line, answer)
    line.token, line.token_until = token, asked_at + _valid(told.get("expiresIn"))
    return token


def _valid(told: object) -> timedelta:
    """Return how long a token is good for; banks write a number or a text."""
    text = str(told)
    seconds = int(text) if text.isascii() and text.isdecimal() else TOKEN_S_UNSAID
    return timedelta(seconds=min(max(seconds, TOKEN_S_MIN), TOKEN_S_MAX))


def _headers(
    line: Line, outside: Outside, *, path: str, body: bytes, token: str
) -> dict[str, str]:
    connection, timestamp = line.connection, _timestamp(outside.now())
    profile = connection.profile
    values = {
        Part.PATH: path,
        Part.TOKEN: token,
        Part.TIMESTAMP: timestamp,
        Part.CLIENT: connection.client_id,
    }
    text = texts_to_sign(profile.text, profile.body_forms, values, body)[0]
    headers = {
        "Content-Type": "application/json",
        "X-TIMESTAMP": timestamp,
        "X-SIGNATURE": outside.sign(
            algorithm=profile.algorithm,
            encoding=profile.encoding,
            key=line.secret if connection.needs_secret else line.key,
            text=text,
        ),
        "X-PARTNER-ID": connection.client_id,
        "X-EXTERNAL-ID": outside.external_id(),
        "CHANNEL-ID": connection.channel_id,
    }
    return headers | ({"Authorization": f"Bearer {token}"} if token else {})


async def _send(
    line: Line, outside: Outside, path: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Send when the bank has had time since the last question."""
    now = outside.now()
    if line.free_at is not None and line.free_at > now:
        await outside.pause((line.free_at - now).total_seconds())
    line.free_at = max(now, line.free_at or now) + SPACING
    return await outside.send(f"{line.connection.base_url}{path}", headers, body)


def _timestamp(now: datetime) -> str:
    return now.astimezone(WIB).isoformat(timespec="seconds")


def _fields(body: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _refusal(line: Line, answer: Answer) -> BankRefused:
    code = str(_fields(answer.body).get("responseCode", ""))[:7]
    named = code if code.isdecimal() else str(answer.status)
    sentence = f"Bank {line.connection.partner_id} refused our question with {named}."
    return BankRefused(sentence, named)


def is_not_found(error: BankRefused) -> bool:
    """Tell whether a bank says that there is no such transaction (404, service 51, case 01)."""
    return error.response_code == f"40451{NOT_FOUND_CASE}"
