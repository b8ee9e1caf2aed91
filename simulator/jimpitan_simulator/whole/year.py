"""A year of money through the real server: records, messages, counts and statements in time.

The world is made first, by code that knows nothing of the server. Here it is brought to the
server's own desks, on a clock that the year leads, and nothing but what the field would bring.
At the end the database is read past the server, and judged by the truth.
"""

import asyncio
import base64
import heapq
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

from jimpitan_server import bootstrap as server

from jimpitan_simulator.bank import PATH, Bank
from jimpitan_simulator.whole.server_words import word
from jimpitan_simulator.whole.setup import payload
from jimpitan_simulator.whole.year_boxes import Carried, Pen
from jimpitan_simulator.year.accounts import Told, statement_of
from jimpitan_simulator.year.events import (
    Entered,
    Felt,
    HandedOver,
    LidClosed,
    PaidIn,
    Scanned,
    Visited,
    Voided,
)
from jimpitan_simulator.year.judge import judge
from jimpitan_simulator.year.plan import ACCOUNTS, BEGIN, Plan, make_plan
from jimpitan_simulator.year.reading import read_books
from jimpitan_simulator.year.sensing import ShelfOrder, make_shelf
from jimpitan_simulator.year.world import World

GATEWAY, TREASURER = "gateway", "bendahara"
THIEF_TERMINAL = "THIEF0001"
# After the last gift: time for late messages, counts that are due, and the last statement.
QUIET_DAYS = 14
STATEMENT_EVERY, STATEMENT_OVERLAP = timedelta(weeks=4), timedelta(days=6)
REPEATED = 0.15
SHELF_DROPS_A_BOX = 25


@dataclass(slots=True)
class YearClock:
    """The server's clock, led by the year."""

    at: datetime = BEGIN

    def now(self) -> datetime:
        """Return the moment of the year."""
        return self.at


