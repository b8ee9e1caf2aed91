"""Stamp a fact: give it its sequence number, link it to the record before, and seal it."""

from jimpitan_wire import cose, records


class Stamp:
    """The pen of one box in one power cycle: box, key epoch, boot, and the chain so far."""

    def __init__(self, box: str, epoch: int, key: cose.Key, boot: int) -> None:
        self._aad = cose.external_aad(box, epoch, cose.UP)
        self._epoch = epoch
        self._key = key
        self._boot = boot

    def seal(
        self,
        *,
        seq: int,
        prev: bytes,
        uptime_ms: int,
        wall: "tuple[int | None, int]",
        kind: int,
        body: "dict[int, object]",
    ) -> bytes:
        """Return the sealed record; `wall` is (Unix seconds or None, uncertainty in s)."""
        raw = records.payload(
            epoch=self._epoch,
            boot=self._boot,
            seq=seq,
            uptime_ms=uptime_ms,
            wall_s=wall[0],
            wall_uncertainty_s=wall[1],
            prev=prev,
            kind=kind,
            body=body,
        )
        return cose.seal(self._key, self._aad, raw)
