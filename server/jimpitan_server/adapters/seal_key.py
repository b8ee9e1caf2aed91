"""The key that signs the seals of the ledger: Ed25519, wrapped at rest, made when first needed."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.secret_rows import keep_secret_once, wrapped_secret
from jimpitan_server.adapters.keyring import MasterKey

SEAL_KEY_NAME = "ledger-seal"


@dataclass(frozen=True, slots=True)
class SealKey:
    """`Sign` with a private key in memory."""

    private: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        """Return the public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    def __call__(self, statement: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return self.private.sign(statement)


async def seal_key(connection: AsyncConnection, master: MasterKey, now: datetime) -> SealKey:
    """Return the key, made within this writing transaction when there is none yet."""
    wrapped = await wrapped_secret(connection, SEAL_KEY_NAME)
    if wrapped is None:
        fresh = Ed25519PrivateKey.generate().private_bytes_raw()
        await keep_secret_once(
            connection, SEAL_KEY_NAME, wrapped=master.wrap(fresh, purpose=SEAL_KEY_NAME), now=now
        )
        wrapped = await wrapped_secret(connection, SEAL_KEY_NAME)
    assert wrapped is not None
    secret = master.unwrap(wrapped, purpose=SEAL_KEY_NAME)
    return SealKey(Ed25519PrivateKey.from_private_bytes(secret))
