"""A release through the real programs: server, gateway, mosquitto and the firmware of a box.

The gateway is killed when it has just begun to offer the release, and started again.
"""

import asyncio
import time

import components
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jimpitan_box.box import Identity
from jimpitan_box.config import Config
from jimpitan_simulator.sockets import SocketNet
from jimpitan_simulator.system import System, Wish
from jimpitan_simulator.unit import Unit
from jimpitan_simulator.whole.virtual_rollout import make_release

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ADMIN = {"name": "admin", "role": "admin", "password": "sandi-uji-coba"}
STEP_S = 0.01
WAIT_S = 90.0


def unit_of(system, box):
    config = Config()
    config.restart_calm_ms, config.trial_ms_min, config.heartbeat_ms = 200, 500, 2_000
    config.block_ms, config.block_ms_max = 500, 1_000
    config.resend_ms = 1_000  # what went before the gateway listened is sent again soon
    login = (box, system.passwords[box].encode())
    return Unit(
        identity=Identity(box, 1, system.keys[box], login),
        config=config,
        connect=lambda: SocketNet("127.0.0.1", system.broker_port),
        seed=3,
    )


async def until(unit, is_so):
    """Step the box on the clock of this machine until something is so; return whether it is."""
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        unit.step(time.time_ns() // 1000)
        if await is_so():
            return True
        await asyncio.sleep(STEP_S)
    return False


class Desk:
    """An admin at the server's doors."""

    def __init__(self, client):
        self.client = client
        self.asked_s = 0.0

    async def log_in(self):
        body = {"login_name": ADMIN["name"], "password": ADMIN["password"]}
        answer = await self.client.post("/api/v1/sessions", json=body)
        self.client.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    async def roll_out(self, made):
        sent = await self.client.post(
            "/api/v1/releases", content=made.file, headers={"Content-Type": "application/cbor"}
        )
        assert sent.status_code in {200, 201}, sent.text
        body = {"release": made.fingerprint, "stages": ["*"]}
        started = await self.client.post("/api/v1/rollouts", json=body)
        assert started.status_code == 201, started.text

    async def is_confirmed(self):
        if time.monotonic() - self.asked_s < 0.5:
            return False
        self.asked_s = time.monotonic()
        answer = await self.client.get("/api/v1/rollouts/1")
        return [one["state"] for one in answer.json()["boxes"]] == ["confirmed"]


@pytest.mark.scenario
async def test_a_release_reaches_a_box_though_the_gateway_is_killed(tmp_path, monkeypatch):
    components.program("mosquitto", "install mosquitto")
    public = KEY.public_key().public_bytes_raw().hex()
    monkeypatch.setenv("JIMPITAN_GATEWAY_PUBLISHER_KEY", public)
    system = System(Wish(boxes=1, broker="mosquitto"), tmp_path)
    system.people = {"users": [ADMIN]}
    made = make_release(KEY, "0.2.0", floor="0.1.0")
    (box,) = system.keys
    unit = unit_of(system, box)
    try:
        token = await system.start_server({"JIMPITAN_PUBLISHER_KEY": public})
        await system.start_broker()
        ports = {"broker_port": system.broker_port, "server_url": system.server_url}
        await system.start_gateway(token, **ports)

        async def is_online():
            return unit.box is not None and unit.box.is_online and not unit.box.unacked

        assert await until(unit, is_online)
        async with httpx.AsyncClient(base_url=system.server_url, trust_env=False) as client:
            desk = Desk(client)
            await desk.log_in()
            await desk.roll_out(made)

            async def is_offered():
                return b"is offered to boxes" in (tmp_path / "gateway.log").read_bytes()

            assert await until(unit, is_offered)
            await system.gateway.kill()
            await system.gateway.start()
            assert await until(unit, desk.is_confirmed), system.gateway.last_words()
        assert unit.boots == 2
        assert len(unit.restarts) == 1
    finally:
        unit.go_dark(0)
        await system.stop()
