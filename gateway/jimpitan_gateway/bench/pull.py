"""Writes what a box keeps into a file that the server imports: a box without any network.

The file is a CBOR sequence (RFC 8742): first ["jimpitan-pull", 1, box id], then one byte string
for each message, exactly as it would have been published. Every record in it proves itself.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jimpitan_wire import cbor

from jimpitan_gateway.bench.box import Pulled
from jimpitan_gateway.errors import FileRefused

MARK = "jimpitan-pull"
VERSION = 1
FILE_LENGTH_MAX = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Written:
    """What lies in the file."""

    messages: int
    seq_last: int
    lost: int


def write_pull(path: Path, box: str, pulled: Iterable[Pulled]) -> Written:
    """Write all that was pulled; the file appears whole or not at all."""
    half = path.with_name(path.name + ".part")
    messages = seq_last = lost = 0
    try:
        with half.open("wb") as file:
            file.write(cbor.encode([MARK, VERSION, box]))
            for one in pulled:
                seq_last = one.seq_to
                if not one.message:
                    lost += one.seq_to - one.seq_from + 1
                    continue
                messages += 1
                file.write(cbor.encode(one.message))
                if file.tell() > FILE_LENGTH_MAX:
                    raise FileRefused("More records than one file carries (16 MB): use --from.")
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:
        raise FileRefused(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        half.unlink(missing_ok=True)
    return Written(messages, seq_last, lost)
