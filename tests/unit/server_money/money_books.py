"""Short ways to write down books for tests."""

from datetime import UTC, date, datetime, timedelta

from jimpitan_server.domain.bank_calendar import BankCalendar
from jimpitan_server.domain.books import (
    Books,
    Collection,
    Credit,
    Expectation,
    LidOpening,
    Payment,
    Remittance,
    RemittanceMethod,
    Rules,
)
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match, Relation
from jimpitan_server.domain.matching import Matching, match_books
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.settlement import Settlement, SettlementProfile, always

# A Friday, ten in the morning in Lebak.
FRIDAY = datetime(2026, 1, 9, 3, 0, tzinfo=UTC)
ACCOUNT = "bsi-1"
BOX = BoxId("box-0017")


def at(days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
    return FRIDAY + timedelta(days=days, hours=hours, minutes=minutes)


def day(days: int = 0) -> date:
    return FRIDAY.date() + timedelta(days=days)


def payment(name: str, amount: int, days: float = 0, **more: object) -> Payment:
    fields = {"fee": Rupiah(0), "paid_at": at(days), "reference": f"REF{name}00"} | more
    return Payment(payment_id=name, account=ACCOUNT, amount=Rupiah(amount), **fields)  # type: ignore[arg-type]


def credit(name: str, amount: int, days: int = 0, text: str = "QRIS") -> Credit:
    return Credit(
        credit_id=name, account=ACCOUNT, booked_on=day(days), amount=Rupiah(amount), text=text
    )


def collection(name: str, amount: int, days: float = 0, **more: object) -> Collection:
    fields = {"box": BOX, "sensed": False} | more
    return Collection(collection_id=name, total=Rupiah(amount), lid_at=at(days), **fields)  # type: ignore[arg-type]


def remittance(name: str, amount: int, *collections: str, **more: object) -> Remittance:
    fields = {
        "method": RemittanceMethod.SLIP,
        "reference": f"SLIP{name}00",
        "paid_at": at(),
    } | more
    return Remittance(
        remittance_id=name,
        account=ACCOUNT,
        collection_ids=collections,
        amount=Rupiah(amount),
        **fields,  # type: ignore[arg-type]
    )


def opening(seq: int, days: float = 0, minutes: float = 0, uncertainty_s: int = 60) -> LidOpening:
    uncertainty = timedelta(seconds=uncertainty_s)
    return LidOpening(box=BOX, seq=seq, at=at(days, 0, minutes), uncertainty=uncertainty)


def expectation(seq: int, deposits: int, missing: int = 0) -> Expectation:
    return Expectation(box=BOX, lid_seq=seq, deposits=deposits, records_missing=missing)


def matched(rules: Rules | None = None, days_later: float = 30, **books: object) -> Matching:
    """Match books whose statement has long been imported, unless told otherwise."""
    fields = {"now": at(days_later), "statement_until": {ACCOUNT: day(int(days_later))}} | books
    return match_books(Books(**fields), rules or Rules())  # type: ignore[arg-type]


def by_batch(settlement: Settlement | SettlementProfile, *closed: date) -> Rules:
    """Return rules of an account that settles so; banks are closed on these days too."""
    terms = {ACCOUNT: always(settlement)}
    return Rules(terms_by_account=terms, calendar=BankCalendar(frozenset(closed)))


def of(matching: Matching, relation: Relation) -> list[Match]:
    return [match for match in matching.matches if match.relation is relation]


def kinds(matching: Matching) -> list[str]:
    return sorted(str(discrepancy.kind) for discrepancy in matching.discrepancies)
