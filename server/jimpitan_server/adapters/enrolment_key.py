"""The key to which benches seal box keys: wrapped at rest, made when it is first needed."""

from dataclasses import dataclass

from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.secret_rows import keep_secret_once, wrapped_secret
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.adapters.sealing import make_private_key, public_key_of, unseal
from jimpitan_server.domain.clock import Clock

ENROLMENT_KEY_NAME = "enrolment"


@dataclass(frozen=True, slots=True)
class EnrolmentKey:
    """An X25519 key pair whose private half never leaves this program."""

    database: Database
    clock: Clock
    master: MasterKey

    async def public(self) -> bytes:
        """Return the public key to which benches seal box keys."""
        return public_key_of(await self._private())

    async def unseal(self, sealed: bytes) -> bytes:
        """Return what a bench sealed to the public key."""
        return unseal(await self._private(), sealed)

    async def _private(self) -> bytes:
        async with self.database.read() as connection:
            wrapped = await wrapped_secret(connection, ENROLMENT_KEY_NAME)
        if wrapped is None:
            fresh = self.master.wrap(make_private_key(), purpose=ENROLMENT_KEY_NAME)
            async with self.database.write() as connection:
                await keep_secret_once(
                    connection, ENROLMENT_KEY_NAME, wrapped=fresh, now=self.clock.now()
                )
                wrapped = await wrapped_secret(connection, ENROLMENT_KEY_NAME)
        assert wrapped is not None
        return self.master.unwrap(wrapped, purpose=ENROLMENT_KEY_NAME)
