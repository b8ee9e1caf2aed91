"""Sends a question to a bank over HTTPS: bounded in time and size, followed nowhere else."""

import asyncio
import random
import secrets
from collections.abc import Mapping

from jimpitan_server.adapters import snap
from jimpitan_server.adapters.bounded_post import Silent, bounded_post
from jimpitan_server.domain.clock import Clock
from jimpitan_server.services.ask_bank import Answer, Outside, Unanswered

TIMEOUT_S = 30  # Finpay answers within 30 s; nobody documents more
ANSWER_BYTES_MAX = 32 * 1024 * 1024  # a month of 100,000 lines
# BRI wants 9 digits, SNAP at most 36; unique in a day.
EXTERNAL_ID_DIGITS = 9


async def send(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Return what a bank answered; it is asked anew on a connection of its own each time."""
    try:
        found = await bounded_post(
            url, headers, body, timeout_s=TIMEOUT_S, bytes_max=ANSWER_BYTES_MAX
        )
    except Silent as error:
        raise Unanswered from error
    return Answer(found.status, found.body)


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
