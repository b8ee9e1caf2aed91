"""What a box said, as lines for a person."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime

from jimpitan_gateway.errors import FileRefused

WORDS = {
    "provisioned": "has an identity",
    "box": "box",
    "epoch": "key epoch",
    "version": "firmware",
    "unacked": "records the server has not acknowledged",
    "head": "last record",
    "acked": "acknowledged up to",
    "online": "connected to the broker",
    "battery_mv": "battery (mV)",
    "journal_permille": "journal full (per mille)",
    "lid_open": "lid open",
    "slot_blocked": "slot blocked",
    "calibrated": "calibrated",
    "boot": "power-ons",
    "dropped": "events lost because the flash refused",
    "rejected": "passages that were no deposit",
    "rssi_dbm": "Wi-Fi (dBm)",
}
PEM = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def status_lines(found: dict[str, object]) -> str:
    """Return the status, the most wanted first."""
    lines = [f"{words}: {_said(found[name])}" for name, words in WORDS.items() if name in found]
    uptime_ms, wall_s = found.get("uptime_ms"), found.get("wall_s")
    if isinstance(uptime_ms, int):
        lines.append(f"power on since: {uptime_ms // 3_600_000} h {uptime_ms // 60_000 % 60} min")
        lines.append(f"clock: {_clock(wall_s, found.get('wall_uncertainty_s'))}")
    if found.get("staged_box"):
        lines.append("a provisioning was begun and not finished: run it again")
    return "\n".join(lines)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def _clock(wall_s: object, uncertainty_s: object) -> str:
    if not isinstance(wall_s, int):
        return "not known (the server tells it)"
    return f"{datetime.fromtimestamp(wall_s, UTC):%Y-%m-%d %H:%M:%S} UTC ± {uncertainty_s} s"


def log_lines(forgotten: int, entries: Sequence[tuple[int, str, int]]) -> str:
    """Return the events, oldest first, with the seconds since power on."""
    lines = [f"{at // 1000:>8} s  {word} {number}" for at, word, number in entries]
    if forgotten:
        lines.insert(0, f"({forgotten} older ones are forgotten)")
    return "\n".join(lines) or "Nothing happened yet."


def der_of(certificate: bytes) -> bytes:
    """Return a certificate as DER, from PEM or DER; a box keeps the shorter form."""
    if not certificate.lstrip().startswith(PEM[0]):
        return certificate
    body = certificate.partition(PEM[0])[2].partition(PEM[1])[0]
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as error:
        raise FileRefused("The CA file is no certificate in PEM or DER form.") from error