@dataclass(slots=True)
class Year:
    """One year and the server that lives through it."""

    world: World
    folder: Path
    say: Callable[[str], None]
    clock: YearClock = field(default_factory=YearClock)
    people: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    took_s: dict[str, float] = field(default_factory=dict)
    _program: Any = None
    _pens: dict[str, Pen] = field(default_factory=dict)
    _waiting: Carried = field(default_factory=Carried)
    _banks: dict[str, Bank] = field(default_factory=dict)
    _treasurer: str = ""
    _scans: Iterator[int] = field(default_factory=count)

    @property
    def plan(self) -> Plan:
        """The town's plan."""
        return self.world.plan

    async def live(self) -> None:
        """Bring everything to the server in the order of time."""
        await self._prepare()
        try:
            for at, act, content in self._agenda():
                self.clock.at = at
                began_s = monotonic()
                await act(content)
                name = type(content).__name__ if content is not None else act.__name__
                self.took_s[name] = self.took_s.get(name, 0.0) + monotonic() - began_s
        finally:
            await self._program.close()

    def _agenda(self) -> Iterator[tuple[datetime, Callable[[Any], Any], Any]]:
        """Yield what comes when: what the world brings, and the habits of the office."""
        order = count()
        end = self.plan.end + timedelta(days=QUIET_DAYS)
        plans: list[tuple[datetime, int, Callable[[Any], Any], Any]] = [
            (event.at, next(order), self._acts[type(event)], event) for event in self.world.events
        ]
        plans += [(told.at, next(order), self._notify, told) for told in self.world.bank.told]
        day = BEGIN + timedelta(hours=23)
        while day < end:
            plans.append((day, next(order), self._carry, None))
            day += timedelta(days=1)
        draw = random.Random(f"year {self.plan.seed} statements")
        since = BEGIN
        until = BEGIN + STATEMENT_EVERY + timedelta(hours=9)
        while since < end:
            until = min(until, end - timedelta(minutes=1))
            for account in self._accounts:
                times = 2 if draw.random() < REPEATED else 1
                for _ in range(times):
                    part = (account, max(BEGIN, since - STATEMENT_OVERLAP), until)
                    plans.append((until, next(order), self._import, part))
            plans.append((until, next(order), self._match, None))
            since, until = until, until + STATEMENT_EVERY
            if since >= end - timedelta(minutes=1):
                break
        plans.append((end, next(order), self._match, None))
        heapq.heapify(plans)
        while plans:
            at, _, act, content = heapq.heappop(plans)
            yield at, act, content

    @property
    def _accounts(self) -> list[str]:
        used = {place.account for place in self.plan.places}
        return [account for account in ACCOUNTS if account in used]

    @property
    def _acts(self) -> dict[type, Callable[[Any], Any]]:
        return {
            Felt: self._felt,
            Visited: self._visited,
            LidClosed: self._lid_closed,
            Scanned: self._scanned,
            Entered: self._entered,
            Voided: self._voided,
            HandedOver: self._handed_over,
            PaidIn: self._paid_in,
        }

    # ---- before the year ---------------------------------------------------------------

    async def _prepare(self) -> None:
        draw = random.Random(f"year {self.plan.seed} keys")
        master = base64.b64encode(draw.randbytes(32)).decode()
        url = f"sqlite+aiosqlite:///{self.folder}/server.db"
        # Collectors count alone here: a second person's PIN says nothing about sums.
        settings = server.Settings(database_url=url, master_key=master, witness_demanded=False)
        self._program = program = await server.build(settings, self.clock)
        await program.migrate()
        for place in self.plan.sensed:
            key = draw.randbytes(32)
            await program.add_box(place.box, epoch=1, key=key)
            self._pens[place.box] = Pen(place.box, key)
        await program.add_gateway(GATEWAY)
        for one in self.plan.collectors:
            self.people.append(await self._person(one.name, "collector", draw))
        self._treasurer = await self._person(TREASURER, "treasurer", draw)
        for account in self._accounts:
            await self._add_bank(account)
        for place in (*self.plan.places, *self.plan.offices):
            terminal = place.terminal if place.mode == "own" else None
            await program.money.register_code(
                box=place.box,
                payload=payload(terminal),
                store_id=None,
                merchant_id=None,
                mode=word("CodeMode")(place.mode),
            )

    async def _person(self, name: str, role: str, draw: random.Random) -> str:
        password = base64.b64encode(draw.randbytes(12)).decode()
        person: str = await self._program.add_user(name, role=role, password=password)
        return person

    async def _add_bank(self, account: str) -> None:
        bank = self._banks[account] = Bank(partner=f"bank-{account}")
        purpose = word("KeyPurpose").NOTIFICATION
        way = word("Settlement")(ACCOUNTS[account][0])
        await self._program.bank.add_partner(
            word("BankPartner")(
                partner_id=bank.partner,
                account=account,
                profile=word("profile_named")("snap-asymmetric"),
                path=PATH,
            ),
            word("Account")(account_id=account, settlement=way),
            [word("NewKey")(purpose=purpose, text=bank.public_pem())],
            actor="cli",
        )

    # ---- what boxes and collectors do --------------------------------------------------

    async def _felt(self, event: Felt) -> None:
        self._waiting.take(self._pens[event.box], event.at, event.facts)

    async def _visited(self, event: Visited) -> None:
        actor = self.people[event.collector]
        visit = await self._program.open_collection(event.box, actor=actor)
        self._waiting.open_visit(self._pens[event.box], event.at, visit.number)

    async def _lid_closed(self, event: LidClosed) -> None:
        self._waiting.close_visit(self._pens[event.box], event.at)

    async def _carry(self, _: None) -> None:
        """Bring what boxes kept to the server, as a gateway does."""
        delivery = word("Delivery")
        deliveries = [
            delivery(box, self.clock.at, message) for box, message in self._waiting.messages()
        ]
        if not deliveries:
            return
        accepted = await self._program.accept(deliveries, gateway=GATEWAY)
        for receipt in accepted.receipts:
            self.wrong += [f"The server refused a record: {one}." for one in receipt.reasons]
        if self.clock.at.weekday() == 0:
            await self._program.stickers.watch_if_due()

    async def _scanned(self, event: Scanned) -> None:
        place = next(one for one in self.plan.places if one.box == event.box)
        terminal = place.terminal if place.mode == "own" else None
        scanned = await self._program.stickers.scan(
            event.box,
            scan_id=f"scan-{next(self._scans):08d}",
            text=payload(THIEF_TERMINAL if event.is_foreign else terminal),
            actor=self.people[event.collector],
            scanned_at=event.at,
        )
        if (scanned.verdict.value == "same") is event.is_foreign:
            self.wrong.append(f"The sticker of {event.box} was called {scanned.verdict}.")

    async def _entered(self, event: Entered) -> None:
        await self._program.collections.close(
            word("Counted")(
                collection_id=event.collection_id,
                box=event.box,
                collector=self.people[event.collector],
                lid_at=event.lid_at,
                count=word("CashCount").of(event.pieces),
            ),
            pin=None,
        )

    async def _voided(self, event: Voided) -> None:
        await self._program.money.void(
            kind="collection",
            subject_id=event.collection_id,
            reason="typed wrong",
            actor=self.people[event.collector],
        )

    async def _handed_over(self, event: HandedOver) -> None:
        rupiah = word("Rupiah")
        offer = word("HandoverOffer")(
            handover_id=event.handover_id,
            giver=self.people[event.collector],
            receiver=self._treasurer,
            collection_ids=event.collection_ids,
            offered_at=event.at,
        )
        await self._program.money.offer_handover(offer)
        await self._program.money.answer_handover(
            event.handover_id,
            received=rupiah(event.received_idr),
            note="",
            actor=self._treasurer,
        )

    async def _paid_in(self, event: PaidIn) -> None:
        await self._program.money.remit(
            word("Paid")(
                remittance_id=event.remittance_id,
                account=event.account,
                collection_ids=event.collection_ids,
                amount=word("Rupiah")(event.amount_idr),
                method=word("RemittanceMethod")(event.method),
                reference=event.reference,
                paid_at=event.at - timedelta(minutes=20),
                actor=self.people[event.collector],
            )
        )

    # ---- what banks do ------------------------------------------------------------------

    async def _notify(self, told: Told) -> None:
        headers = self._banks[told.account].headers(told.body, told.at)
        message = word("Message")(
            headers={name.lower(): value for name, value in headers.items()},
            path=PATH,
            body=told.body,
            received_at=told.at,
        )
        answer = await self._program.bank.notify(message)
        if answer.status != 200:
            self.wrong.append(f"A genuine message was answered with {answer.code}.")

    async def _import(self, part: tuple[str, datetime, datetime]) -> None:
        account, since, until = part
        name, content = statement_of(account, self.world.bank.lines, since=since, until=until)
        imported = await self._program.money.take_statement(
            word("ImportWish")(
                account=account,
                file_name=name,
                content=content,
                profiles=word("profiles_named")(ACCOUNTS[account][1]),
                actor="cli",
            )
        )
        if imported.import_id is None and imported.faults:
            self.wrong.append(f"{name} was not imported.")
        self.say(f"{until:%Y-%m-%d}: {name}")

    async def _match(self, _: None) -> None:
        """Match everything that stands, as the office does when the statements are in."""
        await self._program.money.reconcile()


