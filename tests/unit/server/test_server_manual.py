"""The manual names every setting, route, command, error code and refusal there is."""

import re
from pathlib import Path

import pytest
import typer
from components import ROOT
from fastapi import FastAPI
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.record import Reason
from jimpitan_server.entrypoints.cli import app as commands
from jimpitan_server.entrypoints.http.app import create_app
from jimpitan_server.settings import Settings
from server_boxes import MASTER_KEY

SERVER = ROOT / "server"
MANUAL = "\n".join(page.read_text(encoding="utf-8") for page in sorted(SERVER.glob("*.md")))
SOURCES = [path.read_text(encoding="utf-8") for path in SERVER.rglob("*.py")]
CODE = re.compile(r'\bcode ?= ?"([a-z_]+)"')


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_stands_in_the_manual(name: str) -> None:
    assert f"`JIMPITAN_{name.upper()}`" in MANUAL
    assert Settings.model_fields[name].description


def command_names(group: object, before: str = "") -> list[str]:
    """Return every command with the groups it stands in."""
    names = []
    for name, command in getattr(group, "commands", {}).items():
        words = f"{before}{name}"
        names += command_names(command, f"{words} ") or [words]
    return names


@pytest.mark.parametrize("name", command_names(typer.main.get_command(commands)))
def test_every_command_stands_in_the_manual(name: str) -> None:
    assert re.search(rf"`(jimpitan-server )?{name}\b", MANUAL)


@pytest.mark.parametrize("code", sorted({code for text in SOURCES for code in CODE.findall(text)}))
def test_every_error_code_stands_in_the_manual(code: str) -> None:
    assert f"`{code}`" in MANUAL


@pytest.mark.parametrize(
    "reason", sorted(value for name, value in vars(Reason).items() if name.isupper())
)
def test_every_reason_of_a_refusal_stands_in_the_manual(reason: str) -> None:
    assert f"`{reason}`" in MANUAL


async def test_every_route_stands_in_the_manual(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/none.db"
    program = await build(Settings(master_key=MASTER_KEY, database_url=url))
    app: FastAPI = create_app(program)
    await program.close()
    missing = [
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if not re.search(rf"`{method.upper()} {re.escape(path)}[`?]", MANUAL)
    ]
    assert missing == []
