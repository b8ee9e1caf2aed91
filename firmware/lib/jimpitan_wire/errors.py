"""What can be wrong with bytes that claim to be ours.

WireError
├── Malformed      the bytes are no message of this grammar; keep them and look
│   └── NotCanonical   they could be read, but not in the one allowed way
├── NotGenuine     the tag does not fit the bytes, the box, the epoch or the direction
└── TooLarge       a value or message beyond the bounds of the grammar
"""


class WireError(Exception):
    """Root of every error that reading or writing the wire raises."""


class Malformed(WireError):
    """The bytes do not follow the grammar: refuse them, quarantine them."""


class NotCanonical(Malformed):
    """The bytes carry a value in an encoding other than the deterministic one."""


class NotGenuine(WireError):
    """The authentication tag does not fit: somebody else wrote or changed these bytes."""


class TooLarge(WireError):
    """More than the grammar allows: send less at once."""
