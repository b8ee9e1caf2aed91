"""The file of a backup: sealed frames that tell a cut, exchanged or foreign file.

`MAGIC`, 32 random bytes, then frames: a length of four bytes (big-endian) and an AES-256-GCM
ciphertext. The key comes from HKDF-SHA256 (RFC 5869) over the master key with the random bytes
as salt, so that it serves one file only. The nonce is the number of the frame and whether it is
the last one (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015): a frame
that is missing, moved or repeated does not open, and neither does a file that was cut.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jimpitan_server.domain.errors import Malformed

MAGIC = b"jimpitan-backup/1\n"
SALT_LENGTH = 32
TAG_LENGTH = 16
# One row may hold a release of the firmware; nothing that the doors take in is longer.
FRAME_LENGTH_MAX = 64 * 1024 * 1024
LENGTH = struct.Struct(">I")


class SealedWriter:
    """Writes frames one after the other; the last one must be said to be it."""

    def __init__(self, out: BinaryIO, master: bytes) -> None:
        salt = os.urandom(SALT_LENGTH)
        self._out, self._cipher, self._number = out, _cipher(master, salt), 0
        out.write(MAGIC + salt)

    def write(self, plain: bytes, *, is_last: bool = False) -> None:
        """Seal and write one frame; raise `Malformed` when the disk refuses it."""
        assert len(plain) + TAG_LENGTH <= FRAME_LENGTH_MAX
        sealed = self._cipher.encrypt(_nonce(self._number, is_last=is_last), plain, MAGIC)
        try:
            self._out.write(LENGTH.pack(len(sealed)) + sealed)
        except OSError as error:
            raise not_written(error) from None
        self._number += 1


def not_written(error: OSError) -> Malformed:
    """Return the refusal of a folder or disk that takes no backup."""
    sentence = f"The backup cannot be written: {error.strerror}. Name another folder."
    return Malformed(sentence, code="backup_folder")


def frames(file: Path, master: bytes) -> Iterator[bytes]:
    """Return the frames of a file, one in memory at a time.

    Raises `Malformed` where the file is none of ours, was changed or cut, or when another
    master key sealed it.
    """
    try:
        with file.open("rb") as content:
            beginning = content.read(len(MAGIC) + SALT_LENGTH)
            if not beginning.startswith(MAGIC) or len(beginning) < len(MAGIC) + SALT_LENGTH:
                raise Malformed(f"{file} is no backup of this program.", code="backup_unsound")
            yield from _opened(content, _cipher(master, beginning[len(MAGIC) :]), file)
    except OSError as error:
        sentence = f"{file} cannot be read: {error.strerror}."
        raise Malformed(sentence, code="backup_unsound") from None


def _opened(content: BinaryIO, cipher: AESGCM, file: Path) -> Iterator[bytes]:
    number, sealed = 0, _frame(content)
    while sealed is not None:
        following = _frame(content)
        try:
            nonce = _nonce(number, is_last=following is None)
            yield cipher.decrypt(nonce, sealed, MAGIC)
        except InvalidTag:
            why = (
                "JIMPITAN_MASTER_KEY is not the one it was made with, or the file was changed"
                if number == 0
                else "it was cut or changed: take another one"
            )
            sentence = f"{file} cannot be opened: {why}."
            raise Malformed(sentence, code="backup_unsound") from None
        number, sealed = number + 1, following
    if number == 0:
        raise Malformed(f"{file} ends before its first part.", code="backup_unsound")


def _frame(content: BinaryIO) -> bytes | None:
    """Return the next ciphertext; b"", which nothing opens, where the file was cut."""
    head = content.read(LENGTH.size)
    if not head:
        return None
    length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else 0
    if not TAG_LENGTH <= length <= FRAME_LENGTH_MAX:
        return bytes(TAG_LENGTH)
    sealed = content.read(length)
    return sealed if len(sealed) == length else bytes(TAG_LENGTH)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(8, "big") + bytes([is_last]) + bytes(3)


def _cipher(master: bytes, salt: bytes) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=MAGIC).derive(master)
    return AESGCM(derived)
