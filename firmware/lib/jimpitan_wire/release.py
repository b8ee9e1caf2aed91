"""A release of the firmware: a manifest that names its files, and how it travels in blocks.

The manifest is a CBOR sequence: a head, then an entry a file. Its SHA-256 is the fingerprint of
the release and covers every byte of it, because each entry carries the SHA-256 of its file.
"""

from jimpitan_wire import cbor
from jimpitan_wire.errors import Malformed, TooLarge

FORMAT = 1
BLOCK_LENGTH = 1024
MANIFEST_LENGTH_MAX = 16_384
FILES_MAX = 160
FILE_LENGTH_MAX = 65_536
PATH_LENGTH_MAX = 64
ENTRY_LENGTH_MAX = 128  # of one encoded entry or head
TEXT_LENGTH_MAX = 32
HASH_LENGTH = 32
CONTENT_LENGTH_MAX = 1 << 20
# What the publisher signs (Ed25519): these bytes, then the manifest.
SIGNED_PREFIX = b"jimpitan/1/release"
FILE_MARK = "jimpitan release"
DIGITS = "0123456789"
PATH_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789_."
# A release for a board with a ROM partition is one image, cut into sectors of flash.
SECTOR_LENGTH = 4096  # what the flash of the ESP32 erases at once
ROM_SECTORS = 64  # of one slot: 256 KB
ROM_SECTOR_PREFIX = "rom_"
ROM_MACHINE_SUFFIX = "-rom"  # of the machine that such a release is made for


class Head:
    """What a manifest says of the whole: number and floor are numbers of versions."""

    def __init__(self, number: int, floor: int, version: str, machine: str, files: int) -> None:
        self.number = number
        self.floor = floor
        self.version = version
        self.machine = machine
        self.files = files

    def encoded(self) -> bytes:
        """Return the head as it stands in a manifest."""
        return cbor.encode(
            [FORMAT, self.number, self.floor, self.version, self.machine, self.files]
        )


class Entry:
    """One file: its path below the slot (`package/module.mpy`), length in bytes and SHA-256."""

    def __init__(self, path: str, length: int, sha256: bytes) -> None:
        self.path = path
        self.length = length
        self.sha256 = sha256

    def encoded(self) -> bytes:
        """Return the entry as it stands in a manifest."""
        return cbor.encode([self.path, self.length, self.sha256])


def number_of(version: str) -> int:
    """Return the number of a version `x.y.z`, each part below 1000; raise on any other text."""
    parts = version.split(".")
    number = 0
    if len(parts) != 3:
        raise Malformed("a version has three parts")
    for part in parts:
        if not 0 < len(part) <= 3 or [one for one in part if one not in DIGITS]:
            raise Malformed("a part of a version is a number below 1000")
        if str(int(part)) != part:
            raise Malformed("a part of a version is a number below 1000")
        number = number * 1000 + int(part)
    return number


def sector_name(number: int) -> str:
    """Return under which path a sector of an image stands in a manifest."""
    return ROM_SECTOR_PREFIX + "%03d" % number


def sector_number(path: str) -> "int | None":
    """Return which sector of a slot that path is, None when it is none."""
    digits = path[len(ROM_SECTOR_PREFIX) :]
    if path[: len(ROM_SECTOR_PREFIX)] != ROM_SECTOR_PREFIX or len(digits) != 3:
        return None
    if [one for one in digits if one not in DIGITS] or int(digits) >= ROM_SECTORS:
        return None
    return int(digits)


def read_head(raw: bytes) -> "tuple[Head, int]":
    """Return the head with which `raw` begins, checked, and its length."""
    fields, end = cbor.decode_at(raw, 0, 0)
    if not isinstance(fields, list) or len(fields) != 6 or fields[0] != FORMAT:
        raise Malformed("no manifest of a known format")
    _, number, floor, version, machine, files = fields
    for value, value_max in ((number, 999_999_999), (floor, number), (files, FILES_MAX)):
        if value is True or value is False or not isinstance(value, int):
            raise Malformed("a number of the manifest is no number")
        if not 0 <= value <= value_max:
            raise Malformed("a number of the manifest is out of bounds")
    for value in (version, machine):
        if not isinstance(value, str) or not 0 < len(value) <= TEXT_LENGTH_MAX:
            raise Malformed("a text of the manifest has no right length")
    if end > ENTRY_LENGTH_MAX:
        raise TooLarge("a head has at most 128 bytes")
    if number_of(version) != number or not files:
        raise Malformed("the manifest contradicts itself")
    return Head(number, floor, version, machine, files), end


def read_entry(raw: bytes, start: int) -> "tuple[Entry, int]":
    """Return the entry that begins at `start`, checked, and the position after it."""
    fields, end = cbor.decode_at(raw, start, 0)
    if not isinstance(fields, list) or len(fields) != 3:
        raise Malformed("an entry has three fields")
    path, length, sha256 = fields
    if length is True or length is False or not isinstance(length, int):
        raise Malformed("the length of a file is no number")
    if not 0 <= length <= FILE_LENGTH_MAX:
        raise TooLarge("a file has at most 65536 bytes")
    if not isinstance(sha256, bytes) or len(sha256) != HASH_LENGTH:
        raise Malformed("a hash has 32 bytes")
    return Entry(_checked_path(path), length, sha256), end


def _checked_path(path: object) -> str:
    """Return a path that cannot leave the slot: `name` or `package/name`."""
    if not isinstance(path, str) or not 0 < len(path) <= PATH_LENGTH_MAX:
        raise Malformed("a path has 1 to 64 characters")
    parts = path.split("/")
    if len(parts) > 2:
        raise Malformed("a path has one folder at most")
    for part in parts:
        if not part or part[0] == ".":
            raise Malformed("a part of a path is empty or hidden")
        for character in part:
            if character not in PATH_CHARACTERS:
                raise Malformed("a path has only a-z, 0-9, underscore and dot")
    return path


def read_manifest(manifest: bytes) -> "tuple[Head, list[Entry]]":
    """Return head and entries of a whole manifest; for hosts, a box reads entry by entry."""
    if len(manifest) > MANIFEST_LENGTH_MAX:
        raise TooLarge("a manifest has at most 16384 bytes")
    head, at = read_head(manifest)
    entries: "list[Entry]" = []
    length = 0
    for _ in range(head.files):
        entry, at = read_entry(manifest, at)
        entries.append(entry)
        length += entry.length
    if at != len(manifest):
        raise Malformed("bytes follow the manifest")
    paths = [entry.path for entry in entries]
    if paths != sorted(set(paths)):
        raise Malformed("the files do not stand in rising order, each once")
    folders = {path.split("/")[0] for path in paths if "/" in path}
    if folders.intersection(paths) or "manifest" in folders.union(paths):
        raise Malformed("a file has the name of a folder or of the manifest")
    if length > CONTENT_LENGTH_MAX:
        raise TooLarge("a release has at most one megabyte")
    return head, entries


def encode_manifest(head: Head, entries: "list[Entry]") -> bytes:
    """Return the manifest of these files, which stand in rising order of their paths."""
    return head.encoded() + b"".join([entry.encoded() for entry in entries])
