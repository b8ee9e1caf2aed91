"""The opaque ids of the things the server keeps."""

import re
from typing import NewType

BoxId = NewType("BoxId", str)
GatewayId = NewType("GatewayId", str)
UserId = NewType("UserId", str)

BOX_PATTERN = r"^[a-z0-9-]{1,32}$"
_BOX = re.compile(r"[a-z0-9-]{1,32}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


def is_box_id(text: str) -> bool:
    """Say whether this may be the id of a box: it stands in topics and under signatures."""
    return _BOX.fullmatch(text) is not None


def is_short_name(text: str) -> bool:
    """Say whether this may be the id of a gateway or a person's login name."""
    return _NAME.fullmatch(text) is not None
