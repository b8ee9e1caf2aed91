"""Settlement: when and in which parts an acquirer pays QRIS payments into the account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from jimpitan_server.domain.bank_calendar import CLOSED_RUN_MAX, BankCalendar
from jimpitan_server.domain.bank_day import WIB, bank_day, bank_days
from jimpitan_server.domain.money_errors import ProfileMalformed

LAG_DAYS_MAX = 14


class Settlement(StrEnum):
    """How QRIS payments reach the account."""

    PAYMENT = "payment"
    """One credit for each payment."""
    DAILY = "daily"
    """One credit for all payments of a batch: a day, or the time up to a cut-off."""
    TERMINAL_DAILY = "terminal_daily"
    """One credit for all payments of a batch at one terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementProfile:
    """The habit of one acquirer. `cutoffs` are times of day (WIB) at which a batch closes.

    Without one a batch closes at midnight. The credit comes `lag_days_min` to `lag_days_max` days
    after the day on which its batch closed, open days of banks where `in_open_days`. `fee_bp` is
    what the acquirer may keep, in hundredths of a percent: donations are free (0).
    """

    name: str
    way: Settlement
    source: str
    verified: bool = False
    cutoffs: tuple[time, ...] = ()
    lag_days_min: int = 0
    lag_days_max: int = 4
    in_open_days: bool = False
    fee_bp: int = 0

    def __post_init__(self) -> None:
        """Refuse a habit that no acquirer can have."""
        if list(self.cutoffs) != sorted(set(self.cutoffs)):
            raise ProfileMalformed(f"profile {self.name}: cut-offs rise, each once")
        if not 0 <= self.lag_days_min <= self.lag_days_max <= LAG_DAYS_MAX:
            raise ProfileMalformed(f"profile {self.name}: a lag of 0 to {LAG_DAYS_MAX} days")

    def batch_of(self, paid_at: datetime) -> tuple[date, int]:
        """Return the day on which the batch of a payment closes, and which of the day's it is."""
        if not self.cutoffs:
            return bank_day(paid_at), 0
        local = paid_at.astimezone(WIB)
        for number, cutoff in enumerate(self.cutoffs):
            if local.time() < cutoff:
                return local.date(), number
        # After the last cut-off: the first batch of the next day.
        return local.date() + timedelta(days=1), 0

    def batches_of(self, paid_at: Iterable[datetime]) -> list[tuple[date, int]]:
        """Return the same of many payments, in their order."""
        if not self.cutoffs:
            return [(day, 0) for day in bank_days(paid_at)]
        return [self.batch_of(one) for one in paid_at]

    def credited_between(self, closes_on: date, calendar: BankCalendar) -> tuple[date, date]:
        """Return the first and the last day on which the credit of a batch should come."""
        if self.in_open_days:
            first = calendar.later(closes_on, self.lag_days_min)
            return first, calendar.later(closes_on, self.lag_days_max)
        return (
            closes_on + timedelta(days=self.lag_days_min),
            closes_on + timedelta(days=self.lag_days_max),
        )

    @property
    def reach_days(self) -> int:
        """Return how many days after its batch a credit may come at the most."""
        return self.lag_days_max + (CLOSED_RUN_MAX if self.in_open_days else 0)


@dataclass(frozen=True, slots=True)
class SettlementTerms:
    """The profiles of one account, each from the day on which its acquirer began with it."""

    profiles: tuple[tuple[date, SettlementProfile], ...]

    def __post_init__(self) -> None:
        """Refuse terms that are not told in order, or none."""
        starts = [start for start, _ in self.profiles]
        if not starts or starts != sorted(set(starts)):
            raise ProfileMalformed("an account settles by at least one profile, each from a day")

    def on(self, day: date) -> SettlementProfile:
        """Return the profile that held on a day; before the first one, the first."""
        found = self.profiles[0][1]
        for start, profile in self.profiles[1:]:
            if start <= day:
                found = profile
        return found


def always(profile: SettlementProfile | Settlement) -> SettlementTerms:
    """Return the terms of an account that never changed."""
    if isinstance(profile, Settlement):
        profile = SETTLEMENTS[profile.value]
    return SettlementTerms(((date.min, profile),))


def settlement_named(name: str) -> SettlementProfile:
    """Return a profile that is known."""
    try:
        return SETTLEMENTS[name]
    except KeyError:
        known = ", ".join(sorted(SETTLEMENTS))
        raise ProfileMalformed(
            f"there is no settlement profile {name!r}; known are {known}"
        ) from None


_T_PLUS_2 = "T+2 at the slowest acquirers, with a weekend between"

SETTLEMENTS: Mapping[str, SettlementProfile] = {
    profile.name: profile
    for profile in (
        SettlementProfile(name="payment", way=Settlement.PAYMENT, source=_T_PLUS_2),
        SettlementProfile(name="daily", way=Settlement.DAILY, source=_T_PLUS_2),
        SettlementProfile(name="terminal_daily", way=Settlement.TERMINAL_DAILY, source=_T_PLUS_2),
        SettlementProfile(
            name="bca-umi",
            way=Settlement.DAILY,
            source="BCA, micro merchants since 17 June 2025: five batches a day",
            cutoffs=(time(4), time(8), time(11, 41), time(14), time(19)),
            lag_days_max=1,
        ),
        SettlementProfile(
            name="working-daily",
            way=Settlement.DAILY,
            source="InterActive and Telkom QRIS: once on each working day",
            lag_days_min=1,
            lag_days_max=2,
            in_open_days=True,
        ),
        SettlementProfile(
            name="t-plus-2",
            way=Settlement.DAILY,
            source="Xendit help pages: T+2 working days",
            lag_days_min=2,
            lag_days_max=3,
            in_open_days=True,
        ),
    )
}
