"""Makes a release of the firmware: compiles it, lists its files, and signs the list.

The publisher's private key stays in one file of the publisher; everybody else has the public key.
"""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jimpitan_wire import cbor, release
from jimpitan_wire.errors import WireError

from jimpitan_gateway.bench.images import compiled, firmware_files, slot_files, version_of
from jimpitan_gateway.bench.rom import rom_image, sectors_of
from jimpitan_gateway.errors import FileRefused

OTHERS = 0o077
MPY_MARK = ord("M")


def make_key(path: Path) -> bytes:
    """Write a new private key that only its owner can read; return the public key."""
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError as error:
        raise FileRefused(f"{path} is there already; a key is never written over.") from error
    except OSError as error:
        raise FileRefused(f"{path} cannot be written: {error.strerror}.") from error
    return key.public_key().public_bytes_raw()


def read_key(path: Path) -> Ed25519PrivateKey:
    """Return the publisher's private key; refuse one that others can read."""
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror}.") from error
    if os.name == "posix" and mode & OTHERS:
        raise FileRefused(f"Others can read {path}: chmod 600 it first.")
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FileRefused(f"{path} holds no private key.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise FileRefused(f"{path} holds a key of another kind; an Ed25519 key is needed.")
    return key


def made_files(folder: Path, *, as_files: bool = False) -> tuple[str, str, dict[str, bytes]]:
    """Return (version, machine, files by path below a slot) of a `firmware` folder, compiled.

    They are the sectors of an image, or with `as_files` the modules one by one, for boards whose
    MicroPython runs nothing from ROM.
    """
    source = firmware_files(folder)
    files = slot_files(compiled(source))
    version, machine = version_of(source), machine_of(files)
    if as_files:
        return version, machine, files
    return version, machine + release.ROM_MACHINE_SUFFIX, sectors_of(rom_image(files))


def machine_of(files: dict[str, bytes]) -> str:
    """Return what these files were compiled for, as the board calls itself."""
    versions = {content[1] for content in files.values() if content[:1] == bytes((MPY_MARK,))}
    if len(versions) != 1:
        raise FileRefused("The compiler wrote no bytecode, or of several versions.")
    return f"esp32s3-mpy{versions.pop()}"


def release_file(
    files: dict[str, bytes], key: Ed25519PrivateKey, *, version: str, floor: str, machine: str
) -> bytes:
    """Return a release file of these files, signed."""
    paths = sorted(files)
    try:
        head = release.Head(
            release.number_of(version), release.number_of(floor), version, machine, len(paths)
        )
        manifest = release.encode_manifest(
            head,
            [
                release.Entry(path, len(files[path]), hashlib.sha256(files[path]).digest())
                for path in paths
            ],
        )
        release.read_manifest(manifest)
    except WireError as error:
        raise FileRefused(f"This cannot be a release: {error}.") from error
    signature = key.sign(release.SIGNED_PREFIX + manifest)
    content = b"".join(files[path] for path in paths)
    return cbor.encode([release.FILE_MARK, release.FORMAT, manifest, signature, content])
