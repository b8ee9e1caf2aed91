"""Who holds how much of each count: from the person who counted, from hand to hand."""

from collections.abc import Iterable
from dataclasses import dataclass

from jimpitan_server.domain.books import Collection, Handover
from jimpitan_server.domain.custody import Place, PlaceKind
from jimpitan_server.domain.rupiah import NOTHING, Rupiah, total

Holdings = dict[str, dict[Place, Rupiah]]


@dataclass(frozen=True, slots=True)
class Passed:
    """One handover: what its giver held, and what passed of which count from where."""

    handover: Handover
    expected: Rupiah
    parts: tuple[tuple[str, Place, Rupiah], ...]

    @property
    def target(self) -> Place:
        """Where it went."""
        return Place(PlaceKind.TREASURER, self.handover.receiver)


def pass_on(
    collections: Iterable[Collection], handovers: Iterable[Handover]
) -> tuple[Holdings, list[Passed]]:
    """Return who holds what in the end, and every handover in the order in which it happened.

    Only what its giver held passes; what the receiver did not find stays with the giver.
    """
    holdings: Holdings = {
        one.collection_id: {Place(PlaceKind.COLLECTOR, one.holder): one.total}
        for one in collections
    }
    passed = [
        _pass(holdings, one)
        for one in sorted(handovers, key=lambda one: (one.at, one.handover_id))
    ]
    return holdings, passed


def _pass(holdings: Holdings, handover: Handover) -> Passed:
    target = Place(PlaceKind.TREASURER, handover.receiver)
    left, expected = handover.received, NOTHING
    parts: list[tuple[str, Place, Rupiah]] = []
    for collection_id in sorted(set(handover.collection_ids)):
        holding = holdings.get(collection_id, {})  # none when the count was withdrawn since
        own = [place for place in holding if place.holder == handover.giver and place != target]
        expected += total(holding[place] for place in own)
        for place in own:
            part = min(left, holding[place])
            left -= part
            holding[place] -= part
            holding[target] = holding.get(target, NOTHING) + part
            if part:
                parts.append((collection_id, place, part))
    return Passed(handover, expected, tuple(parts))
