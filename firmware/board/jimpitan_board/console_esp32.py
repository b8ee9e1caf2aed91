"""What the bench's console needs of a real ESP32-S3: USB and NVS. Unverified on hardware.

USB is the standard input and output of MicroPython on the chip's own USB port; Ctrl-C is
switched off, so that no byte on the line can end the program.
"""

import select
import sys
import time

import esp32
import machine
import micropython

from jimpitan_board.port_esp32 import NVS_SPACE

READ_LENGTH_MAX = 256  # of one step; the rest waits in the USB driver
VALUE_LENGTH_MAX = 4000  # one blob of NVS
EPOCH_2000_S = 946_684_800  # Unix time of MicroPython's epoch on this port
BUILT = "/built"  # Unix seconds, written when the image was made


class UsbPort:
    """Bytes from and to the laptop, without ever waiting for it."""

    def __init__(self) -> None:
        micropython.kbd_intr(-1)
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def read(self) -> bytes:
        """Return what came in, at most 256 bytes."""
        received = b""
        while len(received) < READ_LENGTH_MAX and self._poll.poll(0):
            received += sys.stdin.buffer.read(1) or b""
        return received

    def write(self, content: bytes) -> None:
        """Send; without a laptop the driver drops it."""
        if content:
            sys.stdout.buffer.write(content)


class NvsVault:
    """`jimpitan_box.ports.Vault` in NVS, apart from the file system."""

    def __init__(self) -> None:
        self._nvs = esp32.NVS(NVS_SPACE)

    def get(self, name: str) -> bytes:
        """Return a value, b"" when there is none."""
        buffer = bytearray(VALUE_LENGTH_MAX)
        try:
            length = self._nvs.get_blob(name, buffer)
        except OSError:
            return b""
        return bytes(buffer[:length])

    def put(self, name: str, content: bytes) -> None:
        """Set a value, or erase it with b""; durable when this returns."""
        if content:
            self._nvs.set_blob(name, content)
        elif self.get(name):
            self._nvs.erase_key(name)
        self._nvs.commit()


def set_clock_to_build() -> None:
    """Let certificates be checked against the time the image was made: never an earlier one."""
    try:
        with open(BUILT) as file:
            built_s = int(file.read())
    except (OSError, ValueError):
        return
    now = time.gmtime(built_s - EPOCH_2000_S)
    machine.RTC().datetime((now[0], now[1], now[2], now[6], now[3], now[4], now[5], 0))
