"""Posts to a service of somebody else: bounded in time and size, followed nowhere else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Answered:
    """What a service answered; its body is no longer than was allowed."""

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
    """No answer came, or none that can be read; an address may hold a token, so none is told."""


async def bounded_post(
    url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float, bytes_max: int
) -> Answered:
    """Return what a service answered, on a connection of its own; else raise `Silent`."""
    try:
        async with (
            httpx.AsyncClient(timeout=timeout_s, trust_env=False, follow_redirects=False) as http,
            http.stream("POST", url, headers=dict(headers), content=body) as answer,
        ):
            content = bytearray()
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > bytes_max:
                    raise Silent
            return Answered(answer.status_code, dict(answer.headers), bytes(content))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise Silent from None  # the error would name the address, and with it the token
