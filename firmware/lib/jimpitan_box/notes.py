"""Small values on flash, each a file of its own that is replaced as a whole."""

from jimpitan_wire import cbor
from jimpitan_wire.errors import WireError

from jimpitan_box import frames

MYPY = False
if MYPY:
    from jimpitan_box.ports import Store


def read_list(store: "Store", name: str, length_max: int, count: int) -> "list[object] | None":
    """Return the list of `count` values that a file keeps; None when it is not there or torn.

    Raises OSError when the flash refuses to be read.
    """
    if name not in store.names():
        return None
    content = frames.unframe(store.read(name, 0, length_max))
    if content is None:
        return None
    try:
        found = cbor.decode(content)
    except WireError:
        return None
    return found if isinstance(found, list) and len(found) == count else None


def write_list(store: "Store", name: str, values: "list[object]") -> None:
    """Replace the file that keeps these values; raise OSError when the flash refuses."""
    store.replace(name, frames.frame(cbor.encode(values)))
