"""Everything that can be done with cases, each as one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from jimpitan_server.adapters.database import case_reading, host_reading
from jimpitan_server.adapters.database.case_rows import DatabaseCases, first_broken_case
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.user_store import DatabaseUsers
from jimpitan_server.domain.case_action import Action, Person
from jimpitan_server.domain.case_figures import (
    COLLECTIONS_MIN,
    Ageing,
    CaseFact,
    Figures,
    ageing_of,
    figures_of,
)
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.host_figures import HostFigures, figures_by_host
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.act_on_case import (
    Acted,
    ActedOnMany,
    act_on_case,
    act_on_many,
)
from jimpitan_server.services.ports_cases import (
    PAGE_LENGTH,
    CaseFilter,
    CaseHistory,
    CasePage,
    Order,
)

FIGURES_OVER = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFigures:
    """Figures over the cases of the programme and of each box; partial beyond a bound."""

    programme: Figures
    ageing: tuple[Ageing, ...]
    by_box: dict[str, Figures]
    is_partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorFigures:
    """Figures over one person's collections of a year; None where they are too few to say."""

    collections: int
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """The cases; above `approval_above` a second person must agree with how one ended."""

    database: Database
    clock: Clock
    approval_above: Rupiah

    async def page(
        self,
        wanted: CaseFilter,
        *,
        order: Order,
        after: tuple[int, int] | None = None,
        limit: int = PAGE_LENGTH,
    ) -> CasePage:
        """Return a page of the cases that are wanted."""
        async with self.database.read() as connection:
            return await case_reading.page_of_cases(
                connection, wanted, order=order, after=after, limit=limit, now=self.clock.now()
            )

    async def history(self, number: int) -> CaseHistory:
        """Return one case with everything that was done about it."""
        async with self.database.read() as connection:
            found = await case_reading.history_of(connection, number, self.clock.now())
        if found is None:
            raise NotFound(f"There is no discrepancy {number}.", code="discrepancy_unknown")
        return found

    async def owners(self) -> dict[str, str]:
        """Return the login names of those who may own a case, by their ids."""
        async with self.database.read() as connection:
            return await case_reading.owners(connection)

    async def person(self, login_name: str) -> Person:
        """Return who acts under this login name."""
        async with self.database.read() as connection:
            user = await DatabaseUsers(connection).user_of_login(login_name)
        if user is None or user.is_disabled:
            raise NotFound(f"Nobody logs in as {login_name[:64]!r}.", code="user_unknown")
        return Person(user_id=user.user_id, role=user.role)

    async def act(
        self, number: int, action: Action, *, by: Person, events_seen: int | None = None
    ) -> Acted:
        """Act on one case."""
        async with self.database.write() as connection:
            return await act_on_case(
                DatabaseCases(connection),
                number,
                action,
                by=by,
                now=self.clock.now(),
                approval_above=self.approval_above,
                events_seen=events_seen,
            )

    async def act_on_many(
        self, numbers: Sequence[int], action: Action, *, by: Person
    ) -> ActedOnMany:
        """Act on all of these cases, or on none."""
        async with self.database.write() as connection:
            return await act_on_many(
                DatabaseCases(connection),
                numbers,
                action,
                by=by,
                now=self.clock.now(),
                approval_above=self.approval_above,
            )

    async def figures(self) -> CaseFigures:
        """Return the figures of the programme and of each box, by the id of the box."""
        async with self.database.read() as connection:
            found = await case_reading.facts_of(connection)
        of_box: defaultdict[str, list[CaseFact]] = defaultdict(list)
        for box, fact in found:
            if box is not None:
                of_box[box].append(fact)
        facts = [fact for _, fact in found]
        return CaseFigures(
            programme=figures_of(facts),
            ageing=ageing_of(facts, self.clock.now()),
            by_box={box: figures_of(one) for box, one in sorted(of_box.items())},
            is_partial=len(found) == case_reading.FACTS_MAX,
        )

    async def figures_by_host(self) -> tuple[HostFigures, ...]:
        """Return the figures of each institution over a year, in the order of their names."""
        since = self.clock.now() - FIGURES_OVER
        async with self.database.read() as connection:
            places = await host_reading.places(connection)
            counts = await host_reading.counts_since(connection, since)
            facts = await case_reading.facts_of(connection)
        of_year = (one for one in facts if one[1].found_at >= since)
        return figures_by_host(of_year, counts, places)

    async def figures_of_collector(self, collector: str) -> CollectorFigures:
        """Return the figures over the counts that one person made in a year."""
        since = self.clock.now() - FIGURES_OVER
        async with self.database.read() as connection:
            ids = await case_reading.collections_of(connection, collector, since)
            if len(ids) < COLLECTIONS_MIN:
                return CollectorFigures(collections=len(ids), figures=None)
            facts = await case_reading.facts_about(connection, ids, since)
        return CollectorFigures(collections=len(ids), figures=figures_of(facts))

    async def first_broken(self) -> int | None:
        """Return the first case that its events do not fit, or None."""
        async with self.database.read() as connection:
            return await first_broken_case(connection)
