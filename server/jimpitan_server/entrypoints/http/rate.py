"""Bounds how fast one client may knock at each door, with a bounded memory of clients."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from jimpitan_server.adapters.metrics import Metrics
from jimpitan_server.entrypoints.http.errors import error_answer
from jimpitan_server.services.bank_message import NOTIFY_SERVICE, TOKEN_SERVICE, too_many

CLIENTS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Door:
    """How many requests at once, and how many per second after that, one client may send."""

    name: str
    burst: int
    per_s: float


LOGIN = Door("login", burst=10, per_s=0.2)
# A donor checks one sticker; a hall of donors behind one address may check a few.
CHECK = Door("check", burst=20, per_s=0.2)
ENROLMENT = Door("enrolment", burst=10, per_s=0.2)
GATEWAY = Door("gateway", burst=400, per_s=200)
BANK = Door("bank", burst=400, per_s=200)
PUBLIC = Door("public", burst=200, per_s=50)
# First match wins; (method, beginning of the path).
DOORS: tuple[tuple[str, str, Door], ...] = (
    ("POST", "/masuk", LOGIN),
    ("POST", "/api/v1/sessions", LOGIN),
    ("POST", "/cek", CHECK),
    ("POST", "/konfirmasi", CHECK),
    ("POST", "/pin", LOGIN),
    ("POST", "/hp", LOGIN),
    ("POST", "/undangan", LOGIN),
    ("POST", "/saya/sandi", LOGIN),
    ("POST", "/admin/peringatan/alamat", CHECK),
    ("POST", "/api/v1/boxes/enrol", ENROLMENT),
    ("", "/api/v1/records", GATEWAY),
    ("", "/api/v1/down", GATEWAY),
    ("", "/api/v1/releases", GATEWAY),
)


# Banks knock at paths with any beginning: SNAP service by the end of the path.
SERVICES = {
    "/access-token/b2b": TOKEN_SERVICE,
    "/qr-mpm-notify": NOTIFY_SERVICE,
    "/qr-mpm-notif": NOTIFY_SERVICE,
}


def service_of(path: str) -> str | None:
    """Return the SNAP service that a path belongs to, if it is one of a bank's door."""
    return next((found for end, found in SERVICES.items() if path.endswith(end)), None)


def door_of(method: str, path: str) -> Door:
    """Return the door that a request knocks at."""
    if method == "POST" and service_of(path) is not None:
        return BANK
    for wanted, beginning, door in DOORS:
        if path.startswith(beginning) and wanted in {"", method}:
            return door
    return PUBLIC


class Buckets:
    """Token buckets by door and client; the one unused longest is forgotten first."""

    def __init__(self, clients_max: int = CLIENTS_MAX) -> None:
        self._clients_max = clients_max
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, door: Door, client: str, now_s: float) -> bool:
        """Take one token; say whether there was one."""
        key = door.name, client
        left, since_s = self._left.pop(key, (float(door.burst), now_s))
        left = min(left + max(now_s - since_s, 0.0) * door.per_s, float(door.burst))
        is_free = left >= 1
        self._left[key] = (left - 1 if is_free else left), now_s
        while len(self._left) > self._clients_max:
            self._left.popitem(last=False)
        return is_free


class RateLimit:
    """Middleware that answers 429 when a client is too quick."""

    def __init__(self, app: ASGIApp, metrics: Metrics, buckets: Buckets | None = None) -> None:
        self._app = app
        self._metrics = metrics
        self._buckets = buckets or Buckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        door = door_of(scope["method"], scope["path"])
        client = scope["client"][0] if scope.get("client") else ""
        if self._buckets.take(door, client, asyncio.get_running_loop().time()):
            await self._app(scope, receive, send)
            return
        self._metrics.limited.labels(door.name).inc()
        await _refusal(scope["path"], door)(scope, receive, send)


def _refusal(path: str, door: Door) -> JSONResponse:
    """Return the answer to who is too quick; a bank is told in its own words."""
    wait = {"Retry-After": "5"}
    service = service_of(path)
    if door is BANK and service is not None:
        told = too_many(service)
        content = {"responseCode": told.code, "responseMessage": told.message}
        return JSONResponse(content, told.status, wait)
    sentence = "Too many requests from this address; wait a moment."
    return error_answer(429, "too_many", sentence, wait)
