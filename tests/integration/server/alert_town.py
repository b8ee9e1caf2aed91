"""A server with people, boxes and a door that keeps what it was given."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from jimpitan_server.adapters.alert_desk import AlertDesk
from jimpitan_server.adapters.alert_people_desk import AlertPeopleDesk
from jimpitan_server.adapters.database.alert_outbox import DatabaseOutbox
from jimpitan_server.adapters.database.alert_schema import alert_messages, alerts
from jimpitan_server.adapters.database.finding_rows import raise_discrepancies
from jimpitan_server.adapters.database.user_store import DatabaseUsers
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.alert_message import SENT, Answer, Channel
from jimpitan_server.domain.alert_text import AlertText
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.domain.user import Role, User
from jimpitan_server.entrypoints.alerting import alert_desk
from jimpitan_server.services.tell import Sent, send_due
from server_boxes import StepClock
from server_town import rows


@dataclass
class FakeDoor:
    """`Door` that answers as it is told, and keeps the texts that it took."""

    answers: list[Answer] = field(default_factory=list)
    taken: list[tuple[str, AlertText]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    asked: int = 0

    async def send(self, address: str, text: AlertText, *, key: str) -> Answer:
        self.asked += 1
        self.keys.append(key)
        answer = self.answers.pop(0) if self.answers else SENT
        if answer == SENT:
            self.taken.append((address, text))
        return answer


@dataclass
class AlertTown:
    """A program with an admin, a treasurer, an auditor and a collector, each with an e-mail."""

    program: Program
    desk: AlertDesk
    people: AlertPeopleDesk
    door: FakeDoor

    async def send(self, door: FakeDoor | None = None) -> Sent:
        """Send what is due through the fake door."""
        doors = {Channel.EMAIL: door or self.door}
        return await send_due(
            DatabaseOutbox(self.program.database, self.program.master),
            doors,
            clock=self.program.clock,
            speech=self.desk.speech,
        )

    async def told(self) -> list[str]:
        """Step, send, and return to whom a text went, in order."""
        before = len(self.door.taken)
        await self.desk.step()
        await self.send()
        return sorted(address.partition("@")[0] for address, _ in self.door.taken[before:])

    async def alerts(self) -> list[tuple[object, ...]]:
        """Return kind, subject and severity of the alerts that are open."""
        found = await rows(self.program, alerts, "kind", "subject", "severity", "closed_at")
        return [row[:3] for row in found if row[3] is None]

    async def messages(self, *columns: str) -> list[tuple[object, ...]]:
        """Return columns of the messages that leave this server."""
        found = await rows(self.program, alert_messages, *columns, "channel")
        return [row[:-1] for row in found if row[-1] != Channel.APP]


async def add_person(program: Program, name: str, role: Role) -> UserId:
    """Keep a person whose password nobody knows."""
    person = User(
        user_id=UserId(f"user-{name}"),
        login_name=name,
        role=role,
        password_hash="none that any password has",
    )
    async with program.database.write() as connection:
        await DatabaseUsers(connection).add_user(person, now=program.clock.now())
    return person.user_id


async def alert_town(program: Program, **wishes: Mapping[str, object]) -> AlertTown:
    """Return a town in which e-mail is offered and nobody wishes anything special."""
    made = alert_desk(program)
    smtp = alert_desk(
        replace(
            program,
            settings=program.settings.model_copy(
                update={
                    "alert_smtp_host": "127.0.0.1",
                    "alert_smtp_from": "kotak@contoh.id",
                    "alert_smtp_tls": "none",
                    "public_url": "https://contoh.id",
                }
            ),
        )
    )
    desk = replace(made, channels=smtp.channels, speech=smtp.speech)
    people = AlertPeopleDesk(program.database, program.clock, program.master, desk)
    for role in Role:
        user = await add_person(program, role.value, role)
        await people.add_address(user, Channel.EMAIL, f"{role.value}@contoh.id")
    return AlertTown(program=program, desk=desk, people=people, door=FakeDoor())


@pytest.fixture
async def town(program: Program) -> AlertTown:
    """Return a town in which e-mail is offered."""
    return await alert_town(program)


async def find(town: AlertTown, kind: str = "count_below_sensor", **changed: object) -> None:
    """Raise a discrepancy of some severity."""
    given = {
        "kind": kind,
        "severity": Severity.WARNING,
        "subject": "box-0001/1",
        "found_at": town.program.clock.now(),
        "box": BoxId("box-0001"),
        "evidence": {"expected_idr": 100_000, "arrived_idr": 50_000},
    }
    async with town.program.database.write() as connection:
        await raise_discrepancies(connection, [Discrepancy(**(given | changed))])


def step(town: AlertTown, **by: int) -> None:
    """Let time pass."""
    clock = town.program.clock
    assert isinstance(clock, StepClock)
    clock.step(**by)
