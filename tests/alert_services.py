"""Mail server, Telegram, WhatsApp and a push service on loopback, speaking as the real ones do."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from jimpitan_simulator.processes import free_port

PASSWORD = "sandi-surat-uji"


@dataclass
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, object]:
        """Return the JSON object of its body."""
        found: dict[str, object] = json.loads(self.body)
        return found


@dataclass
class Service:
    """An HTTP service that answers what it is told: (status, headers, body)."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def will(self, status: int, fields: object = None, **headers: str) -> None:
        """Answer the next request so."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = b"" if fields is None else json.dumps(fields).encode()
        self.answers.append((status, named, body))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def http_service(status: int, fields: object) -> Iterator[Service]:
    """Run a service that answers so unless it was told otherwise."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.asked.append(Asked(self.path, headers, body))
            default = (status, {}, json.dumps(fields).encode())
            code, told, content = service.answers.pop(0) if service.answers else default
            self.send_response(code)
            for name, value in {**told, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join(5)


@dataclass
class Mailbox:
    """What a mail server took, and how it answers the next recipient."""

    port: int = 0
    letters: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    logged_in: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        """Take a recipient, or answer as told."""
        reply = self.replies.pop(0) if self.replies else "250 OK"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, session: Session, envelope):  # noqa: N802
        """Keep a letter."""
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        self.logged_in.append(bool(session.authenticated))
        return "250 taken"


@contextmanager
def mail_server(trust: Path | None = None, *, wants_login: bool = False) -> Iterator[Mailbox]:
    """Run a real SMTP server on loopback; with the certificate in `trust` it speaks STARTTLS."""
    box = Mailbox()

    def check(server, session, envelope, mechanism, data):
        is_right = getattr(data, "password", b"") == PASSWORD.encode()
        return AuthResult(success=is_right, handled=False)

    context = None
    if trust is not None:
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(trust)
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=context is not None,
        authenticator=check,
        auth_required=wants_login,
    )
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def certificate(path: Path) -> Path:
    """Write key and certificate of 127.0.0.1 into one file, for tests only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)  # noqa: TID251 -- OpenSSL looks at the real clock
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + made.public_bytes(Encoding.PEM))
    return path
