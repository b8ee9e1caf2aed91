"""A bank on loopback that answers questions, and checks our signatures by its own code."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from money_town import SNAP

CLIENT, SECRET = "JIMPITAN-1", "the-secret-of-our-requests"
TOKEN, QUERY, STATEMENT = (
    "/snap/v1.0/access-token/b2b",
    "/snap/v1.0/qr/qr-mpm-query",
    "/snap/v1.1/bank-statement",
)
PUBLIC = load_pem_public_key(SNAP["public_key_pem"].encode())


@dataclass
class FakeBank:
    """What the bank knows, what it was asked, and how it shall misbehave."""

    url: str = ""
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    changed: dict[str, Any] = field(default_factory=dict)

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        """Return status and content for a request."""
        if self.failures:
            status = self.failures.pop(0)
            if status:
                return status, {"responseCode": f"{status}5100", "responseMessage": "no"}
        if path == TOKEN:
            return self._token(headers, body)
        wrong = self._wrong(path, headers, body)
        if wrong:
            return 401, {"responseCode": f"401{'14' if path == STATEMENT else '51'}{wrong}"}
        content = json.loads(body)
        self.asked.append((path, content, headers))
        return self._statement(content) if path == STATEMENT else self._query(content)

    def _token(self, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        text = f"{headers['x-client-key']}|{headers['x-timestamp']}".encode()
        try:
            raw = base64.b64decode(headers["x-signature"])
            PUBLIC.verify(raw, text, padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr, call-arg, arg-type]
        except InvalidSignature:
            return 401, {"responseCode": "4017300"}
        assert json.loads(body) == {"grantType": "client_credentials"}
        self.tokens.append(f"bank-token-{len(self.tokens)}")
        return 200, {
            "responseCode": "2007300",
            "accessToken": self.tokens[-1],
            "tokenType": "Bearer",
            "expiresIn": "900",
        }

    def _wrong(self, path: str, headers: dict[str, str], body: bytes) -> str | None:
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if not self.tokens or token != self.tokens[-1]:
            return "01"
        digest = hashlib.sha256(body).hexdigest()
        text = f"POST:{path}:{token}:{digest}:{headers['x-timestamp']}"
        made = hmac.new(SECRET.encode(), text.encode(), hashlib.sha512).digest()
        fits = headers["x-signature"] == base64.b64encode(made).decode()
        named = headers["x-partner-id"] == CLIENT and headers["x-external-id"].isdigit()
        return None if fits and named else "00"

    def _query(self, content: dict[str, Any]) -> tuple[int, object]:
        reference = content["originalReferenceNo"]
        found = self.payments.get(reference)
        if found is None:
            return 404, {"responseCode": "4045101", "responseMessage": "Transaction Not Found"}
        told = {"responseCode": "2005100", "originalReferenceNo": reference, "serviceCode": "17"}
        whole = told | found
        return 200, {name: value for name, value in whole.items() if value is not None}

    def _statement(self, content: dict[str, Any]) -> tuple[int, object]:
        first, last = content["fromDateTime"][:10], content["toDateTime"][:10]
        lines = [one for one in self.lines if first <= one["transactionDate"][:10] <= last]
        credit = sum(
            int(float(one["amount"]["value"])) for one in lines if one["type"] == "CREDIT"
        )
        told: dict[str, Any] = {
            "responseCode": "2001400",
            "totalCreditEntries": {
                "numberOfEntries": str(len(lines)),
                "amount": {"value": f"{credit}.00", "currency": "IDR"},
            },
            "detailData": lines,
        }
        return 200, told | self.changed


def credit(day: str, amount: int, remark: str, number: str) -> dict[str, Any]:
    """Return a line of the bank's statement that brings money."""
    return {
        "amount": {"value": f"{amount}.00", "currency": "IDR"},
        "transactionDate": f"{day}T09:30:00+07:00",
        "remark": remark,
        "transactionId": number,
        "type": "CREDIT",
    }


@contextmanager
def running() -> Iterator[FakeBank]:
    """Give a bank that listens on loopback."""
    bank = FakeBank()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content = bank.answer(self.path, headers, body)
            written = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    bank.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield bank
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
