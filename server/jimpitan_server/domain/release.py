"""A release of the firmware, as its publisher signed it."""

from dataclasses import dataclass
from datetime import datetime

SHORT_LENGTH = 16  # hex digits of a fingerprint that a box reports
FINGERPRINT_PATTERN = r"^[0-9a-f]{64}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a release says of itself; its `fingerprint` is the SHA-256 of the manifest in hex."""

    fingerprint: str
    version: str
    number: int
    floor: int
    machine: str
    files: int
    manifest_length: int
    content_length: int

    @property
    def short(self) -> str:
        """Return the part of the fingerprint that boxes name."""
        return self.fingerprint[:SHORT_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRelease:
    """A release with the bytes that prove it, checked in the form it came in."""

    release: Release
    manifest: bytes
    signature: bytes
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRelease:
    """A release that is kept, and who added it when."""

    release: Release
    actor: str
    added_at: datetime
