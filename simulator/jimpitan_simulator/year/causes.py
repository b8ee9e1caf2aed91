"""Which discrepancies had a cause: every kind is held against what really happened.

A kind that is not known here counts as a false alarm, so that a new one cannot hide.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jimpitan_simulator.year.detection import ABOVE, BELOW, DRIFT, drift_has_cause
from jimpitan_simulator.year.events import Scanned
from jimpitan_simulator.year.reading import CaseRow, YearBooks
from jimpitan_simulator.year.truth import Hand, day_of
from jimpitan_simulator.year.world import World

# A sign of the box is found with the next carrying; what else follows a theft within the day.
_SOON = timedelta(hours=36)
# A lost or late message shows in the lines and batches of its account so many days around.
_NEAR = timedelta(days=10)
# The server's own patience with scans (JIMPITAN_SCAN_OVERDUE_DAYS).
_SCAN_PATIENCE = timedelta(days=14)
_SIGNS = (
    "fishing",
    "lid_unauthorised",
    "weight_loss",
    "moved",
    "shaken",
    "tilted",
    "slot_blocked",
    "reverse_passage",
    "beam_degraded",
    "sensor_lost",
)


def false_alarms(world: World, books: YearBooks) -> Counter[str]:
    """Return how many discrepancies of each kind nothing in the world was the cause of."""
    causes = _Causes.of(world, books)
    return Counter(case.kind for case in books.cases if not causes.has_cause(case))


@dataclass(frozen=True, slots=True)
class _Causes:
    """What happened, in the form in which cases name it."""

    world: World
    difference: Mapping[str, int]
    faults: frozenset[tuple[str, str]]
    lost: frozenset[tuple[str, date]]
    given_back: frozenset[str]
    papers: Mapping[str, tuple[str, date]]
    texts: Mapping[str, str]
    scans: Mapping[str, list[datetime]]

    @classmethod
    def of(cls, world: World, books: YearBooks) -> "_Causes":
        """Return the causes that a world gave, and where and when each paper of a case was."""
        account_of = {one.paid.reference: one.account for one in world.bank.customers}
        papers = {f"line/{row.line_id}": (row.account, row.day) for row in books.lines}
        for row in books.payments:
            papers[f"payment/{row.payment_id}"] = (account_of[row.reference], row.day)
        for one in world.truth.remitted:
            papers[f"payment/{one.remittance_id}"] = (one.account, day_of(one.at))
        scans: dict[str, list[datetime]] = {}
        for event in world.events:
            if isinstance(event, Scanned):
                scans.setdefault(event.box, []).append(event.at)
        return cls(
            world=world,
            difference={one.collection_id: one.difference_idr for one in world.truth.emptied},
            faults=frozenset(world.truth.faults),
            lost=frozenset(
                (one.account, day_of(one.paid.at))
                for one in world.bank.customers
                if one.fate.missing or one.fate.late_h
            ),
            given_back=frozenset(
                one.paid.reference for one in world.bank.customers if one.fate.refunded_at
            ),
            papers=papers,
            texts={str(row.line_id): row.text for row in books.lines},
            scans=scans,
        )

    def has_cause(self, case: CaseRow) -> bool:
        """Say whether something that really happened is behind a case."""
        judge = self._judges.get(case.kind)
        return judge(case) if judge else False

    @property
    def _judges(self) -> Mapping[str, Callable[[CaseRow], bool]]:
        judges: dict[str, Callable[[CaseRow], bool]] = {
            BELOW: lambda case: self._differs(case, is_below=True),
            ABOVE: lambda case: self._differs(case, is_below=False),
            DRIFT: lambda case: drift_has_cause(self.world, case),
            "lid_without_count": lambda case: self._was_robbed(
                case, {Hand.LID}, self._opened(case)
            ),
            "count_not_remitted": lambda case: any(
                ("never", name) in self.faults for name in _names(case)
            ),
            "handover_differs": lambda case: ("handover", case.subject) in self.faults,
            "remittance_differs": lambda case: self._is_fault("paid_less", case),
            "remittance_credit_differs": lambda case: (
                self._is_fault("credited_less", case) or self._lost_near(case)
            ),
            "remittance_notification": lambda case: self._is_fault("credited_less", case),
            "remittance_not_credited": self._is_lost_remittance,
            "remittance_ambiguous": self._lost_near,
            "payment_not_notified": self._lost_near,
            "payment_credit_differs": self._lost_near,
            "payment_not_credited": self._lost_near,
            "payment_ambiguous": self._lost_near,
            "payment_refunded": self._was_given_back,
            "credit_unexplained": self._is_of_others,
            "sticker_altered": self._was_swapped,
            "sticker_swapped": self._was_swapped,
            "qris_income_fell": lambda case: (
                self._was_swapped(case)
                or self._was_robbed(case, {Hand.CARRIED_OFF}, case.found_at, timedelta(days=60))
            ),
            "sticker_scan_overdue": self._was_not_scanned,
        }
        judges |= dict.fromkeys(
            _SIGNS, lambda case: self._was_robbed(case, set(Hand), case.found_at)
        )
        return judges

    def _differs(self, case: CaseRow, *, is_below: bool) -> bool:
        return any(
            difference < 0 if is_below else difference > 0
            for difference in (self.difference.get(name, 0) for name in _names(case))
        )

    def _opened(self, case: CaseRow) -> datetime:
        return datetime.fromisoformat(str(case.evidence.get("opened_at", case.found_at)))

    def _was_robbed(
        self, case: CaseRow, hands: set[Hand], at: datetime, within: timedelta = _SOON
    ) -> bool:
        return any(
            one.box == case.box and one.hand in hands and abs(at - one.at) < within
            for one in self.world.truth.taken
        )

    def _is_fault(self, name: str, case: CaseRow) -> bool:
        return any((name, one) in self.faults for one in _names(case))

    def _is_lost_remittance(self, case: CaseRow) -> bool:
        return self._is_fault("credited_less", case) or self._lost_near(case)

    def _lost_near(self, case: CaseRow) -> bool:
        """Say whether a message was lost or late on the same account near these papers."""
        named = [f"payment/{name}" for name in _listed(case, "expected")]
        named += [f"line/{name}" for name in _listed(case, "arrived")]
        return any(
            account == self.papers[name][0] and abs(day - self.papers[name][1]) <= _NEAR
            for name in named
            if name in self.papers
            for account, day in self.lost
        )

    def _was_given_back(self, case: CaseRow) -> bool:
        return any(reference in case.subject for reference in self.given_back)

    def _is_of_others(self, case: CaseRow) -> bool:
        """Interest, or a stranger's transfer: money that belongs to neither chain."""
        texts = [self.texts[name] for name in _listed(case, "arrived")]
        return bool(texts) and all(text.startswith(("BUNGA", "TRANSFER")) for text in texts)

    def _was_not_scanned(self, case: CaseRow) -> bool:
        """Say whether nobody scanned the sticker in the two weeks before the case was raised."""
        scans = self.scans.get(case.box or "", ())
        return not any(timedelta() < case.found_at - at < _SCAN_PATIENCE for at in scans)

    def _was_swapped(self, case: CaseRow) -> bool:
        return any(box == case.box for box, _, _ in self.world.truth.swapped)


def _listed(case: CaseRow, side: str) -> list[str]:
    found = case.evidence.get(side, [])
    return [str(name) for name in found] if isinstance(found, list) else []


def _names(case: CaseRow) -> Iterable[str]:
    """Return the counts and remittances that a case is about."""
    return (*_listed(case, "expected"), *_listed(case, "arrived"))
