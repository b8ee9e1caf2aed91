"""The server's two doors for a bench: its public key, and a new box on a single-use token."""

import base64
import binascii
import json
from typing import Any
from urllib.parse import urlsplit

import httpx

from jimpitan_gateway.bench.seal import KEY_LENGTH, seal
from jimpitan_gateway.errors import EnrolmentRefused, ServerUnreachable

TIMEOUT_S = 20.0
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def sealed_key(public_key: bytes, *, box: str, epoch: int, key: bytes) -> bytes:
    """Return a box key sealed to the server."""
    plain = {"box": box, "epoch": epoch, "key": base64.b64encode(key).decode()}
    return seal(public_key, json.dumps(plain).encode())


class Server:
    """The server as a bench knows it; used in a `with` statement."""

    def __init__(
        self, url: str, *, token: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise EnrolmentRefused(
                "https",
                f"{url} is not https: a token would go over the network readable by everybody.",
            )
        self._client = httpx.Client(
            base_url=url, timeout=TIMEOUT_S, trust_env=False, transport=transport
        )
        self._token = token

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def public_key(self) -> bytes:
        """Return the public key to which keys are sealed."""
        body = self._asked("GET", "/api/v1/enrolment-key")
        try:
            found = base64.b64decode(str(body.get("public_key", "")), validate=True)
        except binascii.Error:
            found = b""
        if len(found) != KEY_LENGTH:
            raise ServerUnreachable("What answers there is not a server of Jimpitan.")
        return found

    def enrol(self, sealed: bytes) -> None:
        """Make a box known; sending the same again changes nothing."""
        self._asked(
            "POST",
            "/api/v1/boxes/enrol",
            content=sealed,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/octet-stream",
            },
        )

    def _asked(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **request)
        except httpx.HTTPError as error:
            raise ServerUnreachable(
                f"The server at {self._client.base_url} did not answer"
                f" ({type(error).__name__}). Nothing is lost: run this again."
            ) from error
        try:
            body = response.json()
        except ValueError:
            body = {}
        if not isinstance(body, dict):
            body = {}
        if response.status_code in {200, 201}:
            return body
        if response.status_code in {401, 403, 404, 409, 422}:
            sentence = str(body.get("message", f"The server answered {response.status_code}."))
            raise EnrolmentRefused(str(body.get("error", response.status_code)), sentence)
        raise ServerUnreachable(
            f"The server answered {response.status_code}. Nothing is lost: run this again."
        )
