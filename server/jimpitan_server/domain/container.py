"""Containers: sensor boxes and plain cans, and where they stand."""

from dataclasses import dataclass
from enum import StrEnum

from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.ids import BoxId

TEXT_LENGTH_MAX = 120


class Tier(StrEnum):
    """What a container can say of itself."""

    SENSOR = "sensor"
    """It has sensors, a key and records."""
    CAN = "can"
    """A plain can with a sticker id: its dossier begins at the count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container, its tier, and where it stands now: site and host, empty where nobody said."""

    box: BoxId
    tier: Tier
    site: str = ""
    host: str = ""


def place_text(text: str) -> str:
    """Return the name of a site or host as it is kept, or refuse it."""
    told = " ".join(text.split())
    if len(told) > TEXT_LENGTH_MAX or not told.isprintable():
        raise Malformed(f"A site or host has at most {TEXT_LENGTH_MAX} characters.")
    return told
