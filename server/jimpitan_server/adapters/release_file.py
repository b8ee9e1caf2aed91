"""Reads and writes the file in which a release travels between people, and checks all of it.

["jimpitan release", 1, manifest, signature, content] in deterministic CBOR; see jimpitan.cddl.
"""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jimpitan_wire import cbor
from jimpitan_wire import release as wire
from jimpitan_wire.errors import WireError

from jimpitan_server.domain.errors import Malformed, TooLarge
from jimpitan_server.domain.release import Release, SignedRelease

VERSION = 1
SIGNATURE_LENGTH = 64
# The manifest and the content at their largest, and the few bytes around them.
FILE_LENGTH_MAX = wire.CONTENT_LENGTH_MAX + wire.MANIFEST_LENGTH_MAX + 1024


def read_release_file(file: bytes, publisher_key: bytes) -> SignedRelease:
    """Return the release in a file, or say in one sentence what is wrong with it."""
    if len(file) > FILE_LENGTH_MAX:
        raise TooLarge(f"A release file has at most {FILE_LENGTH_MAX} bytes.")
    manifest, signature, content = _parts(file)
    _check_signature(manifest, signature, publisher_key)
    try:
        head, entries = wire.read_manifest(manifest)
    except WireError as error:
        raise _unsound(f"Its manifest cannot be read: {error}.") from error
    _check_content(entries, content)
    return SignedRelease(
        release=Release(
            fingerprint=hashlib.sha256(manifest).hexdigest(),
            version=head.version,
            number=head.number,
            floor=head.floor,
            machine=head.machine,
            files=head.files,
            manifest_length=len(manifest),
            content_length=len(content),
        ),
        manifest=manifest,
        signature=signature,
        content=content,
    )


def write_release_file(signed: SignedRelease) -> bytes:
    """Return the file of a release, byte for byte as it was taken in."""
    return cbor.encode(
        [wire.FILE_MARK, VERSION, signed.manifest, signed.signature, signed.content]
    )


def _parts(file: bytes) -> tuple[bytes, bytes, bytes]:
    try:
        fields = cbor.decode(file)
    except WireError as error:
        raise _unsound("It is no release file, or it was cut off.") from error
    if not isinstance(fields, list) or len(fields) != 5 or fields[0] != wire.FILE_MARK:
        raise _unsound("It is no release file.")
    if fields[1] != VERSION:
        raise _unsound(f"It has version {fields[1]}; this server reads {VERSION}.")
    manifest, signature, content = fields[2:]
    if not all(isinstance(part, bytes) for part in fields[2:]):
        raise _unsound("Its parts are no byte strings.")
    if len(signature) != SIGNATURE_LENGTH:
        raise _unsound("Its signature has not 64 bytes.")
    return manifest, signature, content


def _check_signature(manifest: bytes, signature: bytes, publisher_key: bytes) -> None:
    try:
        key = Ed25519PublicKey.from_public_bytes(publisher_key)
        key.verify(signature, wire.SIGNED_PREFIX + manifest)
    except InvalidSignature as error:
        raise _unsound(
            "The publisher whose key is in JIMPITAN_PUBLISHER_KEY did not sign it."
        ) from error


def _check_content(entries: list[wire.Entry], content: bytes) -> None:
    at = 0
    for entry in entries:
        file = content[at : at + entry.length]
        if hashlib.sha256(file).digest() != entry.sha256:
            raise _unsound(f"{entry.path} is not the file that was signed.")
        at += entry.length
    if at != len(content):
        raise _unsound("Bytes follow its last file.")


def _unsound(sentence: str) -> Malformed:
    return Malformed(f"This release is not taken in. {sentence}", code="release_unsound")
