"""What tests of the gateway share: a quiet log, and a mosquitto on the files we write for it."""

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import components
import pytest
import structlog
from jimpitan_gateway import mosquitto


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """Give the log back as it was: a command run inside a test binds it to that test's stderr."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Give a function that starts mosquitto on our files in `tmp_path` and returns its port."""
    path = components.program("mosquitto", "install mosquitto")
    processes = []

    def start(passwords: dict[str, str], *, tls: bool) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        tmp_path.chmod(0o777)
        configuration = mosquitto.write_files(
            tmp_path, host="127.0.0.1", port=port, gateway="gateway", passwords=passwords, tls=tls
        )
        text = configuration.read_text().replace("persistence true", "persistence false")
        configuration.write_text(text + "user root\n")
        command = [path, "-c", str(configuration)]
        processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                threading.Event().wait(0.05)
        return port

    yield start
    for process in processes:
        process.terminate()
        process.wait(5)
