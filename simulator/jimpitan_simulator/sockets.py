"""`jimpitan_box.ports.Net` over a real TCP socket that never blocks."""

import contextlib
import errno
import socket

UNDER_WAY = {errno.EINPROGRESS, errno.EALREADY, errno.EWOULDBLOCK}


class SocketNet:
    """One connection of one box to its broker."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Begin to connect."""
        self.close()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = self._socket.connect_ex(self._address)
        if number and number not in UNDER_WAY:
            raise OSError(number, "cannot connect")

    def is_open(self) -> bool:
        """Return whether the connection stands."""
        if self._socket is None:
            raise OSError(errno.ENOTCONN, "not connected")
        number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise OSError(number, "cannot connect")
        with contextlib.suppress(OSError):
            self._socket.getpeername()
            return True
        return False

    def read(self, length: int) -> bytes | None:
        """Return what came, None when nothing did, b"" when the peer closed."""
        if self._socket is None:
            raise OSError(errno.ENOTCONN, "not connected")
        try:
            return self._socket.recv(length)
        except BlockingIOError:
            return None

    def write(self, content: bytes) -> int | None:
        """Return how many bytes were taken, None when none can be now."""
        if self._socket is None:
            raise OSError(errno.ENOTCONN, "not connected")
        try:
            return self._socket.send(content)
        except BlockingIOError:
            return None

    def close(self) -> None:
        """End the connection as a lost power supply would: at once."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
