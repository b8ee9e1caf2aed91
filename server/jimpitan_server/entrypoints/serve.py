"""Runs the application under uvicorn, and lets go of waiting clients when told to stop."""

import asyncio
import gc
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from jimpitan_server.adapters.people_desk import PeopleDesk
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.entrypoints.alerting import tell_on_time
from jimpitan_server.entrypoints.backup_schedule import back_up_on_time
from jimpitan_server.entrypoints.http.app import create_app
from jimpitan_server.settings import Settings

# After a signal, requests that are being answered get this long to end.
GRACE_S = 10
SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger()


class Server(uvicorn.Server):
    """uvicorn, which on a signal first wakes viewers and polling gateways.

    Else it would wait for their endless answers to end before it stops.
    """

    def __init__(self, config: uvicorn.Config, program: Program) -> None:
        super().__init__(config)
        self._program = program

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where we listen."""
        await super().startup(sockets)
        listening = [found.getsockname() for server in self.servers for found in server.sockets]
        for host, port, *_ in listening:
            log.info("server_ready", host=host, port=port)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop in good order on SIGTERM and SIGINT, so that the program ends with 0."""
        is_main = threading.current_thread() is threading.main_thread()
        if sys.platform == "win32" or not is_main:  # where a loop cannot listen to signals
            with super().capture_signals():
                yield
            return
        loop = asyncio.get_running_loop()
        for told in SIGNALS:
            loop.add_signal_handler(told, self._stop, told)
        try:
            yield
        finally:
            for told in SIGNALS:
                loop.remove_signal_handler(told)

    def _stop(self, told: signal.Signals) -> None:
        self._program.stop()
        self.handle_exit(told, None)


def serve(settings: Settings, *, migrate: bool) -> None:
    """Serve until told to stop, on uvloop where there is one."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_serve(settings, migrate=migrate))


def settle_memory() -> None:
    """Look through fewer objects: what was loaded at start never again, the others less often.

    A batch makes thousands of short-lived objects, and none of them is part of a cycle.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def invite_first_admin(program: Program) -> None:
    """While nobody can log in, print the link by which the first admin does; no log line has it.

    Each start makes a fresh one, so that a link on an old console opens nothing.
    """
    desk = PeopleDesk(program.database, program.clock, program.passwords)
    invited = await desk.invite_first()
    if invited is None:
        return
    settings = program.settings
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    base = settings.public_url or f"http://{host}:{settings.port}"
    sys.stdout.write(
        "Belum ada yang dapat masuk. Buka tautan ini sekali untuk menjadi admin pertama"
        f" (24 jam):\n  {base}/undangan/{invited.token}\n"
        "Nobody can log in yet. Open this link once to become the first admin.\n"
    )
    sys.stdout.flush()


async def _serve(settings: Settings, *, migrate: bool) -> None:
    program = await build(settings)
    settle_memory()
    try:
        if migrate:
            version = await program.migrate()
            log.info("database_ready", version=version, dialect=program.database.dialect)
            await invite_first_admin(program)
        config = uvicorn.Config(
            create_app(program),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.proxies_trusted,
            timeout_graceful_shutdown=GRACE_S,
        )
        beside = [
            asyncio.create_task(back_up_on_time(settings, program.clock), name="backups"),
            asyncio.create_task(tell_on_time(program), name="alerts"),
        ]
        for task in beside:
            task.add_done_callback(say_end)
        try:
            await Server(config, program).serve()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        log.info("server_stopped")
    finally:
        await program.close()


def say_end(task: asyncio.Task[None]) -> None:
    """Say that work beside the answers has ended by a mistake of ours: it does not go on."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("work_ended", work=task.get_name(), error=type(error).__name__)
