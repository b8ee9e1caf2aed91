"""The doctor looks at the certificate that people are shown, before it ends."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jimpitan_server.entrypoints.doctor_places import examine_places
from jimpitan_server.settings import Settings
from server_boxes import FRIDAY, MASTER_KEY

CERTIFICATES = [
    (-400, -1, "ended on"),
    (-60, 5, "in 5 days: renew it"),
    (2, 90, "is the clock of this machine right?"),
    (-1, 90, ""),
]


@pytest.mark.parametrize(("first", "last", "sentence"), CERTIFICATES)
def test_certificate_is_looked_at_before_it_ends(
    tmp_path: Path, first: int, last: int, sentence: str
) -> None:
    now = FRIDAY
    begins, ends = now + timedelta(days=first), now + timedelta(days=last, hours=1)
    with shown_certificate(tmp_path, begins, ends) as port:
        settings = Settings(
            master_key=MASTER_KEY,
            database_url=f"sqlite+aiosqlite:///{tmp_path}/x.db",
            public_url=f"https://127.0.0.1:{port}",
        )
        found = examine_places(settings, now, is_in_use=False)
    (looked,) = [one for one in found if one.name == "certificate"]
    assert looked.is_fine == (sentence == "")
    assert sentence in looked.sentence


@contextmanager
def shown_certificate(folder: Path, begins: datetime, ends: datetime) -> Iterator[int]:
    """Show a certificate of these dates to one visitor on loopback; give the port."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "jimpitan.test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    file = folder / "shown.pem"
    encoding = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(encoding)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)

        def answer() -> None:
            visitor, _ = listening.accept()
            with visitor, context.wrap_socket(visitor, server_side=True) as tls:
                tls.recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(20)
