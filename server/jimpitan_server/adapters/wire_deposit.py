"""Reads a sealed deposit in one look: nearly every record is one, in one form.

The pattern is the deterministic encoding of a whole envelope around a deposit with the four
facts of its body. Each alternative of it begins with another byte and only shortest forms
match, so what it recognises is canonical and nothing is left to decode; the one thing that a
pattern cannot tell, that the length before the payload is its length, is compared afterwards.
What it does not recognise goes the exact way; both ways give the same answer (a property test
holds them against each other).
"""

import re
from typing import NamedTuple

from jimpitan_wire import cose, records

from jimpitan_server.adapters.wire_fields import NUMBER, UPTIME
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.record import BoxRecord

GUESSES_MAX = 4  # one for each form of a deposit in the wire's grammar
_GUESS = rb"\x82" + NUMBER + NUMBER
_GUESSES = b"|".join(
    bytes([0x80 + number]) + b"(?:%s){%d}" % (_GUESS, number) for number in range(GUESSES_MAX + 1)
)
# A payload of a record has 24 to 255 bytes here: its length stands in one byte after 58.
_SEALED = re.compile(
    re.escape(cose.PREFIX) + rb"(\x58."
    rb"\xa9\x01(" + NUMBER + rb")\x02(" + NUMBER + rb")\x03(?!\x00)(" + NUMBER
    + rb")\x04(" + UPTIME + rb")\x05(" + NUMBER + rb"|\xf6)\x06(" + NUMBER
    + rb")\x07\x48(.{8})\x08" + bytes([records.DEPOSIT])
    + rb"\x09\xa4\x01" + NUMBER + rb"\x02" + NUMBER + rb"\x03" + NUMBER
    + rb"\x04(?:" + _GUESSES + rb"))" + re.escape(cose.TAG_HEAD) + rb"(.{32})",
    re.DOTALL,
)  # fmt: skip
_HEAD_LENGTH = 2
# A number's bytes without its head, by how many bytes stand with it (a small one is its head).
_MASK = (0, 0xFF, 0xFF, 0xFFFF, 0, 0xFFFFFFFF, 0, 0, 0, 2**64 - 1)
_NULL = b"\xf6"


class SealedDeposit(NamedTuple):
    """A deposit whose form was checked and whose tag was not, and the bytes the tag covers."""

    record: BoxRecord
    body: bytes


def deposit_at(box: BoxId, message: bytes, at: int) -> SealedDeposit | None:
    """Return the deposit whose envelope begins at this place, or None for everything else."""
    found = _SEALED.match(message, at)
    if found is None:
        return None
    body, epoch, boot, seq, uptime_ms, wall_s, uncertainty_s, prev, tag = found.groups()
    if body[1] != len(body) - _HEAD_LENGTH:
        return None
    number = int.from_bytes
    record = BoxRecord(
        box,
        number(epoch, "big") & _MASK[len(epoch)],
        number(boot, "big") & _MASK[len(boot)],
        number(seq, "big") & _MASK[len(seq)],
        number(uptime_ms, "big") & _MASK[len(uptime_ms)],
        None if wall_s == _NULL else number(wall_s, "big") & _MASK[len(wall_s)],
        number(uncertainty_s, "big") & _MASK[len(uncertainty_s)],
        prev,
        records.DEPOSIT,
        tag,
        found[0],
    )
    return SealedDeposit(record, body)
