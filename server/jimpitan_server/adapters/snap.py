"""SNAP BI signatures: made and checked over bytes as they came, in constant time for secrets.

The schemes differ in what is signed (`domain/signing.py`) and how; what is checked here is
always the whole signature, letter for letter: base64 whose case was changed is another one.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.signing import Algorithm, Encoding

# BI's guideline asks for at least 2048 bits; what is beyond 8192 only burns our time.
KEY_BITS_MIN, KEY_BITS_MAX = 2048, 8192
SIGNATURE_TEXT_LENGTH_MAX = 2048
# Below this a shared secret can be guessed; banks give out 32 characters and more.
SECRET_LENGTH_MIN, SECRET_LENGTH_MAX = 16, 1024


def is_signed(
    *,
    algorithm: Algorithm,
    encoding: Encoding,
    keys: Sequence[bytes],
    texts: Sequence[bytes],
    signature: str,
) -> bool:
    """Tell whether one of these keys signed one of these texts."""
    if len(signature) > SIGNATURE_TEXT_LENGTH_MAX or not signature.isascii():
        return False
    if algorithm is Algorithm.HMAC_SHA512:
        found = [
            hmac.compare_digest(_hmac_text(key, text, encoding), signature.encode())
            for key in keys
            for text in texts
        ]
        return any(found)
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    if base64.b64encode(raw).decode() != signature:  # spare bits at the end: another text
        return False
    return any(_fits(read_public_key(key.decode()), raw, text) for key in keys for text in texts)


def _hmac_text(secret: bytes, text: bytes, encoding: Encoding) -> bytes:
    made = hmac.digest(secret, text, hashlib.sha512)
    return base64.b64encode(made) if encoding is Encoding.BASE64 else made.hex().encode()


def _fits(key: RSAPublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def sign(*, algorithm: Algorithm, encoding: Encoding, key: bytes, text: bytes) -> str:
    """Return the signature of a text, as it is written into a header."""
    if algorithm is Algorithm.HMAC_SHA512:
        return _hmac_text(key, text, encoding).decode()
    private = read_private_key(key.decode())
    return base64.b64encode(private.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()


@lru_cache(maxsize=64)
def read_public_key(pem: str) -> RSAPublicKey:
    """Return a bank's public key, or raise `Malformed` when it is none we would trust."""
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise Malformed("The file holds no public key in PEM form.") from error
    if not isinstance(key, RSAPublicKey):
        raise Malformed("A bank signs notifications with an RSA key; this is another kind.")
    return _of_trusted_size(key)


@lru_cache(maxsize=16)
def read_private_key(pem: str) -> RSAPrivateKey:
    """Return a private key of ours, or raise `Malformed` when it is none we would use."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise Malformed("The file holds no private key in PEM form without a password.") from error
    if not isinstance(key, RSAPrivateKey):
        raise Malformed("Requests to banks are signed with an RSA key; this is another kind.")
    _of_trusted_size(key.public_key())
    return key


def _of_trusted_size(key: RSAPublicKey) -> RSAPublicKey:
    if not KEY_BITS_MIN <= key.key_size <= KEY_BITS_MAX:
        raise Malformed(f"An RSA key of {key.key_size} bits is not trusted: 2048 to 8192.")
    return key


def check_secret(secret: str) -> None:
    """Refuse a shared secret that could be guessed, or that a line end was left in."""
    if not SECRET_LENGTH_MIN <= len(secret) <= SECRET_LENGTH_MAX:
        raise Malformed("A shared secret has 16 to 1024 characters.")
    if not (secret.isascii() and secret.isprintable()):
        raise Malformed("A shared secret has printable characters only.")
