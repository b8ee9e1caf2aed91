"""Everything about a count beside its money: the second person and her PIN."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.mass_rows import periods_to_weigh, weigh_counts
from jimpitan_server.adapters.database.paper_rows import is_sealed
from jimpitan_server.adapters.database.receipt_rows import DatabaseReceipts
from jimpitan_server.adapters.database.witness_rows import DatabaseWitnesses
from jimpitan_server.adapters.money_desk import MoneyDesk
from jimpitan_server.adapters.passwords import ArgonPasswords
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.witness import PIN_LENGTH, WitnessState
from jimpitan_server.services import witness as witnessing
from jimpitan_server.services.close_collection import Counted, Receipt
from jimpitan_server.services.login import Passwords
from jimpitan_server.services.receipt import CheckedReceipt, ReceiptPaper, make_receipt
from jimpitan_server.services.witness import Try, Witness


@dataclass(frozen=True, slots=True)
class CollectionDesk:
    """The second person's side of the server."""

    database: Database
    clock: Clock
    money: MoneyDesk
    witness_demanded: bool
    passwords: Passwords = field(default_factory=ArgonPasswords)

    async def close(self, counted: Counted, *, pin: str | None) -> tuple[Receipt, WitnessState]:
        """Keep a count, then look at the PIN: whatever it comes to, the count is kept.

        A count that comes again tries no PIN again.
        """
        receipt = await self.money.close_collection(
            counted, witness_demanded=self.witness_demanded
        )
        if receipt.is_new and pin and counted.witness:
            state = await self.confirm(
                receipt.collection_id, name=counted.witness, pin=pin, actor=counted.collector
            )
        else:
            async with self.database.read() as connection:
                found = await DatabaseWitnesses(connection).count_to_witness(receipt.collection_id)
            known = found is not None and found.is_witnessed
            state = WitnessState.CONFIRMED if known else WitnessState.MISSING
        return receipt, state

    async def is_sealed(self, box: BoxId, *, but: str = "") -> bool:
        """Say whether a seal should be found on a container; never which."""
        async with self.database.read() as connection:
            return await is_sealed(connection, box, but=but)

    async def weigh(self) -> int:
        """Add up what boxes weighed before the counts of late; return how many are new."""
        now = self.clock.now()
        async with self.database.read() as connection:
            periods = await periods_to_weigh(connection, now)
        if periods:
            async with self.database.write() as connection:
                await weigh_counts(connection, periods, now)
            self.money.note_change()
        return len(periods)

    async def confirm(
        self, collection_id: str, *, name: str, pin: str, actor: str
    ) -> WitnessState:
        """Let the second person confirm a count; the slow look at the PIN holds up nobody."""
        async with self._store() as store:
            begun = await witnessing.begin_confirming(
                store,
                collection_id=collection_id,
                name=name.strip().lower(),
                actor=actor,
                now=self.clock.now(),
            )
        if not isinstance(begun, Try):
            return begun
        is_right = len(pin) == PIN_LENGTH and await self.passwords.verify(pin, begun.pin_hash)
        async with self._store() as store:
            state = await witnessing.end_confirming(
                store, begun, is_right=is_right, actor=actor, now=self.clock.now()
            )
        if state is WitnessState.CONFIRMED:
            self.money.note_change()
        return state

    async def receipt(self, collection_id: str, *, only_for: str | None) -> ReceiptPaper:
        """Return the receipt of a count, made when it is first asked for."""
        async with self.database.write() as connection:
            return await make_receipt(
                DatabaseReceipts(connection),
                collection_id=collection_id,
                only_for=only_for,
                now=self.clock.now(),
            )

    async def checked_receipt(self, code: str) -> CheckedReceipt | None:
        """Return what anybody may know of a receipt."""
        async with self.database.read() as connection:
            return await DatabaseReceipts(connection).checked(code)

    async def set_pin(self, person_id: str, pin: str, *, actor: str) -> None:
        """Keep a person's PIN."""
        async with self._store() as store:
            await witnessing.set_pin(
                store,
                self.passwords,
                person_id=person_id,
                pin=pin,
                actor=actor,
                now=self.clock.now(),
            )

    async def set_pin_of_name(self, name: str, pin: str, *, actor: str) -> None:
        """Keep the PIN of a user or witness who types it at the terminal."""
        async with self.database.read() as connection:
            person = await DatabaseWitnesses(connection).person_id_of(name)
        if person is None:
            raise NotFound(f"There is nobody named {name[:32]}.", code="witness_unknown")
        await self.set_pin(person, pin, actor=actor)

    async def set_invited_pin(self, token: str, pin: str) -> None:
        """Keep the PIN of who was invited."""
        async with self._store() as store:
            await witnessing.set_invited_pin(
                store, self.passwords, token=token, pin=pin, now=self.clock.now()
            )

    async def has_pin(self, person_id: str) -> bool:
        """Say whether a person has set a PIN."""
        async with self.database.read() as connection:
            return await DatabaseWitnesses(connection).has_pin(person_id)

    async def add_witness(self, name: str, *, institution: str, actor: str) -> str:
        """Make a witness known; return the token with which she sets her PIN, shown only now."""
        now = self.clock.now()
        async with self._store() as store:
            await witnessing.add_witness(
                store, name=name, institution=institution, actor=actor, now=now
            )
            return await witnessing.invite(store, name=name, actor=actor, now=now)

    async def invite(self, name: str, *, actor: str) -> str:
        """Return another token with which a witness sets her PIN."""
        async with self._store() as store:
            return await witnessing.invite(store, name=name, actor=actor, now=self.clock.now())

    async def withdraw_witness(self, name: str, *, actor: str) -> None:
        """Let a witness confirm no more."""
        async with self._store() as store:
            await witnessing.withdraw(store, name=name, actor=actor, now=self.clock.now())

    async def witnesses(self) -> list[Witness]:
        """Return the witnesses, by name."""
        async with self.database.read() as connection:
            return await DatabaseWitnesses(connection).witnesses()

    async def names_offered(self) -> list[str]:
        """Return the names of witnesses to choose from at a count."""
        async with self.database.read() as connection:
            return await DatabaseWitnesses(connection).names_offered()

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[DatabaseWitnesses]:
        async with self.database.write() as connection:
            yield DatabaseWitnesses(connection)
