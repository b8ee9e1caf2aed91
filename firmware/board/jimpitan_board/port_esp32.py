"""The port for a real ESP32-S3 on MicroPython 1.29. Unverified on hardware.

The drivers of sensors, lights and sound stand in files of their own, put together in parts.py.
"""

import errno
import gc
import socket
import ssl
import sys
import time

import esp32
import machine
import network
from jimpitan_box.detector import LID

from jimpitan_board import pins
from jimpitan_board.parts import Parts
from jimpitan_board.ticks import passed, ticks_ms

MYPY = False
if MYPY:
    from jimpitan_box.box import Box

NVS_SPACE = "jimpitan"
WATCHDOG_MS = 30_000  # as the loader sets it
BLOCKED = (errno.EAGAIN, errno.EINPROGRESS, errno.ETIMEDOUT)


def ticks_us() -> int:
    """Return the wrapping microsecond tick; the stubs hide that it is a number."""
    return time.ticks_us()  # pyright: ignore[reportReturnType]


def machine_name(*, has_rom: bool) -> str:
    """Return what a release must be made for: chip, bytecode of this image, and where it lies."""
    name = "esp32s3-mpy%d" % (sys.implementation._mpy & 0xFF)
    return name + "-rom" if has_rom else name


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
    """Edges of the channels that the box knows: both beams and the first lid switch."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def first(self) -> "list[tuple[int, bool, int]]":
        """Return the beams and the lid as they stand at power on, as edges."""
        return [edge for edge in self._parts.first_edges() if edge[0] <= LID]

    def take(self) -> "list[tuple[int, bool, int]]":
        """Return the edges since the last call, oldest first."""
        edges = self._parts.edges()
        return [edge for edge in edges if edge[0] <= LID] if edges else edges


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
    """`jimpitan_box.ports.Net` over a socket that never blocks, with TLS when there is a CA.

    The certificate of the broker must be signed by that CA and name the host; the handshake
    goes on inside read and write. Without a CA (a trial on the desk) nothing is encrypted.
    """

    def __init__(self, wifi: Wifi, host: str, port: int, ca: bytes = b"") -> None:
        self._wifi = wifi
        self._address = (host, port)
        self._ca = ca
        self._raw: "socket.socket | None" = None
        self._socket = None

    def open(self) -> None:
        """Begin to connect."""
        self.close()
        if not self._wifi.keep_up():
            raise OSError(errno.ENOTCONN)
        address = socket.getaddrinfo(self._address[0], self._address[1])[0][-1]
        self._raw = socket.socket()
        self._raw.setblocking(False)
        try:
            self._raw.connect(address)
        except OSError as error:
            if error.args[0] not in BLOCKED:
                raise

    def is_open(self) -> bool:
        """Return whether the connection takes bytes."""
        if self._raw is None:
            raise OSError(errno.ENOTCONN)
        try:
            self._raw.write(b"")
            if self._socket is None:
                self._socket = self._secured(self._raw)
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
        for one in (self._socket, self._raw):
            if one is not None:
                one.close()
        self._socket = self._raw = None

    def _secured(self, raw: "socket.socket"):
        if not self._ca:
            return raw
        gc.collect()  # the handshake takes some 40 KB of the system's heap at once
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self._ca)
        return context.wrap_socket(
            raw, server_hostname=self._address[0], do_handshake_on_connect=False
        )


def nap(parts: Parts, nap_ms: int) -> int:
    """Sleep lightly until the lid or the accelerometer calls; return how long it was, in ms."""
    began_ms = ticks_ms()
    parts.sleep(began_ms)
    calling = [machine.Pin(one) for one in (pins.LID_A, pins.LID_B, pins.MOTION_WAKE)]
    esp32.wake_on_ext1(calling, esp32.WAKEUP_ANY_HIGH)
    machine.lightsleep(nap_ms)
    parts.wake(ticks_ms())
    return passed(ticks_ms(), began_ms)


def rest(box: "Box", parts: Parts, nap_ms: int) -> None:
    """Nap and tell the box; what wakes it early is a disturbance, after which it stays awake."""
    slept_ms = nap(parts, nap_ms)
    box.wake(slept_ms, ticks_us())
    if slept_ms < nap_ms:
        box.power.active(box.uptime_ms)


class RtcMemory:
    """`jimpitan_box.ports.Memory` in the RTC, which a brown-out leaves alone."""

    def __init__(self) -> None:
        self._rtc = machine.RTC()

    def get(self) -> bytes:
        """Return the bytes."""
        return bytes(self._rtc.memory())

    def put(self, content: bytes) -> None:
        """Set the bytes."""
        self._rtc.memory(content)


class Sensors:
    """`jimpitan_box.ports.Sensors` of the board."""

    def __init__(self, wifi: Wifi, parts: Parts) -> None:
        self._wifi = wifi
        self._battery = parts.battery

    def battery_mv(self) -> int:
        """Return the battery voltage in millivolt, 0 when there is no battery."""
        return self._battery.battery_mv()

    def is_on_mains(self) -> bool:
        """Return whether the 5 V of the adaptor are there."""
        return self._battery.is_on_mains()

    def heap_free(self) -> int:
        """Return the free bytes of Python's heap."""
        return gc.mem_free()

    def rssi_dbm(self) -> int:
        """Return the Wi-Fi signal in dBm."""
        return self._wifi.rssi_dbm()
