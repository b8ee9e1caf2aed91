"""The commands about collections, as an admin types them."""

import json
from pathlib import Path

import pytest
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
