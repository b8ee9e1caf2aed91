"""The commands about collections, as an admin types them."""

import asyncio
import json
from pathlib import Path
from uuid import uuid4

import pytest
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.cash import CashCount
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.services.close_collection import Counted
from jimpitan_server.settings import load_settings
from pypdf import PdfReader
from test_money_cli import folder, run

__all__ = ["folder"]
pytestmark = pytest.mark.integration


def test_witnesses_and_pins_by_command(folder: Path) -> None:
    added = json.loads(run("witness", "add", "bu-ani", "--institution", "Masjid Contoh", "--json"))
    assert added["path"].startswith("/pin/")
    assert "has the name" in run("witness", "add", "bu-ani", "--institution", "X", code=1)
    assert "within 7 days" in run("witness", "invite", "bu-ani")
    assert "digits" in run("pin", "set", "bu-ani", stdin="12\n", code=1)
    assert "nobody named" in run("pin", "set", "x", stdin="470921\n", code=1)
    assert "has a PIN" in run("pin", "set", "bu-ani", stdin="470921\n")
    (one,) = json.loads(run("witness", "list", "--json"))
    assert one == {
        "witness": "bu-ani",
        "institution": "Masjid Contoh",
        "has_pin": True,
        "withdrawn": False,
    }
    assert "institution=Masjid Contoh" in run("witness", "list")
    run("witness", "withdraw", "bu-ani")
    assert "no witness" in run("witness", "withdraw", "bu-ani", code=1)


def test_cans_places_and_plans_by_command(folder: Path) -> None:
    run("can", "add", "kaleng-1", "--site", "Aula")
    assert "already" in run("can", "add", "kaleng-1", code=1)
    run("place", "set", "kaleng-1", "Balai Desa", "--host", "Desa")
    (one,) = json.loads(run("can", "list", "--json"))
    assert one == {"box": "kaleng-1", "tier": "can", "site": "Balai Desa", "host": "Desa"}
    made = json.loads(run("plan", "add", "kaleng-1", "--rhythm", "every_35_days", "--json"))
    assert "no such box" in run("plan", "add", "x", "--rhythm", "weekly", code=1)
    (listed,) = json.loads(run("plan", "list", "--json"))
    assert (listed["plan_id"], listed["rhythm"]) == (made["plan_id"], "every_35_days")
    assert "kaleng-1" in run("plan", "days", "--ahead", "35")
    run("plan", "end", made["plan_id"])
    assert json.loads(run("plan", "list", "--json")) == []


def test_a_receipt_by_command_needs_a_count_and_an_address(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "struk.pdf"
    assert "JIMPITAN_PUBLIC_URL" in run("receipt", "make", "x", str(file), code=1)
    monkeypatch.setenv("JIMPITAN_PUBLIC_URL", "https://kotak.example")
    assert "no count" in run("receipt", "make", "x", str(file), code=1)
    count = asyncio.run(counted())
    told = json.loads(run("receipt", "make", count, str(file), "--json"))
    assert told["bytes"] == len(file.read_bytes())
    page = PdfReader(file).pages[0].extract_text()
    assert "https://kotak.example/struk/" in page
    assert "cannot be written" in run("receipt", "make", count, "/nowhere/x", code=1)


async def counted() -> str:
    program = await build(load_settings())
    counted = Counted(
        collection_id=str(uuid4()),
        box=BoxId("kaleng-1"),
        collector=UserId("user-1"),
        lid_at=program.clock.now(),
        count=CashCount.of({1_000: 5}),
    )
    receipt = await program.money.close_collection(counted)
    await program.close()
    return receipt.collection_id