async def run(order: dict[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """Make the world, bring it to a server, and return the report."""
    began_s = monotonic()
    boxes, weeks = order["boxes"], order["weeks"]
    plan = make_plan(seed=order["seed"], boxes=boxes, weeks=weeks)
    is_small = boxes * weeks < 1000
    wanted = ShelfOrder(
        seed=plan.seed,
        boxes=1 if is_small else 4,
        drops=10 if is_small else SHELF_DROPS_A_BOX,
        trials=3 if is_small else 20,
    )
    world = World(plan, make_shelf(wanted))
    say(f"the firmware has sensed its shelf ({monotonic() - began_s:.0f} s)")
    world.happen()
    say(f"the world has happened: {len(world.events)} acts ({monotonic() - began_s:.0f} s)")
    with tempfile.TemporaryDirectory(prefix="jimpitan-year-", dir=order.get("folder")) as folder:
        year = Year(world, Path(folder), say)
        await year.live()
        books = read_books(Path(folder) / "server.db")
    report = judge(world, books, year.wrong)
    say(json.dumps({name: round(took, 1) for name, took in year.took_s.items()}))
    say(f"{monotonic() - began_s:.0f} s in all")
    return report


def main() -> int:
    """Read the order from standard input, run it, print the report."""
    order = json.load(sys.stdin)
    report = asyncio.run(run(order, lambda line: print(line, file=sys.stderr)))  # noqa: T201
    print(json.dumps(report))  # noqa: T201 -- the parent reads it
    return 1 if report["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
