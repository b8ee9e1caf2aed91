"""Seals a new box key to the server's public key, so that nobody between can read it.

The form is the server's (its adapters/sealing.py); no code is shared, a test holds one against
the other: version, ephemeral X25519 key, AES-256-GCM under HKDF-SHA256 of the shared secret.
"""

from jimpitan_gateway.bench import tools
from jimpitan_gateway.errors import EnrolmentRefused

VERSION = b"\x01"
PURPOSE = b"jimpitan/1/enrolment"
KEY_LENGTH = 32
NONCE = bytes(12)  # the key serves one message only


def seal(public_key: bytes, plain: bytes) -> bytes:
    """Return `plain` sealed to a public key of 32 bytes."""
    primitives = "cryptography.hazmat.primitives"
    x25519 = tools.library(f"{primitives}.asymmetric.x25519")
    aead = tools.library(f"{primitives}.ciphers.aead")
    hashes = tools.library(f"{primitives}.hashes")
    hkdf = tools.library(f"{primitives}.kdf.hkdf")
    ephemeral = x25519.X25519PrivateKey.generate()
    own: bytes = ephemeral.public_key().public_bytes_raw()
    try:
        shared = ephemeral.exchange(x25519.X25519PublicKey.from_public_bytes(public_key))
    except ValueError as error:
        raise EnrolmentRefused("key", "The server's public key is none.") from error
    derived = hkdf.HKDF(
        algorithm=hashes.SHA256(), length=KEY_LENGTH, salt=own + public_key, info=PURPOSE
    ).derive(shared)
    cipher: bytes = aead.AESGCM(derived).encrypt(NONCE, plain, VERSION + own)
    return VERSION + own + cipher
