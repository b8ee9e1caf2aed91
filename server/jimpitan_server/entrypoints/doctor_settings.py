"""Examines the settings: names nobody knows, secrets that can be guessed, doors left open."""

import difflib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import make_url

from jimpitan_server.adapters.alert_http import is_safe_url
from jimpitan_server.entrypoints.alerting import channel_settings
from jimpitan_server.entrypoints.doctor_history import Finding
from jimpitan_server.settings import Settings

PREFIX = "JIMPITAN_"
OTHER_PROGRAMS = "JIMPITAN_GATEWAY_"
# 128 bits in hexadecimal or base64 have at least so many characters: NIST SP 800-57 calls
# secrets of that strength good beyond 2030.
TOKEN_LENGTH_MIN = 22
PASSWORD_LENGTH_MIN = 12
DATABASE_LOCAL = ("", "localhost", "127.0.0.1", "::1")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def examine_settings(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong with settings that are each valid; one good finding when nothing is."""
    wrong = [
        *_unknown(environment),
        *_secrets(settings),
        *_doors(settings),
        *_amounts(settings),
        *_files(settings),
        *_channels(settings),
    ]
    return wrong or [Finding("settings", True, "Every setting is known, and fits the others.")]


def _unknown(environment: Mapping[str, str]) -> Iterator[Finding]:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name.startswith(OTHER_PROGRAMS) or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        meant = f": did you mean {near[0]}?" if near else ": remove it."
        yield Finding("setting_unknown", False, f"{name} is no setting of this server{meant}")


def _secrets(settings: Settings) -> Iterator[Finding]:
    token = settings.metrics_token
    if token is not None and len(token.get_secret_value()) < TOKEN_LENGTH_MIN:
        sentence = "JIMPITAN_METRICS_TOKEN can be guessed: take 32 random characters."
        yield Finding("secret_weak", False, sentence)
    url = make_url(settings.database_url)
    if url.host in (None, *DATABASE_LOCAL) and not url.password:
        return
    if len(url.password or "") < PASSWORD_LENGTH_MIN or url.password == url.username:
        sentence = (
            "The password in JIMPITAN_DATABASE_URL can be guessed: give the database's user one of"
            f" at least {PASSWORD_LENGTH_MIN} random characters."
        )
        yield Finding("secret_weak", False, sentence)


def _doors(settings: Settings) -> Iterator[Finding]:
    if settings.host not in LOOPBACK and not settings.https:
        sentence = (
            f"The server listens on {settings.host} and JIMPITAN_HTTPS is false: passwords cross"
            " the network in the clear. Put a reverse proxy with a certificate before it, listen"
            " on 127.0.0.1, and set JIMPITAN_HTTPS=true."
        )
        yield Finding("door_open", False, sentence)
    if "*" in settings.proxies_trusted:
        sentence = (
            "JIMPITAN_PROXIES_TRUSTED trusts everybody, who can then name any address as theirs:"
            " name the address of the reverse proxy."
        )
        yield Finding("door_open", False, sentence)
    if settings.https and (settings.public_url or "https:").startswith("http:"):
        sentence = (
            "JIMPITAN_HTTPS is true and JIMPITAN_PUBLIC_URL begins with http: people who follow a"
            " receipt cannot log in. Let it begin with https."
        )
        yield Finding("setting_contradiction", False, sentence)


def _amounts(settings: Settings) -> Iterator[Finding]:
    low, typical, high = (
        settings.gift_low_idr,
        settings.gift_typical_idr,
        settings.gift_high_idr,
    )
    if not low <= typical <= high:
        sentence = (
            f"JIMPITAN_GIFT_LOW_IDR, _TYPICAL_IDR and _HIGH_IDR are {low}, {typical} and {high}:"
            " they must rise."
        )
        yield Finding("setting_contradiction", False, sentence)


def _channels(settings: Settings) -> Iterator[Finding]:
    """Look whether a channel of alerts is set by half, or would go unprotected."""
    for sentence in _wrong_channels(settings):
        yield Finding("alert_channel", False, sentence)


def _wrong_channels(settings: Settings) -> Iterator[str]:
    host, sender = settings.alert_smtp_host, settings.alert_smtp_from
    if (host is None) != (sender is None) or (sender is not None and "@" not in sender):
        yield "E-mail needs JIMPITAN_ALERT_SMTP_HOST and an address in JIMPITAN_ALERT_SMTP_FROM."
    if host is not None and host not in LOOPBACK and settings.alert_smtp_tls == "none":
        yield "JIMPITAN_ALERT_SMTP_TLS is none beyond this machine, so no alert goes by e-mail."
    if (settings.alert_smtp_user is None) != (settings.alert_smtp_password is None):
        yield "JIMPITAN_ALERT_SMTP_USER and JIMPITAN_ALERT_SMTP_PASSWORD belong together."
    whatsapp = (settings.alert_whatsapp_token, settings.alert_whatsapp_phone_id)
    if (whatsapp[0] is None) != (whatsapp[1] is None):
        yield "WhatsApp needs JIMPITAN_ALERT_WHATSAPP_TOKEN and JIMPITAN_ALERT_WHATSAPP_PHONE_ID."
    for name in ("alert_telegram_url", "alert_whatsapp_url"):
        if not is_safe_url(getattr(settings, name)):
            yield f"JIMPITAN_{name.upper()} must begin with https."
    if settings.alert_push_contact is not None and not settings.https:
        yield (
            "Browsers are told only on https: set JIMPITAN_HTTPS=true, or take"
            " JIMPITAN_ALERT_PUSH_CONTACT away."
        )
    if settings.public_url is None and channel_settings(settings).offered():
        yield "Alerts carry no link: set JIMPITAN_PUBLIC_URL to where people reach this server."


def _files(settings: Settings) -> Iterator[Finding]:
    """Look whether others on this machine can read what only the server should."""
    path = database_file(settings)
    if path is None or os.name == "nt" or not path.exists():
        return
    readable = stat.S_IRGRP | stat.S_IROTH
    if path.stat().st_mode & readable and path.absolute().parent.stat().st_mode & stat.S_IXOTH:
        sentence = f"Others on this machine can read {path}: chmod 600 {path}"
        yield Finding("database_readable", False, sentence)


def database_file(settings: Settings) -> Path | None:
    """Return the file of a SQLite database, None for another kind."""
    url = make_url(settings.database_url)
    if not url.drivername.startswith("sqlite") or url.database is None:
        return None
    return Path(url.database)
