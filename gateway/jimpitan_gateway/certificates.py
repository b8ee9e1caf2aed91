"""The broker's TLS files: an authority of this office alone, and the broker's certificate.

Boxes trust this one authority and nothing else. A box without a clock checks dates against the
time its firmware was made, so a broker's certificate is valid from the authority's first day:
then also a box that was made between the two accepts it.
"""

import importlib
import ipaddress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jimpitan_gateway.errors import FileRefused, ToolMissing

AUTHORITY_VALID = timedelta(days=20 * 365)
BROKER_VALID = timedelta(days=3 * 365)
AUTHORITY_NAME = "Jimpitan broker authority"


def write_tls_files(folder: Path, *, name: str, now: datetime) -> None:
    """Write ca.crt and ca.key when they are missing, and a new broker.crt and broker.key.

    `name` is what boxes and gateways call the broker: a host name or an address. ca.key makes
    new broker certificates and is needed for nothing else: keep it away from the broker.
    """
    x509 = _library("x509")
    authority, key = _authority(folder, now)
    own = _library("hazmat.primitives.asymmetric.ec").generate_private_key(_curve())
    usage = _library("x509.oid").ExtendedKeyUsageOID
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(authority.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(authority.not_valid_before_utc)
        .not_valid_after(min(now + BROKER_VALID, authority.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .sign(key, _sha256())
    )
    _write(folder / "broker.key", _pem_of_key(own))
    _write(folder / "broker.crt", _pem(certificate))


def valid_until(pem: bytes) -> datetime:
    """Return until when a certificate is good; raise ValueError when it is none."""
    last: datetime = _library("x509").load_pem_x509_certificate(pem).not_valid_after_utc
    return last


def _authority(folder: Path, now: datetime) -> tuple[Any, Any]:
    """Return certificate and key of the authority in this folder; make them when missing."""
    x509 = _library("x509")
    crt, key_file = folder / "ca.crt", folder / "ca.key"
    if crt.exists():
        try:
            key = _library("hazmat.primitives.serialization").load_pem_private_key(
                key_file.read_bytes(), None
            )
            return x509.load_pem_x509_certificate(crt.read_bytes()), key
        except (OSError, ValueError) as error:
            raise FileRefused(
                f"{crt} is there, but {key_file} is not or cannot be read: bring the authority's"
                " key back for the moment. A new authority would lock out every box in the field."
            ) from error
    key = _library("hazmat.primitives.asymmetric.ec").generate_private_key(_curve())
    name = _named(AUTHORITY_NAME)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + AUTHORITY_VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, _sha256())
    )
    _write(key_file, _pem_of_key(key))
    _write(crt, _pem(certificate))
    return certificate, key


def _usage() -> Any:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return _library("x509").KeyUsage(**{name: name == "key_cert_sign" for name in names})


def _general_name(name: str) -> Any:
    x509 = _library("x509")
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _named(name: str) -> Any:
    x509 = _library("x509")
    attribute = _library("x509.oid").NameOID.COMMON_NAME
    return x509.Name([x509.NameAttribute(attribute, name[:64])])


def _curve() -> Any:
    """Return P-256: small on the wire, and the curve an ESP32 is quickest with."""
    return _library("hazmat.primitives.asymmetric.ec").SECP256R1()


def _sha256() -> Any:
    return _library("hazmat.primitives.hashes").SHA256()


def _pem(certificate: Any) -> bytes:
    pem: bytes = certificate.public_bytes(_library("hazmat.primitives.serialization").Encoding.PEM)
    return pem


def _pem_of_key(key: Any) -> bytes:
    forms = _library("hazmat.primitives.serialization")
    pem: bytes = key.private_bytes(
        forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    )
    return pem


def _write(path: Path, content: bytes) -> None:
    path.touch(0o600)
    path.chmod(0o600)
    path.write_bytes(content)


def _library(name: str) -> Any:
    try:
        return importlib.import_module(f"cryptography.{name}")
    except ImportError as error:
        raise ToolMissing(
            'Certificates need cryptography, which is not installed here: pip install "jimpitan'
            '[bench]"; or make ca.crt, broker.crt and broker.key yourself.'
        ) from error
