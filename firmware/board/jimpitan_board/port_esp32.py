"""The port for a real ESP32-S3 on MicroPython 1.29. Unverified on hardware.

An interrupt on this port is scheduled, not immediate, so its times carry up to some
milliseconds of the interpreter; the beams' edges get their exact times from the pulse counter
in a later version of this file.
"""

import errno
import gc
import socket
import time

import esp32
import machine
import network
from jimpitan_box.detector import BEAM_A, BEAM_B, LID

from jimpitan_board import pins

NVS_SPACE = "jimpitan"
WATCHDOG_MS = 30_000
BLOCKED = (errno.EAGAIN, errno.EINPROGRESS, errno.ETIMEDOUT)


def ticks_us() -> int:
    """Return the wrapping microsecond tick; the stubs hide that it is a number."""
    return time.ticks_us()  # pyright: ignore[reportReturnType]


class Settings:
    """What the bench wrote into NVS: identity, key, Wi-Fi and broker."""

    def __init__(self) -> None:
        nvs = esp32.NVS(NVS_SPACE)
        self.box = _blob(nvs, "box", 32).decode()
        self.epoch = nvs.get_i32("epoch")
        self.key = _blob(nvs, "key", 32)
        self.wifi_name = _blob(nvs, "wifi_name", 32).decode()
        self.wifi_password = _blob(nvs, "wifi_pass", 64).decode()
        self.broker_host = _blob(nvs, "broker", 64).decode()
        self.broker_port = nvs.get_i32("broker_port")
        self.broker_password = _blob(nvs, "broker_pass", 64)


def _blob(nvs: "esp32.NVS", name: str, length_max: int) -> bytes:
    buffer = bytearray(length_max)
    length = nvs.get_blob(name, buffer)
    return bytes(buffer[:length])


class NvsFloor:
    """`jimpitan_box.ports.Floor` in NVS, apart from the file system."""

    def __init__(self) -> None:
        self._nvs = esp32.NVS(NVS_SPACE)
        try:
            self._seq = self._nvs.get_i32("floor")
        except OSError:
            self._seq = 0

    def get(self) -> int:
        """Return the highest sequence number that may have been used."""
        return self._seq

    def put(self, seq: int) -> None:
        """Set it; durable when this returns."""
        self._nvs.set_i32("floor", seq)
        self._nvs.commit()
        self._seq = seq


class Edges:
    """Edges of beams and lid, stamped in scheduled interrupts into a buffer sized at start."""

    def __init__(self) -> None:
        self._channels = bytearray(pins.EDGES_MAX)
        self._ticks = [0] * pins.EDGES_MAX
        self._count = 0
        self.lost = 0
        self._pins = []
        for channel, number in ((BEAM_A, pins.BEAM_A), (BEAM_B, pins.BEAM_B), (LID, pins.LID)):
            pin = machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_DOWN)
            pin.irq(self._handler(channel), machine.Pin.IRQ_RISING | machine.Pin.IRQ_FALLING)
            self._pins.append(pin)

    def _handler(self, channel: int):
        def stamp(pin: "machine.Pin") -> None:
            index = self._count
            if index == pins.EDGES_MAX:
                self.lost += 1
                return
            self._ticks[index] = ticks_us()
            self._channels[index] = channel << 1 | pin.value()
            self._count = index + 1

        return stamp

    def first(self) -> "list[tuple[int, bool, int]]":
        """Return the lid as it stands at power on, as an edge."""
        return [(LID, bool(self._pins[2].value()), ticks_us())]

    def take(self) -> "list[tuple[int, bool, int]]":
        """Return the edges since the last call, oldest first."""
        state = machine.disable_irq()
        count, self._count = self._count, 0
        machine.enable_irq(state)
        return [
            (self._channels[index] >> 1, bool(self._channels[index] & 1), self._ticks[index])
            for index in range(count)
        ]


class Wifi:
    """The station interface, told to connect again when it is not."""

    def __init__(self, name: str, password: str) -> None:
        self._login = (name, password)
        self._station = network.WLAN(network.STA_IF)
        self._station.active(True)

    def keep_up(self) -> bool:
        """Return whether the station is connected; begin to connect when it is not."""
        if self._station.isconnected():
            return True
        if self._station.status() != network.STAT_CONNECTING:
            self._station.connect(*self._login)
        return False

    def rssi_dbm(self) -> int:
        """Return the signal in dBm, 0 when there is none."""
        return self._station.status("rssi") if self._station.isconnected() else 0


class SocketNet:
    """`jimpitan_box.ports.Net` over a socket that never blocks."""

    def __init__(self, wifi: Wifi, host: str, port: int) -> None:
        self._wifi = wifi
        self._address = (host, port)
        self._socket: "socket.socket | None" = None
        self._poll_write = False

    def open(self) -> None:
        """Begin to connect."""
        self.close()
        if not self._wifi.keep_up():
            raise OSError(errno.ENOTCONN)
        address = socket.getaddrinfo(self._address[0], self._address[1])[0][-1]
        self._socket = socket.socket()
        self._socket.setblocking(False)
        try:
            self._socket.connect(address)
        except OSError as error:
            if error.args[0] not in BLOCKED:
                raise

    def is_open(self) -> bool:
        """Return whether the connection takes bytes."""
        if self._socket is None:
            raise OSError(errno.ENOTCONN)
        try:
            self._socket.write(b"")
            return True
        except OSError as error:
            if error.args[0] in BLOCKED:
                return False
            raise

    def read(self, length: int) -> "bytes | None":
        """Return what came, None when nothing did, b"" when the peer closed."""
        if self._socket is None:
            raise OSError(errno.ENOTCONN)
        return self._socket.read(length)

    def write(self, content: bytes) -> "int | None":
        """Return how many bytes were taken, None when none can be now."""
        if self._socket is None:
            raise OSError(errno.ENOTCONN)
        return self._socket.write(content)

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Sensors:
    """`jimpitan_box.ports.Sensors` of the board."""

    def __init__(self, wifi: Wifi) -> None:
        self._wifi = wifi
        self._battery = machine.ADC(machine.Pin(pins.BATTERY_ADC), atten=machine.ADC.ATTN_11DB)

    def battery_mv(self) -> int:
        """Return the battery voltage: two equal resistors halve it before the ADC."""
        return self._battery.read_uv() * 2 // 1000

    def heap_free(self) -> int:
        """Return the free bytes of Python's heap."""
        return gc.mem_free()

    def rssi_dbm(self) -> int:
        """Return the Wi-Fi signal in dBm."""
        return self._wifi.rssi_dbm()
