"""What belongs to a count beside the money: the second person, the seals, the bag."""

from dataclasses import dataclass
from datetime import datetime

from jimpitan_server.domain.ids import BoxId


@dataclass(frozen=True, slots=True, kw_only=True)
class CountPapers:
    """The papers of a count that stands.

    `seal_found` is None when nobody said what was on the box, and empty when no seal was there.
    """

    collection_id: str
    box: BoxId
    lid_at: datetime
    witness_demanded: bool
    is_witnessed: bool
    seal_found: str | None = None
    seal_put_on: str | None = None
    bag: str | None = None


def number_read(text: str) -> str:
    """Return a number of a seal or bag as it is compared: without spaces, dots and case."""
    return "".join(one for one in text.upper() if one.isalnum())
