"""What a person must look at in the papers of counts: the second person, the seals."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from jimpitan_server.domain.books import Books
from jimpitan_server.domain.count_papers import CountPapers, number_read
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.mass_discrepancies import COUNT_MASS_DIFFERS, mass_discrepancies

_COUNTS_NAMED_MAX = 20
_REPEATED = {
    "seal": "The number of this seal was used before.",
    "bag": "The number of this bag was used before.",
}
_OTHER_SEAL = "The seal found on the box is not the one that was last put on."
_NO_SEAL = "A seal was put on, and none was found on the box."


class CollectionFinding(StrEnum):
    """The kinds of discrepancy that the papers of counts raise."""

    COUNT_UNWITNESSED = "count_unwitnessed"
    """A count that no second person has confirmed, in a programme that demands one."""
    SEAL_REPEATED = "seal_repeated"
    """The number of a seal or bag was used more than once."""
    SEAL_DIFFERS = "seal_differs"
    """The seal on the box at arrival is not the one that was last put on."""
    COUNT_MASS_DIFFERS = COUNT_MASS_DIFFERS
    """What was declared weighs something else than what the box weighed."""


def collection_discrepancies(books: Books) -> tuple[Discrepancy, ...]:
    """Return what a person must look at in the papers of the counts that stand."""
    papers = sorted(books.papers, key=lambda one: (one.lid_at, one.collection_id))
    return (
        *_unwitnessed(papers, books.now),
        *_repeated(papers, books.now),
        *_seal_differs(papers, books.now),
        *mass_discrepancies(books.weighed, books.now),
    )


def _unwitnessed(papers: Iterable[CountPapers], now: datetime) -> Iterator[Discrepancy]:
    for one in papers:
        if one.witness_demanded and not one.is_witnessed:
            yield _of_count(
                one,
                CollectionFinding.COUNT_UNWITNESSED,
                Severity.NOTICE,
                now,
                reason="No second person confirmed this count with a PIN.",
            )


def _repeated(papers: Iterable[CountPapers], now: datetime) -> Iterator[Discrepancy]:
    """Yield one case for each number that several counts name; the last of them gives the box."""
    used: dict[tuple[str, str], list[CountPapers]] = defaultdict(list)
    for one in papers:
        for what, number in (("seal", one.seal_put_on), ("bag", one.bag)):
            if number and number_read(number):
                used[what, number_read(number)].append(one)
    for (what, number), counts in sorted(used.items()):
        if len(counts) > 1:
            yield Discrepancy(
                kind=CollectionFinding.SEAL_REPEATED,
                severity=Severity.WARNING,
                subject=f"{what}/{number}",
                found_at=now,
                box=counts[-1].box,
                evidence={
                    "reason": _REPEATED[what],
                    "number": number,
                    "counts": [one.collection_id for one in counts[:_COUNTS_NAMED_MAX]],
                },
            )


def _seal_differs(papers: Iterable[CountPapers], now: datetime) -> Iterator[Discrepancy]:
    last: dict[BoxId, str] = {}
    for one in papers:
        before = last.get(one.box)
        if before is not None and one.seal_found is not None:
            found = number_read(one.seal_found)
            if found != number_read(before):
                yield _of_count(
                    one,
                    CollectionFinding.SEAL_DIFFERS,
                    Severity.WARNING,
                    now,
                    reason=_OTHER_SEAL if found else _NO_SEAL,
                    seal_expected=before,
                    seal_found=one.seal_found,
                )
        last.pop(one.box, None)  # whatever was on the box was broken to open it
        if one.seal_put_on:
            last[one.box] = one.seal_put_on


def _of_count(
    one: CountPapers,
    kind: CollectionFinding,
    severity: Severity,
    now: datetime,
    **evidence: object,
) -> Discrepancy:
    return Discrepancy(
        kind=kind,
        severity=severity,
        subject=one.collection_id,
        found_at=now,
        box=one.box,
        evidence={"count": one.collection_id, "counted_at": one.lid_at.isoformat()} | evidence,
    )
