"""What phones bring beside counts: visits begun, sealed PINs, photos. Each may come twice."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from jimpitan_server.adapters.bell import Bell
from jimpitan_server.adapters.collection_desk import CollectionDesk
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.phone_rows import DatabasePhoneWork
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.adapters.phone_logins import PhoneLogins
from jimpitan_server.adapters.pin_key import PinKey
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.ids import UserId
from jimpitan_server.domain.photo import bare_jpeg
from jimpitan_server.domain.witness import WitnessState
from jimpitan_server.services.begin_visit import VisitStart, begin_visit


@dataclass(frozen=True, slots=True)
class PhoneDesk:
    """The side of the server that a collector's phone brings its work to."""

    database: Database
    clock: Clock
    collections: CollectionDesk
    pin_key: PinKey
    commands: Bell
    logins: PhoneLogins

    async def begin_visit(self, start: VisitStart) -> tuple[VisitStart, bool]:
        """Keep that a visit was begun; the box is told when it was begun just now."""
        async with self.database.write() as connection:
            begun, is_new = await begin_visit(
                DatabasePhoneWork(connection), start, self.clock.now()
            )
        if is_new and begun.told:
            self.commands.ring()
        return begun, is_new

    async def confirm_sealed(
        self, collection_id: str, *, name: str, key_id: str, sealed: bytes, actor: UserId
    ) -> WitnessState:
        """Look at a PIN that was sealed on the phone; the same one again is no other try."""
        digest = hashlib.sha256(sealed).digest()
        async with self.database.read() as connection:
            store = DatabasePhoneWork(connection)
            if await store.was_wrong(digest):
                return WitnessState.PIN_WRONG
            count = await store.count_of(collection_id)
        opened = await self.pin_key.unseal(key_id, sealed)
        told = (opened.collection_id, opened.witness, opened.total_idr)
        if count is not None and told != (collection_id, name, count[1]):
            raise Malformed("This PIN was sealed for another count.", code="pin_sealed")
        state = await self.collections.confirm(
            collection_id, name=name, pin=opened.pin, actor=actor
        )
        if state is WitnessState.PIN_WRONG:
            async with self.database.write() as connection:
                await DatabasePhoneWork(connection).add_wrong(
                    digest, collection_id, self.clock.now()
                )
        return state

    async def keep_photo(
        self, collection_id: str, content: bytes, *, only_for: str | None
    ) -> bool:
        """Keep the photo of a count, bare of what the camera wrote; say whether it is new."""
        jpeg = bare_jpeg(content)
        sha256 = hashlib.sha256(jpeg).digest()
        async with self.database.write() as connection:
            store = DatabasePhoneWork(connection)
            await self._may(store, collection_id, only_for)
            is_new = await store.add_photo(
                collection_id, jpeg, sha256=sha256, now=self.clock.now()
            )
            kept = await store.photo(collection_id)
        if kept is not None and kept[1] != sha256:
            raise Conflict("This count has another photo already.", code="photo_differs")
        return is_new

    async def photo(self, collection_id: str, *, only_for: str | None) -> bytes:
        """Return the photo of a count."""
        async with self.database.read() as connection:
            store = DatabasePhoneWork(connection)
            await self._may(store, collection_id, only_for)
            found = await store.photo(collection_id)
        if found is None:
            raise NotFound("This count has no photo.", code="photo_unknown")
        return found[0]

    async def _may(
        self, store: DatabasePhoneWork, collection_id: str, only_for: str | None
    ) -> None:
        """Refuse who is no party to a count, as if there were none."""
        count = await store.count_of(collection_id)
        if count is None or only_for not in (None, count[0]):
            raise NotFound(f"There is no count {collection_id}.", code="collection_unknown")


def phone_desk(
    collections: CollectionDesk, master: MasterKey, commands: Bell, *, logged_in_for: timedelta
) -> PhoneDesk:
    """Return the desk with its key, on the database and clock of the counts."""
    database, clock = collections.database, collections.clock
    return PhoneDesk(
        database=database,
        clock=clock,
        collections=collections,
        pin_key=PinKey(database, clock, master),
        commands=commands,
        logins=PhoneLogins(database, clock, logged_in_for),
    )
