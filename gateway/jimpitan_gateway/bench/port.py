"""A serial port: what is plugged in, opened for this program alone; a pseudo-terminal too."""

import contextlib
import errno
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from jimpitan_gateway.bench import tools
from jimpitan_gateway.errors import PortBusy, PortMissing

BAUD = 115_200  # the chip's own USB takes any
READ_LENGTH_MAX = 4096
ESPRESSIF_VID = 0x303A  # USB vendor id of Espressif Systems
BUSY = {errno.EAGAIN, errno.EBUSY, errno.EACCES}


class Port(Protocol):
    """Bytes from and to a box."""

    def read(self, timeout_s: float) -> bytes:
        """Return what came, waiting up to `timeout_s` for the first byte; b"" for nothing."""
        ...

    def write(self, content: bytes) -> None:
        """Send all of it."""
        ...


class FoundPort(NamedTuple):
    """A port of this computer, and whether it looks like an ESP32's own USB."""

    name: str
    description: str
    is_likely: bool


def found_ports() -> list[FoundPort]:
    """Return the serial USB ports of this computer, likely ones first."""
    comports = tools.library("serial.tools.list_ports").comports
    ports = [
        FoundPort(one.device, one.description or "", one.vid == ESPRESSIF_VID)
        for one in comports()
        if one.vid is not None
    ]
    return sorted(ports, key=lambda one: (not one.is_likely, one.name))


def chosen_port(named: str) -> str:
    """Return the named port, or the only likely one; else say what there is and what to do."""
    if named:
        return named
    ports = found_ports()
    likely = [one.name for one in ports if one.is_likely]
    if len(likely) == 1:
        return likely[0]
    if not ports:
        raise PortMissing(
            "No box is plugged in: there is no USB serial port on this computer. Use a USB cable"
            " that carries data, wait some seconds, try again; or name a port with --port."
        )
    names = ", ".join(f"{one.name} ({one.description})" for one in ports)
    raise PortMissing(f"Say which port the box is at with --port. Found: {names}.")


class SerialPort:
    """`Port` over pyserial; used in a `with` statement."""

    def __init__(self, name: str) -> None:
        serial = tools.library("serial")
        self._name = name
        self._lost = (serial.SerialException, OSError)
        try:
            self._serial: Any = serial.Serial(
                name, BAUD, timeout=0, write_timeout=5, exclusive=True
            )
        except serial.SerialException as error:
            raise self._not_opened(error) from error

    def __enter__(self) -> "SerialPort":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(*self._lost):
            self._serial.close()

    def _not_opened(self, error: Exception) -> Exception:
        number = getattr(error, "errno", None)
        if number == errno.EACCES:
            return PortBusy(
                f"{self._name} may not be opened by you: join the group dialout"
                " (sudo usermod -aG dialout $USER), log in again."
            )
        if number in BUSY or "lock" in str(error):
            return PortBusy(
                f"{self._name} is open in another program (mpremote, a serial monitor, another"
                " bench). Close it, then try again."
            )
        if number == errno.ENOTTY or (not number and Path(self._name).exists()):
            return PortMissing(
                f"{self._name} is no serial port; `jimpitan-gateway box ports` lists them."
            )
        return PortMissing(
            f"There is no port {self._name}: is the box plugged in? `jimpitan-gateway box ports`"
            " lists what is there."
        )

    def _gone(self) -> PortMissing:
        return PortMissing(
            f"The box at {self._name} went away: check cable and power, then run this again."
            " Every step of the bench can be repeated."
        )

    def read(self, timeout_s: float) -> bytes:
        """Return what came, waiting up to `timeout_s` for the first byte; b"" for nothing."""
        try:
            self._serial.timeout = timeout_s
            first: bytes = self._serial.read(1)
            if not first:
                return b""
            self._serial.timeout = 0
            return first + bytes(self._serial.read(READ_LENGTH_MAX))
        except self._lost as error:
            raise self._gone() from error

    def write(self, content: bytes) -> None:
        """Send all of it."""
        try:
            self._serial.write(content)
        except self._lost as error:
            raise self._gone() from error
