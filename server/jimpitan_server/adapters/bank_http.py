"""Sends a question to a bank over HTTPS: bounded in time and size, followed nowhere else."""

import asyncio
import random
import secrets
from collections.abc import Mapping

import httpx

from jimpitan_server.adapters import snap
from jimpitan_server.domain.clock import Clock
from jimpitan_server.services.ask_bank import Answer, Outside, Unanswered

TIMEOUT_S = 30  # Finpay answers within 30 s; nobody documents more
ANSWER_BYTES_MAX = 32 * 1024 * 1024  # a month of 100,000 lines
# BRI wants 9 digits, SNAP at most 36; unique in a day.
EXTERNAL_ID_DIGITS = 9


async def send(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Return what a bank answered; it is asked anew on a connection of its own each time."""
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as http,
            http.stream("POST", url, headers=dict(headers), content=body) as answer,
        ):
            content = bytearray()
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > ANSWER_BYTES_MAX:
                    raise Unanswered
            return Answer(answer.status_code, bytes(content))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Unanswered from error


def outside(clock: Clock) -> Outside:
    """Return the world as it is."""
    chance = random.SystemRandom()
    return Outside(
        send=send,
        pause=asyncio.sleep,
        now=clock.now,
        draw=chance.random,
        external_id=lambda: str(secrets.randbelow(10**EXTERNAL_ID_DIGITS)).zfill(
            EXTERNAL_ID_DIGITS
        ),
        sign=snap.sign,
    )
