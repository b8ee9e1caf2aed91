"""The commands about bank partners, as an operator types them."""

import asyncio
import json
from pathlib import Path

import pytest
from jimpitan_server.bootstrap import build
from jimpitan_server.entrypoints.cli import app
from jimpitan_server.settings import load_settings
from money_town import SNAP
from server_boxes import MASTER_KEY
from typer.testing import CliRunner

pytestmark = pytest.mark.integration
SECRET = "a-secret-of-thirty-two-characters"


async def migrate() -> None:
    program = await build(load_settings())
    await program.migrate()
    await program.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'jimpitan.db'}")
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", MASTER_KEY)
    asyncio.run(migrate())
    (tmp_path / "bank.pem").write_text(SNAP["public_key_pem"])
    (tmp_path / "secret.txt").write_text(SECRET + "\n")
    return tmp_path


def run(*words: str, code: int = 0, stdin: str | None = None) -> str:
    done = CliRunner().invoke(app, ["partner", *words], input=stdin)
    assert done.exit_code == code, done.output
    assert SECRET not in done.output
    return done.output


def test_a_partner_of_each_kind_is_added_listed_and_revoked(folder: Path) -> None:
    pem, secret = str(folder / "bank.pem"), str(folder / "secret.txt")
    symmetric = ("--profile", "snap-symmetric", "--secret", secret)
    assert "needs a key for: token" in run("add", "B1", *symmetric, "--account", "a", code=1)
    added = run("add", "B1", *symmetric, "--token-key", pem, "--account", "a", "--json")
    assert json.loads(added)["takes_money"] is True
    both = ("--public-key", pem, "--secret", secret)
    assert "one of" in run("add", "B2", *both, "--account", "a", code=1)
    hints = ("--profile", "nicepay-like", "--public-key", pem, "--account", "a", "--json")
    assert json.loads(run("add", "B2", *hints)) == {
        "partner": "B2",
        "account": "a",
        "profile": "nicepay-like",
        "path": "/api/v1.0/qr/qr-mpm-notif",
        "takes_money": False,
    }
    key = ("key-add", "B1", "--key", "-", "--valid-from", "2026-12-01T00:00:00+07:00", "--json")
    number = str(json.loads(run(*key, stdin=SECRET))["key"])
    assert "no time" in run(*key[:4], "--valid-from", "besok", code=1, stdin=SECRET)
    assert "16 to 1024" in run(*key[:4], code=1, stdin="short")
    assert "counts no longer" in run("key-revoke", "B1", number)
    assert "no key" in run("key-revoke", "B1", number, code=1)
    assert "no partner" in run("key-add", "B9", "--key", secret, code=1)
    assert "revoked" in run("revoke", "B2", "--reason", "kontrak berakhir")
    assert "no partner" in run("revoke", "B2", "--reason", "lagi", code=1)
    first, second = json.loads(run("list", "--json"))["partners"]
    assert [key["purpose"] for key in first["keys"]] == ["notification", "token", "notification"]
    assert first["keys"][0]["fingerprint"] == "-"
    assert first["keys"][2]["valid_from"] == "2026-11-30T17:00:00+00:00"
    assert first["keys"][2]["revoked_at"] is not None
    assert (first["revoked_at"], first["heard_at"], first["hints_open"]) == (None, None, 0)
    assert second["revoked_at"] is not None
    assert "B1" in run("list")
    assert "already" in run("add", "B2", *hints, code=1)


def test_a_profile_of_ones_own_is_kept_with_the_partner(folder: Path) -> None:
    own = folder / "bank-kami.json"
    described = {
        "scheme": "own",
        "text": "{digest}|{timestamp}",
        "algorithm": "hmac-sha512",
        "encoding": "hex",
    }
    own.write_text(json.dumps(described))
    words = ("--profile", str(own), "--secret", str(folder / "secret.txt"), "--account", "a")
    run("add", "B1", *words)
    (found,) = json.loads(run("list", "--json"))["partners"]
    assert found["profile"] == "bank-kami"
    own.write_text(json.dumps(described | {"text": "{digest}"}))
    assert "timestamp" in run("add", "B2", *words, code=1)


def test_profiles_are_listed_with_where_they_come_from(folder: Path) -> None:
    found = {one["profile"]: one for one in json.loads(run("profiles", "--json"))["profiles"]}
    assert found["nicepay-like"]["takes_money"] is False
    assert found["yokke-like"]["verified"] is False
    assert all(one["sources"] for one in found.values())
    assert "snap-asymmetric" in run("profiles")


def test_a_body_that_is_not_there_is_said_to_be_so(folder: Path) -> None:
    assert "no body of notification 7" in run("body", "7", "--reason", "sengketa", code=1)


def test_a_bank_is_connected_and_asked(folder: Path) -> None:
    pem, secret = str(folder / "bank.pem"), str(folder / "secret.txt")
    (folder / "ours.pem").write_text(SNAP["private_key_pem"])
    run("add", "B1", "--public-key", pem, "--account", "a")
    words = ("connect", "B1", "--client-id", "US", "--secret", secret, "--query-path", "/q")
    words += ("--private-key", str(folder / "ours.pem"))
    assert "over https" in run(*words, "--base-url", "http://bank.example", code=1)
    base = ("--base-url", "http://127.0.0.1:9")
    assert "is asked" in run(*words, *base)
    assert "no day" in run(*words, *base, "--since", "kemarin", code=1)
    assert "first day" in run(*words, *base, "--statement-path", "/s", code=1)
    (found,) = json.loads(run("list", "--json"))["partners"]
    assert found["is_connected"] is True
    assert [key["purpose"] for key in found["keys"]][1:] == ["request_key", "request_secret"]
    assert json.loads(run("ask", "--json")) == {
        "asked": 0,
        "confirmed": 0,
        "statement_lines": 0,
        "failed": 0,
    }
    fetch = ("--statement-path", "/s", "--account-no", "7", "--since", "2026-01-01")
    run(*words, *base, *fetch)
    patient = "jimpitan_server.services.ask_bank.ATTEMPTS_MAX"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patient, 1)
        assert "1 banks failed" in run("ask", code=1)
