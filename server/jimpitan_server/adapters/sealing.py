"""Seals a small text to the server's public key, so that only the server can read it.

One byte of version, the ephemeral X25519 public key (32 bytes, RFC 7748), then the AES-256-GCM
ciphertext with its tag. The AES key comes from HKDF-SHA256 (RFC 5869) over the shared secret,
with both public keys as salt and the purpose as info; it serves one message only, so the nonce
is zero. A client that shares no code with the server finds in these lines all it must do.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jimpitan_server.domain.errors import Malformed

VERSION = b"\x01"
KEY_LENGTH = 32
NONCE = bytes(12)
ENROLMENT = b"jimpitan/1/enrolment"
SEALED_LENGTH_MAX = 1024


def make_private_key() -> bytes:
    """Return a new private key of 32 bytes."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_key_of(private_key: bytes) -> bytes:
    """Return the public key of 32 bytes that belongs to a private key."""
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def seal(public_key: bytes, plain: bytes, *, purpose: bytes = ENROLMENT) -> bytes:
    """Return `plain` sealed to a public key."""
    ephemeral = X25519PrivateKey.generate()
    own = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public_key))
    cipher = AESGCM(_derived(shared, own + public_key, purpose))
    return VERSION + own + cipher.encrypt(NONCE, plain, VERSION + own)


def unseal(private_key: bytes, sealed: bytes, *, purpose: bytes = ENROLMENT) -> bytes:
    """Return what was sealed to this key, or refuse it."""
    if sealed[:1] != VERSION or not KEY_LENGTH < len(sealed) <= SEALED_LENGTH_MAX:
        raise Malformed("The body is nothing that was sealed for this server.")
    other = sealed[1 : 1 + KEY_LENGTH]
    own = X25519PrivateKey.from_private_bytes(private_key)
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(other))
        salt = other + own.public_key().public_bytes_raw()
        cipher = AESGCM(_derived(shared, salt, purpose))
        return cipher.decrypt(NONCE, sealed[1 + KEY_LENGTH :], VERSION + other)
    except (InvalidTag, ValueError) as error:
        raise Malformed("The body is nothing that was sealed for this server.") from error


def _derived(shared: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_LENGTH, salt=salt, info=purpose).derive(shared)
