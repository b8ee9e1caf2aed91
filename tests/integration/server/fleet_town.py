"""What tests of configurations and rollouts share: a publisher, logins, a polling gateway."""

import base64
import hashlib
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jimpitan_server.bootstrap import Program
from jimpitan_wire import cbor, records
from jimpitan_wire import release as wire
from server_boxes import GATEWAY, FakeBox
from server_town import bring

PASSWORD = "nasi liwet hangat"
PUBLISHER = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"publisher of tests").digest())
PUBLISHER_KEY = PUBLISHER.public_key().public_bytes_raw().hex()
FILES = {"jimpitan_box/box.mpy": b"box" * 500, "jimpitan_wire/cbor.mpy": b"cbor" * 300}


def manifest_of(version: str = "1.2.0", files: dict[str, bytes] | None = None) -> bytes:
    """Return the manifest of these files."""
    found = FILES if files is None else files
    entries = [
        wire.Entry(path, len(content), hashlib.sha256(content).digest())
        for path, content in sorted(found.items())
    ]
    number = wire.number_of(version)
    return wire.encode_manifest(wire.Head(number, 0, version, "esp32", len(entries)), entries)


def release_file(version: str = "1.2.0", **changed: Any) -> bytes:
    """Return a signed release file; `changed` exchanges parts of it after signing."""
    manifest = manifest_of(version)
    parts = {
        "mark": wire.FILE_MARK,
        "format": 1,
        "manifest": manifest,
        "signature": PUBLISHER.sign(wire.SIGNED_PREFIX + manifest),
        "content": b"".join(FILES[path] for path in sorted(FILES)),
    } | changed
    return cbor.encode(list(parts.values()))


def fingerprint_of(version: str = "1.2.0") -> str:
    """Return the fingerprint of the release of this version."""
    return hashlib.sha256(manifest_of(version)).hexdigest()


async def bearer(program: Program, role: str) -> dict[str, str]:
    """Make a person of this role known and return the headers of a login."""
    await program.add_user(f"one-{role}", role=role, password=PASSWORD)
    logged_in = await program.log_in(login_name=f"one-{role}", password=PASSWORD)
    return {"Authorization": f"Bearer {logged_in.token}"}


class Gateway:
    """A gateway that polls for what boxes are to be told."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    async def told(self, box: FakeBox) -> list[dict[int, Any]]:
        """Return the opened messages that lie ready for a box now."""
        answer = await self.client.get("/api/v1/down", headers=self.headers)
        assert answer.status_code == 200
        return [
            box.open_down(base64.b64decode(item["message"]))
            for item in answer.json()["down"]
            if item["box"] == box.box
        ]


async def polling(program: Program, client: httpx.AsyncClient) -> Gateway:
    """Return the gateway of these tests with a token."""
    return Gateway(client, await program.add_gateway(GATEWAY))


async def answer_update(program: Program, box: FakeBox, outcome: int, attempt: int = 1) -> None:
    """Bring the record in which a box says what became of an update."""
    body: dict[int, object] = {
        records.FIRMWARE_OUTCOME: outcome,
        records.FIRMWARE_FINGERPRINT: bytes.fromhex(fingerprint_of())[:8],
        records.FIRMWARE_ATTEMPT: attempt,
        records.FIRMWARE_VERSION: "1.2.0",
    }
    if outcome >= records.FIRMWARE_ROLLED_BACK:
        body[records.FIRMWARE_REASON] = records.REASON_NO_ACK
    await bring(program, box, box.stamp(records.FIRMWARE_CHANGED, body))
