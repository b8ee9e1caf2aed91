"""The key to which phones seal a witness's PIN while they have no network.

RSA-OAEP with SHA-256 and MGF1 (RFC 8017, section 7.1), one call of every browser's WebCrypto. It
is randomised, so a million PINs cannot be tried against what a phone keeps; 3072 bits are worth
128 (NIST SP 800-57, part 1, table 2). The private half is wrapped at rest.
"""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.secret_rows import keep_secret_once, wrapped_secret
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import Conflict, Malformed

PIN_KEY_NAME = "witness-pin"
BITS, EXPONENT = 3072, 65_537
SEALED_LENGTH = BITS // 8
PADDING = OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPin:
    """What a phone sealed: the PIN of a witness for one count and its sum, and for no other."""

    collection_id: str
    witness: str
    pin: str = field(repr=False)
    total_idr: int


@dataclass(slots=True)
class _Loaded:
    private: RSAPrivateKey | None = None


@dataclass(frozen=True, slots=True)
class PinKey:
    """An RSA key pair whose private half never leaves this program."""

    database: Database
    clock: Clock
    master: MasterKey
    loaded: _Loaded = field(default_factory=_Loaded, repr=False)

    async def public(self) -> tuple[str, bytes]:
        """Return the id of the public key, and the key as SubjectPublicKeyInfo."""
        return _public_of(await self._private())

    async def unseal(self, key_id: str, sealed: bytes) -> SealedPin:
        """Return what a phone sealed, or say that it must be typed anew."""
        private = await self._private()
        if key_id != _public_of(private)[0]:
            raise Conflict(
                "The server has another key now: let the witness type the PIN once more.",
                code="pin_key_changed",
            )
        try:
            fields = json.loads(private.decrypt(sealed, PADDING))
            return SealedPin(
                collection_id=str(fields["collection_id"]),
                witness=str(fields["witness"]),
                pin=str(fields["pin"]),
                total_idr=int(fields["total_idr"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Malformed("This is no sealed PIN.", code="pin_sealed") from error

    async def _private(self) -> RSAPrivateKey:
        if self.loaded.private is None:
            wrapped = await self._wrapped()
            der = self.master.unwrap(wrapped, purpose=PIN_KEY_NAME)
            loaded = load_der_private_key(der, password=None)
            assert isinstance(loaded, RSAPrivateKey)
            self.loaded.private = loaded
        return self.loaded.private

    async def _wrapped(self) -> bytes:
        async with self.database.read() as connection:
            wrapped = await wrapped_secret(connection, PIN_KEY_NAME)
        if wrapped is None:
            made = await asyncio.to_thread(generate_private_key, EXPONENT, BITS)
            der = made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            fresh = self.master.wrap(der, purpose=PIN_KEY_NAME)
            async with self.database.write() as connection:
                await keep_secret_once(
                    connection, PIN_KEY_NAME, wrapped=fresh, now=self.clock.now()
                )
                wrapped = await wrapped_secret(connection, PIN_KEY_NAME)
        assert wrapped is not None
        return wrapped


def _public_of(private: RSAPrivateKey) -> tuple[str, bytes]:
    content = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(content).hexdigest()[:16], content
