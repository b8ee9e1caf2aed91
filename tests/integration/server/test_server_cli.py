"""The command line does what it says, says what went wrong, and shows no secret twice."""

import asyncio
import base64
import json
from typing import Any

import pytest
from jimpitan_server.adapters.database.schema import box_keys, enrolment_tokens, gateways
from jimpitan_server.bootstrap import Program
from jimpitan_server.entrypoints.cli import app
from jimpitan_server.entrypoints.serve import invite_first_admin
from server_boxes import MASTER_KEY, FakeBox
from server_town import bring, rows
from sqlalchemy import text
from typer.testing import CliRunner, Result


class CommandLine:
    """Runs commands in a thread, because each has a loop of its own."""

    async def __call__(self, *words: str, stdin: str = "") -> Result:
        """Run one command."""
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, list(words), input=stdin))

    async def asks(self, *words: str, stdin: str = "") -> Any:
        """Run one command that must succeed, and return its JSON."""
        result = await self(*words, "--json", stdin=stdin)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, database_url: str) -> CommandLine:
    """Return the command line on a fresh database."""
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", database_url)
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", MASTER_KEY)
    return CommandLine()


async def test_box_is_added_with_a_key_from_standard_input_and_listed(
    program: Program, command: CommandLine
) -> None:
    box = FakeBox()
    key = base64.b64encode(box.secret).decode()
    told = await command.asks("box", "add", box.box, "--key-file", "-", stdin=key + "\n")
    assert told == {"box": box.box, "epoch": 1}
    await bring(program, box, *box.stamps(3))
    (line,) = await command.asks("box", "list")
    assert (line["box"], line["head_seq"], line["deposits"]) == (box.box, 3, 3)
    ((wrapped,),) = await rows(program, box_keys, "wrapped")
    assert box.secret not in bytes(wrapped)  # type: ignore[call-overload]
    again = await command("box", "add", box.box, "--key-file", "-", stdin=key)
    assert (again.exit_code, "newer epoch" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "stdin", "exit_code", "sentence"),
    [
        (["box", "add", "box-1", "--key-file", "key.txt"], "", 2, "standard input only"),
        (["box", "add", "box-1", "--key-file", "-"], "not base64", 1, "base64 of exactly 32"),
        (["box", "add", "BOX 1", "--key-file", "-"], "A" * 43 + "=", 1, "a-z, 0-9 and hyphen"),
        (["gateway", "add", "Gate Way"], "", 1, "A gateway id has"),
        (["user", "add", "siti", "--role", "admin"], "short\n", 1, "A password has"),
        (["user", "add", "siti", "--role", "king"], "x", 2, "king"),
    ],
)
async def test_refusal_is_one_sentence_and_an_exit_code(
    command: CommandLine, words: list[str], stdin: str, exit_code: int, sentence: str
) -> None:
    result = await command(*words, stdin=stdin)
    assert (result.exit_code, sentence in result.stderr) == (exit_code, True)
    assert "Traceback" not in result.output


async def test_tokens_are_shown_once_and_kept_as_fingerprints(
    program: Program, command: CommandLine
) -> None:
    gateway = await command.asks("gateway", "add", "gw-1")
    enrolment = await command.asks("enrolment-token")
    kept = await rows(program, gateways, "token_sha256")
    kept += await rows(program, enrolment_tokens, "token_sha256")
    for shown in (gateway, enrolment):
        token = shown["token"]
        assert len(token) >= 43
        assert token not in str(kept)
    assert await program.gateway_of_token(gateway["token"]) == "gw-1"
    again = await command("gateway", "add", "gw-1")
    assert (again.exit_code, "already" in again.stderr) == (1, True)


async def test_person_added_may_log_in(program: Program, command: CommandLine) -> None:
    words = ("user", "add", "siti", "--role", "auditor")
    await command.asks(*words, stdin="nasi liwet hangat\n")
    logged_in = await program.log_in(login_name="siti", password="nasi liwet hangat")
    assert logged_in.session.role == "auditor"


async def test_doctor_finds_a_fresh_installation_well_and_a_changed_one_ill(
    program: Program, command: CommandLine
) -> None:
    assert (await command("doctor")).exit_code == 0
    async with program.database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    result = await command("doctor", "--json")
    assert result.exit_code == 1
    (finding,) = [one for one in json.loads(result.stdout) if not one["is_fine"]]
    assert finding["name"] == "schema"


async def test_missing_master_key_is_a_sentence(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JIMPITAN_MASTER_KEY")
    for words in (("migrate",), ("run",)):
        result = await command(*words)
        assert result.exit_code == 1
        assert result.stderr.startswith("JIMPITAN_MASTER_KEY is not set")


async def test_people_are_invited_locked_out_and_let_in_again(
    program: Program, command: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    invited = await command.asks("user", "invite", "siti", "--role", "admin")
    assert invited["path"].startswith("/undangan/")
    await invite_first_admin(program)  # nobody can log in: the console tells a link for siti
    assert "/undangan/" in capsys.readouterr().out
    await command.asks("user", "add", "dewi", "--role", "admin", stdin="tiga kata acak\n")
    await invite_first_admin(program)
    assert capsys.readouterr().out == ""
    assert (await command.asks("user", "disable", "siti"))["disabled"]
    people = {one["login_name"]: one for one in await command.asks("user", "list")}
    assert (people["siti"]["disabled"], people["dewi"]["has_password"]) == (True, True)
    last = await command("user", "disable", "dewi")
    assert (last.exit_code, "last admin" in last.stderr) == (1, True)
    await command.asks("user", "enable", "siti")
    other = await command.asks("user", "link", "siti")
    assert other["path"] != invited["path"]
    await program.log_in(login_name="dewi", password="tiga kata acak")
    assert (await command.asks("user", "logout", "dewi"))["ended"] == 1
    nobody = await command("user", "logout", "nobody")
    assert (nobody.exit_code, "nobody nobody" in nobody.stderr) == (1, True)
