"""Defects planted on purpose, to show that the check finds them. Never part of the product.

What lives in the boxes is planted here; what lives in gateway and server is planted by
`whole.plant`, in the processes of those programs.
"""

from typing import Any

from jimpitan_box import keeper
from jimpitan_wire import cose

DEFECTS = (
    "ack-before-commit",
    "spool-synchronous-off",
    "no-unique-key",
    "seq-reset-at-boot",
    "mac-skips-body",
    "notification-booked-twice",
)
COVERED_LENGTH = 24  # of the sealed payload: epoch, boot, seq and time, but no body


def plant_in_boxes(defect: str) -> None:
    """Break the firmware of this process in the named way, or leave it whole."""
    if defect == "seq-reset-at-boot":
        _reset_sequence_at_boot()
    elif defect == "mac-skips-body":
        skip_body_in_tag()


def _reset_sequence_at_boot() -> None:
    load = keeper.Keeper._load

    def load_and_reset(self: Any) -> None:
        load(self)
        self._next_seq = 1
        self.journal._is_sealed = True

    keeper.Keeper._load = load_and_reset  # type: ignore[method-assign]


def skip_body_in_tag() -> None:
    """Let the tag of every sealed message cover its first bytes only."""
    tag = cose.Key.tag

    def short_tag(self: cose.Key, *parts: bytes) -> bytes:
        return tag(self, parts[0], parts[1][:COVERED_LENGTH])

    cose.Key.tag = short_tag  # type: ignore[method-assign]
