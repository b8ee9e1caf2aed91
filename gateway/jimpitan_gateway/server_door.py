"""The server's doors over HTTP: hand over records, fetch messages for boxes."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any

import httpx
from jimpitan_wire import cbor

from jimpitan_gateway.errors import ServerFailed, ServerRefused, ServerUnreachable, TokenRefused
from jimpitan_gateway.relay import Answer, Verdict
from jimpitan_gateway.spool import Message

TIMEOUT_S = 10.0
POLL_WAIT_S = 20
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
ANSWER_BYTES_MAX = 4 * 1024 * 1024


class HttpDoor:
    """A kept connection to the server, used by one thread."""

    def __init__(self, *, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(TIMEOUT_S, read=TIMEOUT_S + POLL_WAIT_S),
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def post(self, messages: Sequence[Message]) -> Answer:
        """Hand over a batch; see `relay.ServerDoor`."""
        items = [[message.box, message.received_ms, message.content] for message in messages]
        body = self._ask(
            "POST",
            "/api/v1/records",
            content=cbor.encode(items),
            headers={"Content-Type": "application/cbor"},
        )
        try:
            verdicts = [
                Verdict(item["status"] == "held", "; ".join(item.get("reasons", ())))
                for item in body.get("results", ())
            ]
        except (AttributeError, KeyError, TypeError) as error:
            raise ServerUnreachable("the server's answer cannot be read") from error
        if len(verdicts) != len(messages):
            raise ServerUnreachable("the server answered for another number of messages")
        return Answer(verdicts, _down(body))

    def poll(self, wait_s: int) -> Sequence[tuple[str, bytes]]:
        """Return messages for boxes, waiting up to `wait_s` seconds for the first."""
        return _down(self._ask("GET", "/api/v1/down", params={"wait_s": wait_s}))

    def releases(self) -> Sequence[str]:
        """Return the fingerprints of the releases that boxes may be ordered to fetch."""
        body = self._ask("GET", "/api/v1/releases")
        try:
            found = [item["fingerprint"] for item in body.get("releases", ())]
        except (KeyError, TypeError) as error:
            raise ServerUnreachable("the server's answer cannot be read") from error
        if not all(isinstance(one, str) and FINGERPRINT.fullmatch(one) for one in found):
            raise ServerUnreachable("the server's answer cannot be read")
        return found

    def release(self, fingerprint: str) -> bytes:
        """Return a whole release file; it is for the caller to check it."""
        return self._got("GET", f"/api/v1/releases/{fingerprint}").content

    def _got(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            response = self._client.request(method, path, **request)
        except httpx.HTTPError as error:
            raise ServerUnreachable(f"the server did not answer: {error!r}") from error
        if response.status_code in {401, 403}:
            raise TokenRefused("the server does not know this gateway's token")
        if response.status_code in {400, 413, 422}:
            raise ServerRefused(f"the server refused the batch: {response.text[:200]}")
        if response.status_code == 500:
            raise ServerFailed("the server failed on this batch (500); its log says why")
        if response.status_code != 200 or len(response.content) > ANSWER_BYTES_MAX:
            raise ServerUnreachable(f"the server answered {response.status_code}")
        return response

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        response = self._got(method, path, **request)
        try:
            body = response.json()
        except ValueError as error:
            raise ServerUnreachable("the server's answer cannot be read") from error
        if not isinstance(body, dict):
            raise ServerUnreachable("the server's answer cannot be read")
        return body


def _down(body: dict[str, Any]) -> list[tuple[str, bytes]]:
    try:
        return [
            (str(item["box"]), base64.b64decode(item["message"], validate=True))
            for item in body.get("down", ())
        ]
    except (KeyError, TypeError, binascii.Error) as error:
        raise ServerUnreachable("the server's answer cannot be read") from error
