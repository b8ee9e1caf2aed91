"""Keeps witnesses, PINs and their wrong tries, and who confirmed which count."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.money_schema import collections
from jimpitan_server.adapters.database.schema import users
from jimpitan_server.adapters.database.statement_rows import next_generation
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.adapters.database.user_store import append_audit
from jimpitan_server.adapters.database.witness_schema import (
    count_witnesses,
    pins,
    witness_invitations,
    witnesses,
)
from jimpitan_server.domain.witness import Tries
from jimpitan_server.services.witness import CountToWitness, PersonPin, Witness

WITNESSES_SHOWN = 1_000
NAMES_OFFERED = 200


@dataclass(frozen=True, slots=True)
class DatabaseWitnesses:
    """`WitnessStore` on an open transaction."""

    connection: AsyncConnection

    async def person_of_name(self, name: str) -> PersonPin | None:
        """Return the user or witness of this name who may confirm; its tries are locked."""
        person = await self.person_id_of(name)
        if person is None:
            return None
        statement = select(pins).where(pins.c.person_id == person).with_for_update()
        row = (await self.connection.execute(statement)).mappings().first()
        if row is None:
            return PersonPin(person_id=person, pin_hash=None)
        tries = Tries(wrong=row["wrong"], locked_until=row["locked_until"])
        return PersonPin(person_id=person, pin_hash=row["pin_hash"], tries=tries)

    async def person_id_of(self, name: str) -> str | None:
        """Return the id of the user or witness of this name who may act."""
        user = select(users.c.user_id).where(
            users.c.login_name == name, users.c.disabled_at.is_(None)
        )
        witness = select(witnesses.c.witness_id).where(
            witnesses.c.name == name, witnesses.c.withdrawn_at.is_(None)
        )
        for statement in (user, witness):
            found: str | None = (await self.connection.execute(statement)).scalar_one_or_none()
            if found is not None:
                return found
        return None

    async def is_name_taken(self, name: str) -> bool:
        """Say whether a user or a witness was ever added under this name."""
        user = select(users.c.user_id).where(users.c.login_name == name)
        if (await self.connection.execute(user)).first() is not None:
            return True
        return await self.witness_of_name(name) is not None

    async def add_witness(self, witness: Witness, *, actor: str, now: datetime) -> bool:
        """Keep a new witness; say whether nobody took the name meanwhile."""
        statement = upsert(self.connection, witnesses).values(
            witness_id=witness.witness_id,
            name=witness.name,
            institution=witness.institution,
            created_at=now,
            created_by=actor,
        )
        result = await self.connection.execute(
            statement.on_conflict_do_nothing().returning(witnesses.c.witness_id)
        )
        return result.scalar_one_or_none() is not None

    async def witness_of_name(self, name: str) -> Witness | None:
        """Return the witness of this name, also one who was withdrawn."""
        return next(iter(await self._witnesses(name)), None)

    async def witnesses(self) -> list[Witness]:
        """Return the witnesses, by name."""
        return await self._witnesses(None)

    async def _witnesses(self, name: str | None) -> list[Witness]:
        statement = (
            select(witnesses, pins.c.set_at)
            .outerjoin(pins, pins.c.person_id == witnesses.c.witness_id)
            .order_by(witnesses.c.name)
            .limit(WITNESSES_SHOWN)
        )
        if name is not None:
            statement = statement.where(witnesses.c.name == name)
        return [
            Witness(
                witness_id=row["witness_id"],
                name=row["name"],
                institution=row["institution"],
                has_pin=row["set_at"] is not None,
                withdrawn_at=row["withdrawn_at"],
            )
            for row in (await self.connection.execute(statement)).mappings()
        ]

    async def withdraw_witness(self, witness_id: str, *, now: datetime) -> None:
        """Let a witness confirm no more."""
        await self.connection.execute(
            update(witnesses).where(witnesses.c.witness_id == witness_id).values(withdrawn_at=now)
        )

    async def add_invitation(
        self, token_sha256: bytes, witness_id: str, *, now: datetime, expires_at: datetime
    ) -> None:
        """Keep an invitation to set a PIN; older ones of the same witness end."""
        table = witness_invitations
        await self.connection.execute(
            update(table)
            .where(table.c.witness_id == witness_id, table.c.used_at.is_(None))
            .values(used_at=now)
        )
        await self.connection.execute(
            insert(table).values(
                token_sha256=token_sha256,
                witness_id=witness_id,
                created_at=now,
                expires_at=expires_at,
            )
        )

    async def take_invitation(self, token_sha256: bytes, now: datetime) -> str | None:
        """Use an invitation up; return whose it was, or None if it does not hold."""
        table = witness_invitations
        standing = select(witnesses.c.witness_id).where(witnesses.c.withdrawn_at.is_(None))
        statement = (
            update(table)
            .where(
                table.c.token_sha256 == token_sha256,
                table.c.used_at.is_(None),
                table.c.expires_at > now,
                table.c.witness_id.in_(standing),
            )
            .values(used_at=now)
            .returning(table.c.witness_id)
        )
        found: str | None = (await self.connection.execute(statement)).scalar_one_or_none()
        return found

    async def keep_pin(self, person_id: str, pin_hash: str, now: datetime) -> None:
        """Keep a PIN in place of an older one, and forget wrong tries."""
        kept = {"pin_hash": pin_hash, "set_at": now, "wrong": 0, "locked_until": None}
        statement = upsert(self.connection, pins).values(person_id=person_id, **kept)
        await self.connection.execute(
            statement.on_conflict_do_update(index_elements=["person_id"], set_=kept)
        )

    async def keep_tries(self, person_id: str, tries: Tries) -> None:
        """Keep how many wrong tries there were."""
        await self.connection.execute(
            update(pins)
            .where(pins.c.person_id == person_id)
            .values(wrong=tries.wrong, locked_until=tries.locked_until)
        )

    async def has_pin(self, person_id: str) -> bool:
        """Say whether a person has set a PIN."""
        statement = select(pins.c.person_id).where(pins.c.person_id == person_id)
        return (await self.connection.execute(statement)).first() is not None

    async def count_to_witness(self, collection_id: str) -> CountToWitness | None:
        """Return a count, or None."""
        table = collections
        statement = (
            select(
                table.c.collector,
                table.c.recorded_at,
                count_witnesses.c.confirmed_at,
                is_void("collection", table.c.collection_id).label("void"),
            )
            .outerjoin(count_witnesses, count_witnesses.c.collection_id == table.c.collection_id)
            .where(table.c.collection_id == collection_id)
        )
        row = (await self.connection.execute(statement)).mappings().first()
        if row is None:
            return None
        return CountToWitness(
            collection_id=collection_id,
            collector=row["collector"],
            recorded_at=row["recorded_at"],
            is_witnessed=row["confirmed_at"] is not None,
            is_void=bool(row["void"]),
        )

    async def add_confirmation(self, collection_id: str, person_id: str, now: datetime) -> bool:
        """Keep that a person confirmed a count; say whether nobody had."""
        table = count_witnesses
        statement = upsert(self.connection, table).values(
            collection_id=collection_id, person_id=person_id, confirmed_at=now
        )
        result = await self.connection.execute(
            statement.on_conflict_do_nothing().returning(table.c.collection_id)
        )
        await next_generation(self.connection)
        return result.scalar_one_or_none() is not None

    async def names_offered(self) -> list[str]:
        """Return the names of witnesses with a PIN, for a list to choose from."""
        statement = (
            select(witnesses.c.name)
            .join(pins, pins.c.person_id == witnesses.c.witness_id)
            .where(witnesses.c.withdrawn_at.is_(None))
            .order_by(witnesses.c.name)
            .limit(NAMES_OFFERED)
        )
        return list((await self.connection.execute(statement)).scalars())

    async def append_audit(
        self, *, at: datetime, actor: str, action: str, subject: str, detail: dict[str, object]
    ) -> None:
        """Append to the log of what people did."""
        await append_audit(
            self.connection, at=at, actor=actor, action=action, subject=subject, detail=detail
        )
