"""Examines a gateway: settings, clock, broker, server, spool and disk, each with the next step."""

import difflib
import os
import shutil
import socket
import sqlite3
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jimpitan_gateway.certificates import valid_until
from jimpitan_gateway.errors import GatewayError
from jimpitan_gateway.releases import public_key
from jimpitan_gateway.server_door import HttpDoor
from jimpitan_gateway.settings import Settings
from jimpitan_gateway.spool import Spool

PREFIX = "JIMPITAN_GATEWAY_"
FREE_BYTES_MIN = 100_000_000
RENEWAL = timedelta(days=21)
STANDSTILL_MS = 3_600_000
CLOCK_FIRST_MS = 1_767_225_600_000  # 1 January 2026: nothing of this program is older
CLOCK_DIFFERENCE_MS = 120_000
LOOPBACK = ("localhost", "127.0.0.1", "::1")

FreeBytes = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Return how much room the disk of a folder has."""
    return shutil.disk_usage(folder).free


def examine(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    now_ms: int,
    free: FreeBytes = free_bytes,
) -> dict[str, str]:
    """Return by name what is wrong with each thing that is looked at, "" when nothing is."""
    return {
        "settings": _settings(settings, environment),
        "broker": _broker(settings),
        "certificate": _certificate(settings, now_ms),
        "server": _server(settings),
        "spool": _spool(settings, now_ms),
        "disk": _disk(settings, free),
    }


def _settings(settings: Settings, environment: Mapping[str, str]) -> str:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]}?" if near else "remove it."
            return f"{name} is no setting of the gateway: {meant}"
    if settings.broker_host not in LOOPBACK and settings.broker_ca is None:
        return (
            "JIMPITAN_GATEWAY_BROKER_CA is not set, so the password goes to the broker in the"
            " clear: set it to ca.crt and JIMPITAN_GATEWAY_BROKER_PORT to 8883."
        )
    if settings.server_url.startswith("http:") and not _is_near(settings.server_url):
        return (
            "JIMPITAN_GATEWAY_SERVER_URL begins with http, so the token goes to the server in the"
            " clear: let it begin with https."
        )
    try:
        if settings.publisher_key:
            public_key(settings.publisher_key)
    except GatewayError as error:
        return f"JIMPITAN_GATEWAY_PUBLISHER_KEY: {error}"
    return ""


def _is_near(url: str) -> bool:
    return url.partition("//")[2].partition("/")[0].rpartition(":")[0].strip("[]") in LOOPBACK


def _broker(settings: Settings) -> str:
    try:
        socket.create_connection((settings.broker_host, settings.broker_port), 5).close()
    except OSError as error:
        return (
            f"No broker answers at {settings.broker_host}:{settings.broker_port} ({error})."
            " Start mosquitto or correct JIMPITAN_GATEWAY_BROKER_HOST."
        )
    return ""


def _certificate(settings: Settings, now_ms: int) -> str:
    """Look until when the authority and what the broker shows are good."""
    if settings.broker_ca is None:
        return ""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    try:
        shown = {"authority": settings.broker_ca.read_bytes()}
    except OSError as error:
        return f"JIMPITAN_GATEWAY_BROKER_CA cannot be read ({error.strerror}): name ca.crt."
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = (settings.broker_host, settings.broker_port)
    try:
        with (
            socket.create_connection(address, 5) as connection,
            context.wrap_socket(connection, server_hostname=settings.broker_host) as tls,
        ):
            der = tls.getpeercert(binary_form=True) or b""
            shown["broker"] = ssl.DER_cert_to_PEM_cert(der).encode()
    except OSError:
        pass  # that nobody answers is told of the broker already
    for whose, content in shown.items():
        try:
            last = valid_until(content)
        except (GatewayError, ValueError) as error:
            return f"The certificate of the {whose} cannot be read: {error}."
        if now >= last - RENEWAL:
            return (
                f"The certificate of the {whose} ends on {last:%Y-%m-%d}: make a new one with"
                " `jimpitan-gateway broker-files … --name …`, and restart the broker."
            )
    return ""


def _server(settings: Settings) -> str:
    if settings.server_token is None:
        return (
            "JIMPITAN_GATEWAY_SERVER_TOKEN is not set: make a token with"
            " `jimpitan-server gateway add`."
        )
    door = HttpDoor(url=settings.server_url, token=settings.server_token.get_secret_value())
    try:
        door.post([])
    except GatewayError as error:
        return f"{error} ({settings.server_url})"
    finally:
        door.close()
    return ""


def _spool(settings: Settings, now_ms: int) -> str:
    """Look whether the clock is right, the file whole, and messages get on."""
    if now_ms < CLOCK_FIRST_MS:
        return "The clock of this machine stands before 2026: let it ask a time server."
    if not settings.spool.exists():
        return ""
    try:
        with closing(sqlite3.connect(settings.spool, timeout=5)) as connection:
            told = connection.execute("PRAGMA quick_check").fetchone()[0]
            newest = connection.execute("SELECT max(received_ms) FROM message").fetchone()[0]
            oldest = connection.execute("SELECT min(received_ms) FROM message").fetchone()[0]
        spool = Spool(settings.spool)
        relayed_ms = spool.progress().get("relayed_ms", 0)
        spool.close()
    except (sqlite3.Error, GatewayError) as error:
        told, newest, oldest, relayed_ms = str(error), None, None, 0
    if told != "ok":
        return (
            f"The spool {settings.spool} is damaged ({told}): move it away and restore the newest"
            " backup; boxes send again what the server does not hold."
        )
    if max(newest or 0, relayed_ms) > now_ms + CLOCK_DIFFERENCE_MS:
        return "The clock of this machine went back: let it ask a time server."
    if oldest is not None and now_ms - max(oldest, relayed_ms) > STANDSTILL_MS:
        return (
            "Messages have waited for more than an hour and none was relayed: look whether"
            " `jimpitan-gateway run` runs, and at what it says of the server."
        )
    return ""


def _disk(settings: Settings, free: FreeBytes) -> str:
    folder = settings.spool.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return f"The folder {folder} of JIMPITAN_GATEWAY_SPOOL cannot be written: make it."
    room = free(folder)
    if room < FREE_BYTES_MIN:
        return f"Only {room // 1_000_000} MB are free for the spool: make room."
    return ""
