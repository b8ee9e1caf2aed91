"""Publishes seals outside the database: one JSON file a day, never written over."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jimpitan_server.domain.seal import SEAL_VERSION
from jimpitan_server.services.ports_ledger import SealRow


@dataclass(frozen=True, slots=True)
class SealFile:
    """A seal as it is published, with the hashes of the lines that its day added."""

    name: str
    content: bytes


def seal_file_name(day: date) -> str:
    """Return under which name the seal of a day is published."""
    return f"jimpitan-seal-{day.isoformat()}.json"


def seal_file(row: SealRow, leaves: Sequence[bytes]) -> SealFile:
    """Return the file of one day; anybody who keeps it can find which line was changed later."""
    described = {
        "version": SEAL_VERSION,
        "day": row.seal.day.isoformat(),
        "size": row.seal.size,
        "root": row.seal.root.hex(),
        "leaves": [leaf.hex() for leaf in leaves],
        "public_key": row.public_key.hex(),
        "signature": row.signature.hex(),
    }
    content = json.dumps(described, indent=1).encode() + b"\n"
    return SealFile(seal_file_name(row.seal.day), content)


def publish(folder: Path, file: SealFile) -> bool:
    """Write a file once, whole and durably; False when another content lies there already.

    Raises OSError when the folder cannot be written.
    """
    target = folder / file.name
    if target.exists():
        return target.read_bytes() == file.content
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f".{file.name}.half"
    with half.open("wb") as out:
        out.write(file.content)
        out.flush()
        os.fsync(out.fileno())
    half.replace(target)
    keep_name(folder)
    return True


def keep_name(folder: Path) -> None:
    """Let a new name outlive a power cut too, where folders can be synced."""
    if os.name == "nt":
        return
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
