"""The wire and the disk: what one record costs beside one bare HMAC."""

import hashlib
import hmac
import os
import tempfile
import time
from pathlib import Path

from jimpitan_server.adapters.wire import BoxChannel, epoch_key
from jimpitan_server.domain.ids import BoxId
from jimpitan_wire import cose, records

from benchmark.figures import Figure, held, percentile, seconds_each

SECRET = bytes(range(32))
BOX = "box-0001"


def sealed(seq: int, box: str = BOX, prev: bytes = bytes(8)) -> bytes:
    """Return one sealed deposit as a box makes it."""
    payload = records.payload(
        epoch=1,
        boot=3,
        seq=seq,
        uptime_ms=123_456 + seq,
        wall_s=1_795_300_000 + seq,
        wall_uncertainty_s=2,
        prev=prev,
        kind=records.DEPOSIT,
        body={1: 32_000, 2: 33_000, 3: 40_000, 4: [[1, 900], [2, 50], [0, 50]]},
    )
    return cose.seal(cose.Key(SECRET), cose.external_aad(box, 1, cose.UP), payload)


def measure() -> list[Figure]:
    """Return the figures of verifying, and of syncing to this disk."""
    envelope = sealed(17)
    channel = BoxChannel(BoxId(BOX), {1: epoch_key(SECRET, box=BOX, epoch=1)})
    bare = seconds_each(lambda: hmac.digest(SECRET, envelope, hashlib.sha256), 5_000)
    verify = seconds_each(lambda: channel.examine(envelope), 5_000)
    return [
        Figure("limit: one bare HMAC-SHA256", bare * 1e6, "us"),
        Figure("verify and decode one record", verify * 1e6, "us"),
        held("verify and decode / bare HMAC", verify / bare, "x", at_most=12),
        Figure("limit: fdatasync of 8 KB, p50", percentile(_syncs(), 50) * 1e3, "ms"),
        Figure("size of a deposit record", len(envelope), "bytes"),
    ]


def _syncs() -> list[float]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        descriptor = os.open(Path(folder, "sync"), os.O_CREAT | os.O_WRONLY)
        for _ in range(200):
            os.pwrite(descriptor, bytes(8192), 0)
            began = time.perf_counter()
            os.fdatasync(descriptor)
            found.append(time.perf_counter() - began)
        os.close(descriptor)
    return found
