"""Examines what lies around the database: disks, folders, backups, the public address."""

import os
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from jimpitan_server.adapters.backup_desk import backups_in, made_at, read_manifest
from jimpitan_server.domain.errors import ServerError
from jimpitan_server.entrypoints.doctor_history import Finding
from jimpitan_server.entrypoints.doctor_settings import database_file
from jimpitan_server.settings import Settings

FREE_BYTES_MIN = 500_000_000
# A certificate that ends within this time is renewed now: whoever does it may be on leave.
RENEWAL = timedelta(days=21)
CONNECT_S = 5.0

FreeBytes = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Return how much room the disk of a folder has."""
    return shutil.disk_usage(folder).free


def examine_places(
    settings: Settings, now: datetime, *, is_in_use: bool, free: FreeBytes = free_bytes
) -> list[Finding]:
    """Return what is fine around the database and what is not; `is_in_use` once boxes report."""
    return [
        *_folders(settings, free),
        _backups(settings, now, is_in_use=is_in_use),
        *_public(settings, now),
    ]


def _folders(settings: Settings, free: FreeBytes) -> Iterator[Finding]:
    file = database_file(settings)
    named = {
        "JIMPITAN_DATABASE_URL": None if file is None else file.absolute().parent,
        "JIMPITAN_BACKUP_FOLDER": settings.backup_folder,
        "JIMPITAN_SEALS_FOLDER": settings.seals_folder,
    }
    for setting, folder in named.items():
        if folder is None:
            continue
        there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            sentence = (
                f"The folder {folder} of {setting} cannot be written: make it, give it to the user"
                " of the server, or plug its disk in."
            )
            yield Finding("folder", False, sentence)
            continue
        room = free(there)
        if room < FREE_BYTES_MIN:
            sentence = (
                f"Only {room // 1_000_000} MB are free in {folder} of {setting}: make room, or"
                " records of boxes are soon refused."
            )
            yield Finding("disk", False, sentence)
        else:
            yield Finding("disk", True, f"{folder} has room, and can be written.")


def _backups(settings: Settings, now: datetime, *, is_in_use: bool) -> Finding:
    folder = settings.backup_folder
    if folder is None:
        sentence = "No backups are made: set JIMPITAN_BACKUP_FOLDER to a folder on another disk."
        return Finding("backup", not is_in_use, sentence)
    newest = next(iter(backups_in(folder)), None)
    if newest is None:
        sentence = f"There is no backup in {folder}: jimpitan-server backup {folder} --verify"
        return Finding("backup", not is_in_use, sentence)
    age = now - made_at(newest)
    if age > 2 * timedelta(hours=settings.backup_every_hours):
        sentence = (
            f"The newest backup is {age.days} days and {age.seconds // 3600} hours old: look for"
            " backup_failed in the log, or whether the server is running."
        )
        return Finding("backup", False, sentence)
    try:
        manifest = read_manifest(newest, settings.master_secret())
    except ServerError as error:
        return Finding("backup", False, f"{error.sentence} Make a new one at once.")
    said = f"{newest.name} holds {manifest.total} rows and can be opened."
    return Finding("backup", True, f"{said} `backup verify` restores it for proof.")


def _public(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look whether people reach the server where receipts send them, and until when."""
    if settings.public_url is None:
        return
    parts = urlsplit(settings.public_url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), CONNECT_S) as connection:
            if parts.scheme == "https":
                yield _certificate(_certificate_of(connection, host), host, now)
    except (OSError, ValueError) as error:
        sentence = (
            f"Nobody answers at JIMPITAN_PUBLIC_URL ({host}:{port}: {error}): look at the reverse"
            " proxy, the name and the network."
        )
        yield Finding("public_url", False, sentence)
        return
    yield Finding("public_url", True, f"{host}:{port} answers.")


def _certificate_of(connection: socket.socket, host: str) -> bytes:
    """Return what the other side shows; it is looked at here, and trusted by nobody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(connection, server_hostname=host) as tls:
        return tls.getpeercert(binary_form=True) or b""


def _certificate(shown: bytes, host: str, now: datetime) -> Finding:
    certificate = x509.load_der_x509_certificate(shown)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < first:
        sentence = (
            f"The certificate of {host} begins on {first:%Y-%m-%d}: is the clock of this machine"
            " right?"
        )
        return Finding("certificate", False, sentence)
    if now >= last:
        sentence = f"The certificate of {host} ended on {last:%Y-%m-%d}: renew it now."
        return Finding("certificate", False, sentence)
    if now >= last - RENEWAL:
        sentence = (
            f"The certificate of {host} ends on {last:%Y-%m-%d}, in {(last - now).days} days:"
            " renew it, and look why it was not renewed by itself."
        )
        return Finding("certificate", False, sentence)
    return Finding("certificate", True, f"The certificate of {host} holds until {last:%Y-%m-%d}.")
