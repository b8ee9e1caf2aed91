"""The statement layouts we know, one file for each bank in `layouts/`, with their sources.

A layout is tried on a bank's real file with a dry run before it is trusted: banks change their
exports without telling anyone.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

from jimpitan_server.domain.money_errors import ProfileMalformed
from jimpitan_server.domain.statement_profile import StatementProfile, profile_of

LAYOUTS = Path(__file__).parent / "layouts"
# In a layout of one's own: more than any bank's columns need.
DESCRIPTION_LENGTH_MAX = 100_000


@cache
def known_profiles() -> Mapping[str, StatementProfile]:
    """Return every layout by its name, read when first needed."""
    found = {}
    for file in sorted(LAYOUTS.glob("*.yaml")):
        for name, described in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            found[name] = profile_of(name, described)
    return MappingProxyType(found)


def profiles_named(name: str | None) -> tuple[StatementProfile, ...]:
    """Return one known layout, or all of them when none is wished for."""
    profiles = known_profiles()
    if not name:
        return tuple(profiles.values())
    if name not in profiles:
        raise ProfileMalformed(f"no profile {name!r}; there are {', '.join(sorted(profiles))}")
    return (profiles[name],)


def described_profile(name: str, text: str) -> StatementProfile:
    """Return the layout that a person describes in YAML or JSON."""
    if len(text) > DESCRIPTION_LENGTH_MAX or "&" in text:  # no anchors: they can grow without end
        raise ProfileMalformed(f"{name} is too long for a profile, or has anchors")
    try:
        described = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ProfileMalformed(f"{name} is neither YAML nor JSON: {error}") from None
    if not isinstance(described, dict):
        raise ProfileMalformed(f"{name} does not describe a profile")
    return profile_of(name, described)
