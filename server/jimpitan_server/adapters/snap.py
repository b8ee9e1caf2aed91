"""SNAP BI, asymmetric signatures of notifications (scheme S2): made, checked, never re-encoded.

A bank signs `POST:{path}:{sha256 of the body}:{X-TIMESTAMP}` with SHA256withRSA (ASPI, "Standar
Teknis dan Keamanan SNAP", p. 22; used so by Midtrans, DANA and Faspay). Some sign the body as
sent, some without the blanks between its tokens; both are checked, and no other form is.
"""

import base64
import binascii
import hashlib
import re
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from jimpitan_server.domain.errors import Malformed

# BI's guideline asks for at least 2048 bits; what is beyond 8192 only burns our time.
KEY_BITS_MIN, KEY_BITS_MAX = 2048, 8192
SIGNATURE_TEXT_LENGTH_MAX = 2048
# A text with its quotes, which is kept, or blanks outside of any, which are not (RFC 8259).
_TEXTS_AND_BLANKS = re.compile(rb'("(?:[^"\\]|\\.)*+")|[ \t\r\n]+', re.DOTALL)


def minify(body: bytes) -> bytes:
    """Return a JSON text without the blanks between its tokens; texts inside stay untouched."""
    return _TEXTS_AND_BLANKS.sub(rb"\1", body)


def string_to_sign(*, path: str, body: bytes, timestamp: str) -> bytes:
    """Return what the bank signs; `body` is taken as it is."""
    return f"POST:{path}:{hashlib.sha256(body).hexdigest()}:{timestamp}".encode()


def is_genuine(
    *, public_key_pem: str, path: str, body: bytes, timestamp: str, signature: str
) -> bool:
    """Tell whether the holder of the private key signed this body, as sent or minified."""
    if len(signature) > SIGNATURE_TEXT_LENGTH_MAX or not timestamp.isascii():
        return False
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    key = read_public_key(public_key_pem)
    if _fits(key, raw, string_to_sign(path=path, body=body, timestamp=timestamp)):
        return True
    minified = minify(body)
    return minified != body and _fits(
        key, raw, string_to_sign(path=path, body=minified, timestamp=timestamp)
    )


def _fits(key: RSAPublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=64)
def read_public_key(pem: str) -> RSAPublicKey:
    """Return a bank's public key, or raise `Malformed` when it is none we would trust."""
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise Malformed("The file holds no public key in PEM form.") from error
    if not isinstance(key, RSAPublicKey):
        raise Malformed("A bank signs notifications with an RSA key; this is another kind.")
    if not KEY_BITS_MIN <= key.key_size <= KEY_BITS_MAX:
        raise Malformed(f"An RSA key of {key.key_size} bits is not trusted: 2048 to 8192.")
    return key


def sign(*, private_key_pem: str, path: str, body: bytes, timestamp: str) -> str:
    """Return the signature a bank would send, for tests and vectors; it signs `body` as it is."""
    key = _private_key(private_key_pem)
    message = string_to_sign(path=path, body=body, timestamp=timestamp)
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


@lru_cache(maxsize=4)
def _private_key(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key
