"""Start the firmware of the slot that may run, and judge it when it cannot judge itself."""

from jimpitan_loader.slots import BENCH, FOLDERS, NO_START, Slots

MYPY = False
if MYPY:
    from collections.abc import Callable

    from jimpitan_loader.ports import Store

NUMBER = "/bench"  # the number of what the bench flashed, as text
# A firmware on trial judges itself after one hour; one that does not even do that is left.
TRIAL_MS_MAX = 7_200_000


def bench_number(read: "Callable[[], str]") -> int:
    """Return the number of the firmware that the bench flashed, 0 when nobody can say."""
    try:
        return int(read())
    except (OSError, ValueError):
        return 0


def read_number() -> str:
    """Return what stands in the file that the bench wrote."""
    with open(NUMBER) as file:
        return file.read()


def choose(slots: Slots, path: "list[str]") -> int:
    """Put the slot to run in front of the path that modules are looked for in; return it."""
    try:
        slot = slots.start()
    except OSError:
        slot = slots.active  # the flash refuses to count; what is there is tried all the same
    if slot != BENCH:
        path.insert(0, FOLDERS[slot])
    return slot


def give_up(slots: Slots) -> bool:
    """Leave a firmware whose trial lasts too long; return whether it was left."""
    if not slots.is_on_trial:
        return False
    slots.fall_back(NO_START)
    return True


def crashed(slots: Slots) -> None:
    """Note that the firmware raised; a flash that refuses must not keep the box from starting."""
    try:
        slots.crashed()
    except OSError:
        return


def opened(store: "Store", number: int) -> Slots:
    """Return the slots of this board; an unreadable note means what the bench flashed."""
    try:
        return Slots(store, number)
    except OSError:
        return Slots(_Nothing(), number)


class _Nothing:
    """A store without files, for a board whose flash cannot be read."""

    def names(self) -> "list[str]":
        return []

    def read(self, name: str, start: int, length: int) -> bytes:  # noqa: ARG002
        raise OSError(name)

    def replace(self, name: str, content: bytes) -> None:  # noqa: ARG002
        raise OSError(name)
