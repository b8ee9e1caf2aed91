"""The people with phones and papers, who talk with the server over HTTP.

Collectors enter what they counted, the bank announces payments, a treasurer hands in remittances
and the statement. Each tries again until the server has answered, and some say it twice.
"""

import asyncio
import contextlib
import random
import secrets
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from jimpitan_simulator.bank import ACCOUNT, PATH, PROFILE, Bank, Credit
from jimpitan_simulator.ledger import Payment
from jimpitan_simulator.system import System

FATES = ("plain", "doubled", "reordered", "lost")
SHARES = (70, 12, 10, 8)
FAULTS = {
    "doubled": "notification_doubled",
    "reordered": "notification_reordered",
    "lost": "notification_lost",
}
RETRY_S = 0.3
REORDER_S = (2.0, 5.0)
SHARED_CODE_EVERY = (
    4  # every fourth box has the programme's shared code and no terminal of its own
)
REMIT_BY_QRIS = 0.3
HELD_BACK = 2  # newest payments that the statement does not reach: they stay provisional
Send = Callable[[], Awaitable[httpx.Response]]


def terminal_of(box: str) -> str | None:
    """Return the terminal label on the code of a box, None for the shared code."""
    number = int(box.rsplit("-", 1)[1])
    return None if number % SHARED_CODE_EVERY == 0 else f"K{number:04d}"


