"""The names of the MQTT topics and the rule for the id of a box."""

import binascii

from jimpitan_wire.errors import Malformed

ROOT = "jimpitan/1/"
RECORDS, STATE, DOWN = "records", "state", "down"
RELEASE = ROOT + "release/"
ALL_BLOCKS = RELEASE + "#"
ALL_RECORDS = ROOT + "+/" + RECORDS
ALL_STATES = ROOT + "+/" + STATE
ONLINE, OFFLINE = b"online", b"offline"
BOX_LENGTH_MAX = 32
BOX_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"


def checked_box(box: str) -> str:
    """Return `box` if it may stand in a topic: 1 to 32 of a–z, 0–9 and hyphen; else raise."""
    if not 0 < len(box) <= BOX_LENGTH_MAX:
        raise Malformed("a box id has 1 to 32 characters")
    if box == "release":
        raise Malformed("the topics of releases begin with that word")
    for character in box:
        if character not in BOX_CHARACTERS:
            raise Malformed("a box id has only a-z, 0-9 and hyphen")
    return box


def topic(box: str, leaf: str) -> str:
    """Return the topic of one box: leaf is RECORDS, STATE or DOWN."""
    return ROOT + checked_box(box) + "/" + leaf


def block_topic(fingerprint: bytes, block: int) -> str:
    """Return the topic on which a block of a release is retained, by the manifest's SHA-256."""
    return RELEASE + binascii.hexlify(fingerprint[:16]).decode() + "/%d" % block


def parse_topic(name: str) -> "tuple[str, str]":
    """Return (box, leaf) of a topic of ours, or raise `Malformed`."""
    parts = name.split("/")
    if len(parts) != 4 or parts[0] + "/" + parts[1] + "/" != ROOT:
        raise Malformed("not a topic of ours")
    if parts[3] not in {RECORDS, STATE, DOWN}:
        raise Malformed("not a topic of ours")
    return checked_box(parts[2]), parts[3]
