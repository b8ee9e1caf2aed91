"""The profiles of signatures that come with the program, and those a person describes."""

import json
from functools import cache
from importlib import resources

from jimpitan_server.domain.bank_profile import (
    ProfileUnsound,
    SigningProfile,
    signing_profile_of,
)

PROFILE_LENGTH_MAX = 10_000
STANDARD = "snap-asymmetric"


@cache
def ready_made() -> dict[str, SigningProfile]:
    """Return the profiles that come with the program, by name, read when first needed."""
    file = resources.files("jimpitan_server.adapters") / "bank_profiles.json"
    described = json.loads(file.read_text(encoding="utf-8"))
    return {name: signing_profile_of(name, fields) for name, fields in described.items()}


def profile_named(name: str) -> SigningProfile:
    """Return a profile that comes with the program, or say which there are."""
    found = ready_made().get(name)
    if found is None:
        there = ", ".join(sorted(ready_made()))
        raise ProfileUnsound(f"There is no profile {name[:40]!r}; there are {there}.")
    return found


def profile_described(name: str, text: str) -> SigningProfile:
    """Return the profile that a JSON text describes."""
    if len(text) > PROFILE_LENGTH_MAX:
        raise ProfileUnsound(f"Profile {name[:40]!r}: its description is too long.")
    try:
        described = json.loads(text)
    except (ValueError, RecursionError):
        raise ProfileUnsound(f"Profile {name[:40]!r}: its description is no JSON.") from None
    return signing_profile_of(name, described)
