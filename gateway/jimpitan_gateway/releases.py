"""Carries releases of the firmware to the broker: fetched once, checked, retained in blocks.

A box asks the broker for the block it needs, so the gateway keeps no state of any download. The
gateway trusts the publisher's key in its own settings, not the server: what a hostile server
names is not carried.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jimpitan_wire import cbor, release, topics
from jimpitan_wire.errors import WireError

from jimpitan_gateway.errors import GatewayError, ReleaseRefused

RELEASES_MAX = 4
FILE_LENGTH_MAX = release.CONTENT_LENGTH_MAX + release.MANIFEST_LENGTH_MAX + 256
SIGNATURE_LENGTH = 64
REFUSED_STEPS = 60  # ten minutes at a step in ten seconds
NOTE = "release/"  # progress of the spool: how many blocks of a fingerprint are retained

Retained = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Release:
    """A release file whose every byte was checked."""

    manifest: bytes
    content: bytes
    head: release.Head
    fingerprint: bytes

    def blocks(self) -> Iterator[Retained]:
        """Yield (topic, payload) of every block."""
        stream = self.manifest + self.content
        for number, at in enumerate(range(0, len(stream), release.BLOCK_LENGTH)):
            topic = topics.block_topic(self.fingerprint, number)
            yield topic, stream[at : at + release.BLOCK_LENGTH]


def read_release(raw: bytes, publisher: bytes) -> Release:
    """Return a release file checked from end to end, or raise `ReleaseRefused`."""
    manifest, signature, content = _parts(raw)
    try:
        Ed25519PublicKey.from_public_bytes(publisher).verify(
            signature, release.SIGNED_PREFIX + manifest
        )
    except (InvalidSignature, ValueError) as error:
        raise ReleaseRefused("The release is not signed with the publisher's key.") from error
    try:
        head, entries = release.read_manifest(manifest)
    except WireError as error:
        raise ReleaseRefused(f"The manifest of the release is wrong: {error}.") from error
    at = 0
    for entry in entries:
        if hashlib.sha256(content[at : at + entry.length]).digest() != entry.sha256:
            raise ReleaseRefused(f"{entry.path} in the release is damaged.")
        at += entry.length
    if at != len(content):
        raise ReleaseRefused("Bytes follow the last file of the release.")
    return Release(manifest, content, head, hashlib.sha256(manifest).digest())


def _parts(raw: bytes) -> tuple[bytes, bytes, bytes]:
    if len(raw) > FILE_LENGTH_MAX:
        raise ReleaseRefused("The release is longer than one megabyte.")
    try:
        fields = cbor.decode(raw)
    except WireError as error:
        raise ReleaseRefused("This is no release file.") from error
    if not isinstance(fields, list) or fields[:2] != [release.FILE_MARK, release.FORMAT]:
        raise ReleaseRefused("This is no release file.")
    if len(fields) != 5 or not all(isinstance(one, bytes) for one in fields[2:]):
        raise ReleaseRefused("The release file is not whole.")
    manifest, signature, content = fields[2:]
    if len(signature) != SIGNATURE_LENGTH:
        raise ReleaseRefused("The signature of the release has not 64 bytes.")
    return manifest, signature, content


class ReleaseDoor(Protocol):
    """The server's door for releases."""

    def releases(self) -> Sequence[str]:
        """Return the fingerprints, as hex, of the releases that boxes may be ordered to fetch."""
        ...

    def release(self, fingerprint: str) -> bytes:
        """Return a whole release file."""
        ...


@dataclass(slots=True)
class Carrier:
    """What is carried now: releases by fingerprint, and on which connection each was retained.

    `waits` says how many steps a refused release is left alone; `refused` counts refusals.
    """

    publisher: bytes
    retain: Callable[[Iterable[Retained]], bool]
    note: Callable[[str, int], None]
    releases: dict[str, Release] = field(default_factory=dict)
    retained_on: dict[str, int] = field(default_factory=dict)
    waits: dict[str, int] = field(default_factory=dict)
    refused: int = 0


def step_releases(
    carrier: Carrier, door: ReleaseDoor, *, noted: Mapping[str, int], connection: int
) -> list[str]:
    """Bring the broker to what the server names; return sentences for the log.

    `noted` is what the spool remembers of earlier processes; `connection` counts connections to
    the broker: on a new one everything is retained again, because a broker may forget. Raises a
    `GatewayError` when the server does not answer; the next step goes on where this one was.
    """
    wanted = list(door.releases())[:RELEASES_MAX]
    said = [sentence for name in wanted for sentence in _carry(carrier, door, name, connection)]
    for name, blocks in noted.items():
        fingerprint = name.removeprefix(NOTE)
        if name.startswith(NOTE) and blocks and fingerprint not in wanted:
            if carrier.retain(_emptied(fingerprint, blocks)):
                carrier.note(name, 0)
            carrier.releases.pop(fingerprint, None)
            carrier.retained_on.pop(fingerprint, None)
            said.append(f"release {fingerprint[:16]} is no longer offered to boxes")
    return said


def _carry(
    carrier: Carrier, door: ReleaseDoor, fingerprint: str, connection: int
) -> Iterator[str]:
    if carrier.retained_on.get(fingerprint) == connection:
        return
    if carrier.waits.get(fingerprint, 0) > 0:
        carrier.waits[fingerprint] -= 1
        return
    try:
        found = carrier.releases.get(fingerprint) or _fetched(carrier, door, fingerprint)
    except ReleaseRefused as error:
        # It may have been a captive portal's page: the file is asked for again, but seldom.
        carrier.waits[fingerprint] = REFUSED_STEPS
        carrier.refused += 1
        yield f"release {fingerprint[:16]} is refused: {error}"
        return
    carrier.releases[fingerprint] = found
    blocks = list(found.blocks())
    # Noted first: what was only half retained is emptied too when it is no longer wanted.
    carrier.note(NOTE + fingerprint, len(blocks))
    if not carrier.retain(blocks):
        yield f"release {fingerprint[:16]}: not all blocks found room, the next step tries again"
        return
    carrier.retained_on[fingerprint] = connection
    yield f"release {fingerprint[:16]} is offered to boxes in {len(blocks)} blocks"


def _fetched(carrier: Carrier, door: ReleaseDoor, fingerprint: str) -> Release:
    found = read_release(door.release(fingerprint), carrier.publisher)
    if found.fingerprint.hex() != fingerprint:
        raise ReleaseRefused("The server sent another release than it named.")
    return found


def _emptied(fingerprint: str, blocks: int) -> list[Retained]:
    """Return what makes a broker forget the blocks of a release: an empty retained message."""
    raw = bytes.fromhex(fingerprint)
    return [(topics.block_topic(raw, number), b"") for number in range(blocks)]


def public_key(text: str) -> bytes:
    """Return the 32 bytes of the publisher's key from its hex, or raise `GatewayError`."""
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise GatewayError("JIMPITAN_GATEWAY_PUBLISHER_KEY has to be 64 hex digits.")
    return key
