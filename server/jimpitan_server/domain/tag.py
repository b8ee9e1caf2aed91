"""Tags: short words that admins give to boxes to speak of several at once."""

import re
from collections.abc import Iterable

from jimpitan_server.domain.errors import Malformed

TAGS_MAX = 16
TAG_PATTERN = r"^[a-z0-9-]{1,32}$"
_TAG = re.compile(r"[a-z0-9-]{1,32}")


def is_tag(text: str) -> bool:
    """Say whether this may be a tag."""
    return _TAG.fullmatch(text) is not None


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags in order, each once, or say what is wrong with them."""
    wanted = sorted(set(tags))
    for tag in wanted:
        if not is_tag(tag):
            raise Malformed("A tag has 1 to 32 characters of a-z, 0-9 and hyphen.", code="tag")
    if len(wanted) > TAGS_MAX:
        raise Malformed(f"A box has at most {TAGS_MAX} tags.", code="tag")
    return tuple(wanted)