@dataclass(slots=True)
class Desk:
    """Everybody who talks with the server over HTTP, and the bank's books."""

    seed: int
    system: System
    bank: Bank = field(default_factory=Bank)
    notifications_sent: int = 0
    faults_injected: Counter[str] = field(default_factory=Counter)
    faults_effective: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)
    _client: httpx.AsyncClient = field(init=False)
    _tokens: dict[str, str] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _fates: dict[str, str] = field(default_factory=dict)
    _payments: list[Payment] = field(default_factory=list)
    _delivered: list[str] = field(default_factory=list)
    _counted: list[dict[str, Any]] = field(default_factory=list)
    _draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._draw = random.Random(f"desk {self.seed}")
        self._client = httpx.AsyncClient(trust_env=False, timeout=15)
        for role in ("collector", "treasurer", "admin"):
            self.passwords[role] = secrets.token_urlsafe(12)

    def people(self) -> dict[str, Any]:
        """Return what `whole.setup` must make known: people, the bank, the codes on boxes."""
        return {
            "users": [
                {"name": role, "role": role, "password": password}
                for role, password in self.passwords.items()
            ],
            "partner": {
                "id": self.bank.partner,
                "public_key": self.bank.public_pem(),
                "path": PATH,
                "account": ACCOUNT,
            },
            "terminals": {box: terminal_of(box) for box in self.system.keys},
        }

    async def open(self) -> None:
        """Log everybody in."""
        for role, password in self.passwords.items():
            answer = await self._client.post(
                f"{self.system.server_url}/api/v1/sessions",
                json={"login_name": role, "password": password},
            )
            answer.raise_for_status()
            self._tokens[role] = answer.json()["token"]

    def attributable(self, reference: str, box: str) -> str | None:
        """Return the box that a payment can be known to be of; None when nobody can know.

        A shared code names no box, and neither does the statement line of a payment whose
        notification was lost.
        """
        is_named = terminal_of(box) is not None and self._fates.get(reference) != "lost"
        return box if is_named else None

    def take(self, event: dict[str, Any]) -> None:
        """Begin the errand that an event of the town asks for."""
        if event["event"] == "opening":
            self._begin(self._count(event))
        elif event["event"] == "payment":
            payment = Payment(
                event["reference"], event["box"], event["at_us"], event["amount_idr"]
            )
            self._payments.append(payment)
            self._begin(self._announce(payment, self._fate(payment)))

    def _begin(self, errand: Any) -> None:
        task = asyncio.create_task(errand)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _fate(self, payment: Payment) -> str:
        first = len(self._fates)
        fate = FATES[first] if first < len(FATES) else self._draw.choices(FATES, SHARES)[0]
        self._fates[payment.reference] = fate
        return fate

    async def _count(self, event: dict[str, Any]) -> None:
        """Enter a count; now and then the phone sends it twice."""
        cash: Counter[str] = Counter()
        for denomination, _, pieces in event["pieces"]:
            cash[str(denomination)] += pieces
        body = {
            "collection_id": str(uuid.uuid5(uuid.NAMESPACE_OID, event["visit"])),
            "box": event["box"],
            "lid_at": _instant(event["at_us"]).isoformat(),
            "cash": dict(cash),
            "witness": "host",
        }
        for _ in range(self._draw.choice((1, 1, 2))):
            await self._until_done(
                f"the count of {event['box']}",
                lambda: self._post("collector", "collections", body),
            )
        self._counted.append({**body, "amount_idr": event["amount_idr"]})

    async def _announce(self, payment: Payment, fate: str) -> None:
        """Let the bank notify a payment, as its fate has it."""
        self.bank.credit(_instant(payment.at_us), payment.amount_idr, f"QRIS {payment.reference}")
        if fate in FAULTS:
            self.faults_injected[FAULTS[fate]] += 1
        if fate == "lost":
            self.faults_effective[FAULTS[fate]] += 1
            return
        if fate == "reordered":
            before = len(self._delivered)
            await asyncio.sleep(self._draw.uniform(*REORDER_S))
            overtaken = any(one > payment.reference for one in self._delivered[before:])
            self.faults_effective[FAULTS[fate]] += overtaken
        terminal = terminal_of(payment.box)
        copies = 2 if fate == "doubled" else 1
        await asyncio.gather(*(self._notify(payment, terminal) for _ in range(copies)))
        self._delivered.append(payment.reference)
        if fate == "doubled":
            self.faults_effective[FAULTS[fate]] += 1

    async def _notify(self, payment: Payment, terminal: str | None) -> None:
        body = self.bank.body(payment, _instant(payment.at_us), terminal)

        async def send() -> httpx.Response:
            headers = self.bank.headers(body, datetime.now(UTC))  # noqa: TID251 -- the bank's clock
            self.notifications_sent += 1
            return await self._client.post(
                f"{self.system.server_url}{PATH}", content=body, headers=headers
            )

        await self._until_done(f"the notification {payment.reference}", send)

    async def _until_done(self, what: str, send: Send) -> None:
        """Send again until there is an answer; a refusal is noted and ends it."""
        while True:
            try:
                answer = await send()
            except httpx.HTTPError:
                await asyncio.sleep(RETRY_S)
                continue
            if answer.status_code < 300:
                return
            if answer.status_code < 500 and answer.status_code != 429:
                self.refused.append(
                    f"The server refused {what}: {answer.status_code} {answer.text[:300]}"
                )
                return
            await asyncio.sleep(RETRY_S)

    async def _post(self, role: str, leaf: str, body: dict[str, Any]) -> httpx.Response:
        return await self._client.post(
            f"{self.system.server_url}/api/v1/{leaf}",
            json=body,
            headers={"Authorization": f"Bearer {self._tokens[role]}"},
        )

    async def finish(self) -> None:
        """Do every errand to its end, pay the cash in, and hand in the statement, twice."""
        while self._tasks:
            await asyncio.gather(*self._tasks)
        await self._remit_all()
        lines = self._statement_lines()
        await self._hand_in(lines[: len(lines) // 2])
        await self._hand_in(lines)
        await self._until_done("the matching", lambda: self._post("treasurer", "reconcile", {}))

    async def _remit_all(self) -> None:
        """Pay each box's counted cash into the account, some of it with the programme's code."""
        by_box: dict[str, list[dict[str, Any]]] = {}
        for count in self._counted:
            if count["amount_idr"]:
                by_box.setdefault(count["box"], []).append(count)
        for box, counts in sorted(by_box.items()):
            await self._remit(box, counts)
        self._counted.clear()

    async def _remit(self, box: str, counts: list[dict[str, Any]]) -> None:
        at = datetime.now(UTC)  # noqa: TID251 -- a person's clock
        amount_idr = sum(count["amount_idr"] for count in counts)
        by_qris = self._draw.random() < REMIT_BY_QRIS
        reference = f"{'RQ' if by_qris else 'SLIP'}{self.seed:06d}{uuid.uuid4().hex[:8].upper()}"
        body = {
            "remittance_id": str(uuid.uuid4()),
            "collection_ids": [count["collection_id"] for count in counts],
            "amount_idr": amount_idr,
            "method": "qris" if by_qris else "slip",
            "reference": reference,
            "paid_at": at.isoformat(),
            "account": ACCOUNT,
        }
        await self._until_done(
            f"the remittance of {box}", lambda: self._post("treasurer", "remittances", body)
        )
        if by_qris:
            self.bank.credit(at, amount_idr, f"QRIS {reference}")
            at_us = int(at.timestamp() * 1_000_000)
            await self._notify(Payment(reference, box, at_us, amount_idr), None)
        else:
            self.bank.credit(at, amount_idr, f"SETOR TUNAI {reference}")

    def _statement_lines(self) -> list[Credit]:
        """Return the statement without the newest announced payments, if it can end there."""
        lines = sorted(self.bank.credits, key=lambda line: line.at)
        newest = sorted(self._payments, key=lambda payment: payment.at_us)[-HELD_BACK:]
        announced = [one for one in newest if self._fates[one.reference] != "lost"]
        held_back = {f"QRIS {one.reference}" for one in announced} if len(lines) > 10 else set()
        return [line for line in lines if line.text not in held_back]

    async def _hand_in(self, lines: list[Credit]) -> None:
        if not lines:
            return
        content = self.bank.statement(lines).encode()

        async def send() -> httpx.Response:
            return await self._client.post(
                f"{self.system.server_url}/api/v1/statements",
                params={"account": ACCOUNT, "profile": PROFILE},
                content=content,
                headers={
                    "Authorization": f"Bearer {self._tokens['treasurer']}",
                    "Content-Type": "text/csv",
                },
            )

        await self._until_done("the statement", send)

    async def statement_every(self, seconds: float) -> None:
        """Pay in and hand in the statement again and again, for a demo."""
        while True:
            await asyncio.sleep(seconds)
            await self._remit_all()
            await self._hand_in(self._statement_lines())

    def invitation(self) -> list[str]:
        """Return what to tell the person in front of a demo."""
        url = self.system.server_url
        return [
            f"Public board: {url}/",
            f"Admin: {url}/admin (name admin, password {self.passwords['admin']})",
            f"Collector: {url}/kolektor (name collector, password {self.passwords['collector']})",
        ]

    async def close(self) -> None:
        """End every errand and the connections."""
        for task in list(self._tasks):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()


def _instant(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1_000_000, tz=UTC)
