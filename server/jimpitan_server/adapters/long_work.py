"""Long pure work beside the server's loop: in a thread, with Python's cycle search at rest.

Matching a country's year makes millions of objects, none of which is part of a cycle. Looking
through them for cycles takes a tenth of its time and frees nothing.
"""

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class _Search:
    """Python's search for cycles: how many asked that it rests, and so whether it does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = 0

    def rest(self) -> bool:
        """Let it rest; return whether whoever asked must wake it again."""
        with self._lock:
            was_on = gc.isenabled() or self._asked > 0
            self._asked += was_on
            gc.disable()
            return was_on

    def wake(self) -> None:
        """Let it go on, if nobody else wants it to rest."""
        with self._lock:
            self._asked -= 1
            if not self._asked:
                gc.enable()


_search = _Search()


async def work_aside(
    work: Callable[_Given, _Made], *args: _Given.args, **kwargs: _Given.kwargs
) -> _Made:
    """Return what `work` makes of its arguments, in a thread; it must not make cycles."""

    def made() -> _Made:
        with uncollected():
            return work(*args, **kwargs)

    return await asyncio.to_thread(made)


@contextmanager
def uncollected() -> Iterator[None]:
    """Let no cycles be searched for until the last of those who asked for it is done.

    What other threads leave meanwhile is found afterwards. Where the search is off anyhow, it
    stays off.
    """
    was_on = _search.rest()
    try:
        yield
    finally:
        if was_on:
            _search.wake()
