"""Long pure work runs aside, and Python's search for cycles rests meanwhile and no longer."""

import asyncio
import gc
from collections.abc import Iterator

import pytest
from jimpitan_server.adapters.long_work import uncollected, work_aside


@pytest.fixture(autouse=True)
def _search_is_on() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def test_search_rests_until_the_last_work_is_done() -> None:
    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled(), "the outer work is not done"
    assert gc.isenabled()


def test_search_goes_on_after_work_that_failed() -> None:
    with pytest.raises(ValueError, match="no books"), uncollected():
        raise ValueError("no books")
    assert gc.isenabled()


def test_search_that_was_off_stays_off() -> None:
    gc.disable()
    with uncollected():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_work_aside_returns_what_it_made_and_lets_the_loop_go_on() -> None:
    def work(number: int, *, more: int) -> tuple[int, bool]:
        return number + more, gc.isenabled()

    async def both() -> list[tuple[int, bool]]:
        return await asyncio.gather(work_aside(work, 1, more=2), work_aside(work, 3, more=4))

    assert asyncio.run(both()) == [(3, False), (7, False)]
    assert gc.isenabled()
