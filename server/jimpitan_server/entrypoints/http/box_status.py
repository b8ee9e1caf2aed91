"""How a box is, in words a person can act on; no figure of money stands here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping

from jimpitan_server.domain.container import Container, Tier

# A single lithium cell under load: below 3.5 V a day or two are left, below 3.3 V hours.
BATTERY_LOW_MV, BATTERY_EMPTY_MV = 3_500, 3_300
JOURNAL_FULL_PERMILLE = 800


@dataclass(frozen=True, slots=True)
class BoxStatus:
    """One box on a page: `state` is good, watch or act; `advice` names what to do, if anything.

    The advice is a key of the templates' words, so that it is said in the reader's language.
    """

    box: str
    state: str
    advice: tuple[str, ...]
    last_seen_at: datetime | None
    battery_mv: int | None
    journal_permille: int | None
    is_lid_open: bool | None
    head_seq: int
    seq_max: int
    tag_max: str
    gaps_open: int
    deposits: int
    unacked: int | None
    rssi_dbm: int | None
    firmware: str | None
    gateway: str | None
    tier: str = Tier.SENSOR.value
    site: str = ""


def status_of(row: RowMapping, *, now: datetime, stale_after: timedelta) -> BoxStatus:
    """Return the status of a box from its row."""
    urgent, mild = _advice(row, now, stale_after)
    return BoxStatus(
        box=row["box_id"],
        state="act" if urgent else "watch" if mild else "good",
        advice=(*urgent, *mild),
        last_seen_at=row["last_seen_at"],
        battery_mv=row["battery_mv"],
        journal_permille=row["journal_permille"],
        is_lid_open=row["lid_open"],
        head_seq=row["head_seq"],
        seq_max=row["seq_max"],
        tag_max=bytes(row["tag_max"]).hex()[:8],
        gaps_open=row["gaps_open"],
        deposits=row["deposits"],
        unacked=row["unacked"],
        rssi_dbm=row["rssi_dbm"],
        firmware=row["firmware"],
        gateway=row["gateway_id"],
    )


def status_of_can(can: Container) -> BoxStatus:
    """Return how a plain can is: it says nothing of itself, so nothing is wrong with it."""
    return BoxStatus(
        box=can.box,
        state="good",
        advice=(),
        last_seen_at=None,
        battery_mv=None,
        journal_permille=None,
        is_lid_open=None,
        head_seq=0,
        seq_max=0,
        tag_max="",
        gaps_open=0,
        deposits=0,
        unacked=None,
        rssi_dbm=None,
        firmware=None,
        gateway=None,
        tier=can.tier.value,
        site=can.site,
    )


def _advice(row: RowMapping, now: datetime, stale_after: timedelta) -> tuple[list[str], list[str]]:
    """Return what must be done now and what to keep an eye on."""
    urgent, mild = [], []
    last_seen_at = row["last_seen_at"]
    if last_seen_at is None:
        mild.append("never_seen")
    elif now - last_seen_at > stale_after:
        urgent.append("silent")
    battery_mv = row["battery_mv"] or 0
    if 0 < battery_mv < BATTERY_EMPTY_MV:
        urgent.append("battery_empty")
    elif 0 < battery_mv < BATTERY_LOW_MV:
        mild.append("battery_low")
    if row["lid_open"]:
        urgent.append("lid_open")
    if row["slot_blocked"]:
        urgent.append("slot_blocked")
    if (row["journal_permille"] or 0) > JOURNAL_FULL_PERMILLE:
        mild.append("journal_full")
    if row["gaps_open"]:
        mild.append("gaps_open")
    return urgent, mild
