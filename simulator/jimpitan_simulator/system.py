"""The whole system as real programs on this machine: broker, gateway, server, boxes."""

import asyncio
import base64
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jimpitan_simulator.processes import Program, find_mosquitto, free_port, run_once

GATEWAY = "gateway"
LINE_LENGTH_MAX = 1 << 22
MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous false
password_file {folder}/mosquitto.passwd
acl_file {folder}/mosquitto.acl
persistence false
max_queued_messages 0
message_size_limit 4096
max_inflight_messages 200
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see running."""

    boxes: int = 12
    seed: int = 1
    broker: str = "auto"  # mosquitto, amqtt, or whichever is here
    database_url: str = ""
    defect: str = ""
    port: int = 0
    is_watched: bool = False  # the gateway on a disk whose power can be cut

    @property
    def is_mosquitto(self) -> bool:
        """Return whether the broker is mosquitto."""
        return self.broker == "mosquitto" or (self.broker == "auto" and bool(find_mosquitto()))


@dataclass(slots=True)
class System:
    """The programs of one run in one folder, and the keys of its boxes."""

    wish: Wish
    folder: Path
    keys: dict[str, bytes] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    broker_port: int = field(default_factory=free_port)
    server_port: int = 0
    broker: Program = field(init=False)
    server: Program = field(init=False)
    gateway: Program = field(init=False)
    town: asyncio.subprocess.Process | None = None
    people: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server_port = self.wish.port or free_port()
        for number in range(1, self.wish.boxes + 1):
            box = f"box-{number:04d}"
            self.keys[box] = secrets.token_bytes(32)
            self.passwords[box] = secrets.token_urlsafe(18)
        self.passwords[GATEWAY] = secrets.token_urlsafe(18)

    @property
    def database_url(self) -> str:
        """Return the URL of the server's database."""
        return self.wish.database_url or f"sqlite+aiosqlite:///{self.folder}/server.db"

    @property
    def server_url(self) -> str:
        """Return the address of the server itself."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def spool_file(self) -> Path:
        """Return the file of the gateway's spool."""
        return self.folder / "spool.db"

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    async def start_server(self, environment: Mapping[str, str] | None = None) -> str:
        """Prepare the database, start the server and return the gateway's token."""
        settings = {
            "JIMPITAN_DATABASE_URL": self.database_url,
            "JIMPITAN_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "JIMPITAN_PORT": str(self.server_port),
            "JIMPITAN_PROGRAMME_NAME": "Kota Simulasi",
            **(environment or {}),
        }
        boxes = [
            {"id": box, "key": base64.b64encode(key).decode()} for box, key in self.keys.items()
        ]
        order = {"boxes": boxes, "gateway": GATEWAY, "defect": self.wish.defect, **self.people}
        answer = await run_once(
            [sys.executable, "-m", "jimpitan_simulator.whole.setup"],
            settings,
            json.dumps(order).encode(),
        )
        self.server = Program(
            "the server",
            [sys.executable, "-m", "jimpitan_simulator.whole.server_process", self.wish.defect],
            self._log("server"),
            settings,
            self.server_port,
        )
        await self.server.start()
        return str(json.loads(answer)["token"])

    async def start_broker(self) -> None:
        """Start mosquitto with a user and a rule for each box, or amqtt."""
        if not self.wish.is_mosquitto:
            command = [sys.executable, "-m", "jimpitan_simulator.embedded_broker"]
            command.append(str(self.broker_port))
        else:
            command = [find_mosquitto() or "mosquitto", "-c", str(await self._broker_files())]
        self.broker = Program("the broker", command, self._log("broker"), {}, self.broker_port)
        await self.broker.start()

    async def _broker_files(self) -> Path:
        """Let the gateway's own command write users and rules; the demo's settings are ours."""
        folder = self.folder / "broker"
        await run_once(
            [
                *(sys.executable, "-m", "jimpitan_gateway.cli", "broker-files", str(folder)),
                *("--host", "127.0.0.1", "--port", str(self.broker_port), "--no-tls"),
            ],
            {"JIMPITAN_GATEWAY_NAME": GATEWAY},
            json.dumps(self.passwords).encode(),
        )
        path = folder / "mosquitto.conf"
        text = MOSQUITTO.format(port=self.broker_port, folder=folder)
        if os.name == "posix" and os.geteuid() == 0:
            text += "user root\n"  # else it becomes a user that cannot read this folder
        path.write_text(text, encoding="utf-8")
        return path

    async def start_gateway(self, token: str, *, broker_port: int, server_url: str) -> None:
        """Start the gateway, seeing broker and server through the given cables."""
        module = "jimpitan_gateway.cli"
        words = ["run"]
        if self.wish.is_watched:
            module = "jimpitan_simulator.whole.gateway_process"
            words = [self.wish.defect]
        settings = {
            "JIMPITAN_GATEWAY_NAME": GATEWAY,
            "JIMPITAN_GATEWAY_BROKER_PORT": str(broker_port),
            "JIMPITAN_GATEWAY_SERVER_URL": server_url,
            "JIMPITAN_GATEWAY_SERVER_TOKEN": token,
            "JIMPITAN_GATEWAY_SPOOL": str(self.spool_file),
        }
        if self.wish.is_mosquitto:
            settings["JIMPITAN_GATEWAY_BROKER_PASSWORD"] = self.passwords[GATEWAY]
        self.gateway = Program(
            "the gateway", [sys.executable, "-m", module, *words], self._log("gateway"), settings
        )
        await self.gateway.start()

    async def start_town(self, *, broker_port: int, order: Mapping[str, Any]) -> None:
        """Start the process of the boxes; keys travel through its standard input."""
        boxes = []
        for box, key in self.keys.items():
            entry = {"id": box, "key": base64.b64encode(key).decode()}
            if self.wish.is_mosquitto:
                entry["password"] = self.passwords[box]
            boxes.append(entry)
        whole_order = {
            "seed": self.wish.seed,
            "boxes": boxes,
            "broker": ["127.0.0.1", broker_port],
            "defect": self.wish.defect,
            **order,
        }
        with self._log("town").open("ab") as log:
            self.town = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "jimpitan_simulator.town_process"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LINE_LENGTH_MAX,
                start_new_session=True,
            )
        assert self.town.stdin is not None
        self.town.stdin.write(json.dumps(whole_order).encode() + b"\n")
        await self.town.stdin.drain()

    async def tell_town(self, command: str) -> None:
        """Give the town a command: calm or stop."""
        if self.town is not None and self.town.stdin is not None and not self.town.returncode:
            self.town.stdin.write(command.encode() + b"\n")
            await self.town.stdin.drain()

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Yield what the town tells until it ends."""
        assert self.town is not None
        assert self.town.stdout is not None
        while line := await self.town.stdout.readline():
            yield json.loads(line)

    async def stop(self) -> None:
        """End every program that was started; nothing stays behind."""
        if self.town is not None and self.town.returncode is None:
            self.town.terminate()
            try:
                await asyncio.wait_for(self.town.wait(), 5)
            except TimeoutError:
                self.town.kill()
                await self.town.wait()
        for name in ("gateway", "server", "broker"):
            program = getattr(self, name, None)
            if program is not None:
                await program.stop()
