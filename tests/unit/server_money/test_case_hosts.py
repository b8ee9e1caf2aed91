"""Figures by institution: who answered when, in the alphabet, and nothing below five counts."""

from datetime import UTC, datetime, timedelta

from jimpitan_server.domain.case import CaseState
from jimpitan_server.domain.case_figures import COLLECTIONS_MIN, CaseFact
from jimpitan_server.domain.host_figures import Placed, Places, figures_by_host
from jimpitan_server.domain.rupiah import Rupiah

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


def on(day: int) -> datetime:
    return NOW + timedelta(days=day)


def fact(day: int) -> CaseFact:
    return CaseFact(
        state=CaseState.OPEN, found_at=on(day), resolved_at=None, code=None, at_stake=Rupiah(5)
    )


def placed(box: str, host: str, day: int) -> Placed:
    return Placed(box=box, host=host, since=on(day))


def test_container_that_moves_takes_no_case_with_it() -> None:
    places = Places([placed("box-1", "Warung B", 10), placed("box-1", "Masjid A", 0)])
    assert [places.host_of("box-1", on(day)) for day in (-5, 0, 9, 10, 99)] == [
        "Masjid A",
        "Masjid A",
        "Masjid A",
        "Warung B",
        "Warung B",
    ]
    assert places.host_of("box-2", on(0)) == ""
    assert places.containers_by_host() == {"Warung B": 1}
    counts = [("box-1", on(day)) for day in (*range(6), *range(10, 15))]
    old, new = figures_by_host([("box-1", fact(3)), ("box-1", fact(11))], counts, places)
    assert (old.host, old.containers, old.counts) == ("Masjid A", 0, 6)
    assert (new.host, new.containers, new.counts) == ("Warung B", 1, 5)
    assert old.figures is not None
    assert new.figures is not None
    assert (old.figures.open, new.figures.open) == (1, 1)


def test_institutions_stand_in_the_alphabet_and_too_few_counts_say_nothing() -> None:
    places = Places(
        [placed("b1", "warung C", 0), placed("b2", "Masjid B", 0), placed("b3", "", 0)]
    )
    facts = [("b1", fact(1)), ("b1", fact(2)), ("b2", fact(1)), ("b3", fact(1)), (None, fact(1))]
    counts = [("b2", on(day)) for day in range(COLLECTIONS_MIN)]
    counts += [("b1", on(day)) for day in range(COLLECTIONS_MIN - 1)]
    found = figures_by_host(facts, counts, places)
    assert [one.host for one in found] == ["Masjid B", "warung C"]
    assert [one.figures is None for one in found] == [False, True]
