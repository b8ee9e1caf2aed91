"""Start the firmware of the slot that may run, and judge it when it cannot judge itself."""

from jimpitan_loader.slots import BENCH, FOLDERS, NO_START, REGION_LENGTH, Slots

MYPY = False
if MYPY:
    from collections.abc import Callable

    from jimpitan_loader.ports import Store

NUMBER = "/bench"  # the number of what the bench flashed, as text
# A firmware on trial judges itself after one hour; one that does not even do that is left.
TRIAL_MS_MAX = 7_200_000
NOTHING = -1  # in place of a slot: its image is broken
INTERPRETERS_OWN = ("/rom", "/rom/lib")


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


def folder_of(slot: int) -> str:
    """Return where the modules of a slot stand on a board without a ROM partition."""
    return FOLDERS[slot]


def choose(slots: Slots, path: "list[str]", mount: "Callable[[int], str]" = folder_of) -> int:
    """Put the slot to run in front of the path that modules are looked for in; return it.

    `mount` returns the folder where a slot's modules stand, or raises OSError when its image is
    broken: then nothing is to be run, but that the bench's modules may lie in /lib.
    """
    try:
        slot = slots.start()
    except OSError:
        slot = slots.active  # the flash refuses to count; what is there is tried all the same
    # The interpreter itself mounts the bench's image there: it must not stand in for a slot's.
    path[:] = [one for one in path if one not in INTERPRETERS_OWN]
    try:
        folder = mount(slot)
    except OSError:
        return BENCH if slot == BENCH else NOTHING
    if folder != FOLDERS[BENCH]:  # the interpreter looks into /lib by itself
        path.insert(0, folder)
    return slot


def region_of(slot: int, partition: memoryview) -> memoryview:
    """Return the part of the ROM partition that holds a slot."""
    start = slot * REGION_LENGTH
    return partition[start : start + REGION_LENGTH]


def give_up(slots: Slots) -> bool:
    """Leave a firmware whose trial lasts too long; return whether the board must start again."""
    if not slots.is_on_trial:
        return False
    try:
        slots.fall_back(NO_START)
    except OSError:
        return True  # the flash refuses to note it; its starts are counted still
    return True


def crashed(slots: Slots) -> None:
    """Note that the firmware raised; a flash that refuses must not keep the box from starting."""
    try:
        slots.crashed()
    except OSError:
        return


def opened(store: "Callable[[], Store]", number: int) -> Slots:
    """Return the slots of this board; an unreadable note means what the bench flashed."""
    try:
        return Slots(store(), number)
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
