"""Figures over cases by the institution that answers for the container: never a ranking.

A container may move. A case is about the institution that answered for it when the case was
found, a count about the one at its lid; neither follows the container to its next place.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from jimpitan_server.domain.case_figures import COLLECTIONS_MIN, CaseFact, Figures, figures_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A container stands at a host's from a moment on; `host` may be empty: nobody said."""

    box: str
    host: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFigures:
    """What there is of one institution; `figures` is None where its counts are too few to say.

    `containers` stand there now, `counts` were made there in the year.
    """

    host: str
    containers: int
    counts: int
    figures: Figures | None


class Places:
    """Who answered for which container when."""

    def __init__(self, placed: Iterable[Placed]) -> None:
        """Take every placement, in any order; of one moment the later one of `placed` holds."""
        self._by_box: dict[str, list[Placed]] = defaultdict(list)
        for one in sorted(placed, key=lambda one: one.since):
            self._by_box[one.box].append(one)

    def host_of(self, box: str, at: datetime) -> str:
        """Return who answered for a container at a moment; before its first place, its first.

        Where a container stands is often noted only after it began to work.
        """
        places = self._by_box.get(box)
        if not places:
            return ""
        number = bisect_right(places, at, key=lambda one: one.since)
        return places[max(number - 1, 0)].host

    def containers_by_host(self) -> Counter[str]:
        """Return how many containers each host answers for now."""
        return Counter(places[-1].host for places in self._by_box.values())


def figures_by_host(
    facts: Iterable[tuple[str | None, CaseFact]],
    counts: Iterable[tuple[str, datetime]],
    places: Places,
) -> tuple[HostFigures, ...]:
    """Return the figures of every institution, in the order of their names.

    `facts` are cases with their box, `counts` the box and moment of each count of a year. What
    belongs to no institution is in none.
    """
    cases: dict[str, list[CaseFact]] = defaultdict(list)
    for box, fact in facts:
        if box is not None:
            cases[places.host_of(box, fact.found_at)].append(fact)
    counted = Counter(places.host_of(box, at) for box, at in counts)
    containers = places.containers_by_host()
    return tuple(
        HostFigures(
            host=host,
            containers=containers[host],
            counts=counted[host],
            figures=figures_of(cases[host]) if counted[host] >= COLLECTIONS_MIN else None,
        )
        for host in sorted({*cases, *counted, *containers} - {""}, key=name_order)
    )


def name_order(host: str) -> tuple[str, str]:
    """Return where a name stands in the alphabet, capitals or not."""
    return host.casefold(), host
