"""A box on a cable for tests of the bench: the real firmware behind a pseudo-terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from jimpitan_gateway.bench.box import Box
from jimpitan_gateway.bench.line import Line
from jimpitan_gateway.bench.port import SerialPort
from jimpitan_simulator.usb import Cable, UsbBox

BOX = "box-0007"
KEY = bytes(range(32))


def desk_box(*, deposits: int = 0) -> UsbBox:
    """Return a box with an identity and some coins."""
    desk = UsbBox()
    desk.provision(BOX, epoch=1, key=KEY)
    for _ in range(deposits):
        desk.drop_coin()
    return desk


@contextmanager
def plugged_in(desk: UsbBox, *, chunk_length_max: int = 256, haste: int = 1) -> Iterator[Cable]:
    """Run the box behind a pseudo-terminal."""
    cable = Cable(desk, chunk_length_max=chunk_length_max, haste=haste)
    cable.plug_in()
    try:
        yield cable
    finally:
        cable.pull()


@contextmanager
def at_the_bench(cable: Cable, *, wait_s: float = 3.0) -> Iterator[Box]:
    """Open the port as the bench does."""
    with SerialPort(cable.path) as port:
        yield Box(Line(port, wait_s=wait_s))
