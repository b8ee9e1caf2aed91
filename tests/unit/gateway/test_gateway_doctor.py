"""Each fault that is planted at a gateway is named, with the next step."""

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jimpitan_gateway import doctor
from jimpitan_gateway.certificates import write_tls_files
from jimpitan_gateway.doctor import examine
from jimpitan_gateway.settings import Settings
from jimpitan_gateway.spool import Message, Spool

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)
HOUR_MS = 3_600_000


@pytest.fixture
def listening() -> Iterator[int]:
    """Give a port on which somebody lets in whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def let_in() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=let_in, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def look(
    listening: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, str]]:
    """Return a word that examines a gateway in good order, but for what is changed."""

    def looked(
        *, now_ms: int = NOW_MS, free: int = 10**12, environment: dict[str, str] | None = None,
        **changed: Any,
    ) -> dict[str, str]:  # fmt: skip
        values: dict[str, Any] = {
            "broker_port": listening,
            "server_token": "a token",
            "spool": tmp_path / "spool.db",
        } | changed
        return examine(Settings(**values), environment or {}, now_ms=now_ms, free=lambda _: free)

    monkeypatch.setattr(doctor, "HttpDoor", GoodDoor)
    return looked


class GoodDoor:
    """A server that takes an empty batch."""

    def __init__(self, **_: str) -> None:
        """Take any address and token."""

    def post(self, messages: list[Message]) -> None:
        """Take a batch."""

    def close(self) -> None:
        """Close."""


def certificate(folder: Path, *, days_ago: int) -> Path:
    """Write the files of an authority that began so long ago."""
    write_tls_files(folder, name="127.0.0.1", now=NOW - timedelta(days=days_ago))
    return folder / "ca.crt"


def keep(folder: Path, received_ms: int) -> None:
    """Let a message wait since then."""
    spool = Spool(folder / "spool.db")
    spool.keep([Message("box-0001", received_ms, b"signed")])
    spool.close()


def torn(folder: Path) -> None:
    """Write something into the place of the spool that is none."""
    (folder / "spool.db").write_bytes(hashlib.sha256(b"noise").digest() * 1000)


FAULTS: dict[str, tuple[str, str, Callable[[Any, Path], dict[str, str]]]] = {
    "misspelt setting": (
        "settings",
        "did you mean JIMPITAN_GATEWAY_SPOOL?",
        lambda look, _: look(environment={"JIMPITAN_GATEWAY_SPOOOL": "x"}),
    ),
    "broker without TLS": ("settings", "BROKER_CA", lambda look, _: look(broker_host="10.0.0.1")),
    "server without TLS": (
        "settings",
        "begins with http",
        lambda look, _: look(server_url="http://10.0.0.1:8000"),
    ),
    "wrong key of the publisher": (
        "settings",
        "PUBLISHER_KEY",
        lambda look, _: look(publisher_key="77"),
    ),
    "no broker": ("broker", "No broker answers", lambda look, _: look(broker_port=1)),
    "no token": ("server", "gateway add", lambda look, _: look(server_token=None)),
    "no authority": (
        "certificate",
        "cannot be read",
        lambda look, folder: look(broker_ca=folder / "none.crt"),
    ),
    "old authority": (
        "certificate",
        "make a new one",
        lambda look, folder: look(broker_ca=certificate(folder, days_ago=20 * 365 - 10)),
    ),
    "torn spool": ("spool", "damaged", lambda look, folder: (torn(folder), look())[1]),
    "clock of 1970": ("spool", "before 2026", lambda look, _: look(now_ms=0)),
    "clock that went back": (
        "spool",
        "went back",
        lambda look, folder: (keep(folder, NOW_MS + HOUR_MS), look())[1],
    ),
    "standstill": (
        "spool",
        "none was relayed",
        lambda look, folder: (keep(folder, NOW_MS - 2 * HOUR_MS), look())[1],
    ),
    "no folder": (
        "disk",
        "cannot be written",
        lambda look, folder: look(spool=folder / "none" / "spool.db"),
    ),
    "full disk": ("disk", "Only 99 MB are free", lambda look, _: look(free=99_999_999)),
}


@pytest.mark.parametrize("planted", FAULTS)
def test_fault_is_named_with_the_next_step(
    look: Callable[..., dict[str, str]], tmp_path: Path, planted: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert set(look().values()) == {""}
    name, sentence, plant = FAULTS[planted]
    if "TLS" in planted:  # nobody is asked over a network
        monkeypatch.setattr(doctor, "_broker", lambda _: "")
    found = plant(look, tmp_path)
    assert [one for one, said in found.items() if said] == [name]
    assert sentence in found[name]


def test_waiting_for_less_than_an_hour_is_no_fault(
    look: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    keep(tmp_path, NOW_MS - HOUR_MS // 2)
    assert set(look().values()) == {""}
    assert look(broker_ca=certificate(tmp_path, days_ago=1))["certificate"] == ""
