"""Start, kill and stop the real programs; leave none behind."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
STOP_S = 8.0


class StartFailed(Exception):
    """A program did not come up; its log says why."""


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """Ask Linux to kill this child when its parent is gone, however that happened."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass(slots=True)
class Program:
    """One program with its log; can be started again after it died."""

    name: str
    command: Sequence[str]
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: asyncio.subprocess.Process | None = None

    async def start(self, *, stdin: int | None = asyncio.subprocess.DEVNULL) -> None:
        """Start it and wait until its port answers, when it has one."""
        with self.log_file.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=stdin,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        if self.port:
            await self.answers()

    async def answers(self, timeout_s: float = 30.0) -> None:
        """Wait until something listens on the port; raise `StartFailed` when it died instead."""
        for _ in range(int(timeout_s / 0.05)):
            if not self.is_running:
                break
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
        raise StartFailed(f"{self.name} did not start. {self.last_words()}")

    def last_words(self) -> str:
        """Return the end of its log."""
        with contextlib.suppress(OSError):
            return self.log_file.read_text(errors="replace")[-1500:]
        return ""

    @property
    def is_running(self) -> bool:
        """Return whether the process lives."""
        return self.process is not None and self.process.returncode is None

    def strike(self) -> None:
        """Kill it now, without waiting for its end."""
        if self.process is not None and self.is_running:
            self.process.kill()

    async def kill(self) -> None:
        """Kill it with signal 9, as a power failure would."""
        if self.process is not None and self.is_running:
            self.process.kill()
            await self.process.wait()

    async def stop(self) -> None:
        """Ask it to end; kill it when it does not."""
        if self.process is None or not self.is_running:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_S)
        except TimeoutError:
            await self.kill()


async def run_once(
    command: Sequence[str], environment: Mapping[str, str], stdin: bytes = b""
) -> bytes:
    """Run a command to its end and return its output; raise `StartFailed` with its words."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    output, errors = await process.communicate(stdin)
    if process.returncode:
        words = (output + errors).decode(errors="replace")[-1500:]
        raise StartFailed(f"`{' '.join(command[-4:])}` failed. {words}")
    return output


def find_mosquitto() -> str | None:
    """Return the path of mosquitto, which Debian keeps where a plain user does not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
