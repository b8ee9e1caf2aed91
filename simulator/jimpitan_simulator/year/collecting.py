"""What collectors do with a tour's counts: hand over, pay in, err and embezzle."""

import random
from dataclasses import dataclass, field
from datetime import timedelta

from jimpitan_simulator.year.accounts import Line, YearBank
from jimpitan_simulator.year.events import Event, HandedOver, PaidIn
from jimpitan_simulator.year.plan import Collector
from jimpitan_simulator.year.truth import Emptied, Paid, Remitted, Truth

# Shares of tours (EST).
BY_QRIS, PAID_LESS, CREDITED_LESS, NEVER, HANDED_LESS = 0.1, 0.012, 0.008, 0.006, 0.01
QRIS_MAX_IDR = 10_000_000  # Bank Indonesia: the limit of one payment


@dataclass(slots=True)
class Haul:
    """The counts of one collector's tour of a week."""

    collector: Collector
    number: int
    emptied: list[Emptied] = field(default_factory=list)


@dataclass(slots=True)
class Desk:
    """Where tours end: what is drawn, what happened, the bank, and what reaches the server."""

    draw: random.Random
    truth: Truth
    bank: YearBank
    events: list[Event]

    def take(self, haul: Haul, week: int) -> None:
        """Hand over perhaps, then pay in on Monday, in one slip for all boxes of the tour."""
        parts = [one for one in haul.emptied if one.typed_idr]
        if not parts:
            return
        name = f"{haul.collector.name}-{week:03d}"
        if haul.collector.hands_over:
            self._hand_over(haul, name, parts)
        if self.draw.random() < NEVER:
            self.truth.faults |= {("never", one.collection_id) for one in parts}
            return
        self._pay(haul, name, parts)

    def _hand_over(self, haul: Haul, name: str, parts: list[Emptied]) -> None:
        received = sum(one.typed_idr for one in parts)
        if self.draw.random() < HANDED_LESS:
            received -= min(received, 5000)
            self.truth.faults.add(("handover", f"handover-{name}"))
        self.events.append(
            HandedOver(
                at=max(one.at for one in parts) + timedelta(hours=3),
                handover_id=f"handover-{name}",
                collection_ids=_ids(parts),
                collector=haul.number,
                received_idr=received,
            )
        )

    def _pay(self, haul: Haul, name: str, parts: list[Emptied]) -> None:
        counted = sum(one.typed_idr for one in parts)
        last = max(one.at for one in parts)
        typed, paid = self._sums(name, counted)
        is_qris = self.draw.random() < BY_QRIS and paid <= QRIS_MAX_IDR
        remitted = Remitted(
            remittance_id=name,
            account=haul.collector.account,
            collection_ids=_ids(parts),
            boxes=tuple(sorted({one.box for one in parts})),
            at=last + timedelta(days=1, hours=22, minutes=self.draw.randrange(60)),
            typed_idr=typed,
            paid_idr=paid,
            counted_idr=counted,
            method="qris" if is_qris else "slip",
            reference=f"{'RQ' if is_qris else 'ST'}{self.draw.randrange(10**10):010d}",
        )
        self.truth.remitted.append(remitted)
        self._bring(remitted)
        self.events.append(
            PaidIn(
                at=remitted.at + timedelta(minutes=20),
                remittance_id=name,
                account=remitted.account,
                collection_ids=remitted.collection_ids,
                amount_idr=typed,
                method=remitted.method,
                reference=remitted.reference,
                collector=haul.number,
            )
        )

    def _sums(self, name: str, counted: int) -> tuple[int, int]:
        """Return what is typed and what is really paid; some keep a twentieth back."""
        luck = self.draw.random()
        shortage = max(1000, counted // 20 // 1000 * 1000)
        if counted <= shortage or luck >= PAID_LESS + CREDITED_LESS:
            return counted, counted
        if luck < PAID_LESS:
            self.truth.faults.add(("paid_less", name))
            return counted - shortage, counted - shortage
        self.truth.faults.add(("credited_less", name))
        return counted, counted - shortage

    def _bring(self, remitted: Remitted) -> None:
        """Let the money reach the account, over the counter or by the programme's own code."""
        at, paid = remitted.at, remitted.paid_idr
        if remitted.method == "qris":
            payment = Paid(reference=remitted.reference, box="", at=at, amount_idr=paid)
            self.bank.take(self.draw, payment, remitted.account, None, is_gift=False)
            return
        credited = at + timedelta(hours=self.draw.choice((1, 2, 26)))
        words = f"SETORAN TUNAI {remitted.reference}"
        self.bank.lines.append(Line(remitted.account, credited, paid, words, ""))


def _ids(parts: list[Emptied]) -> tuple[str, ...]:
    return tuple(sorted(one.collection_id for one in parts))
