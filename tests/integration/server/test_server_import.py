"""Records of a box without network: a file by command line and by page."""

import json
import re

import httpx
import pytest
from jimpitan_server.adapters.database.schema import audit, quarantine, records
from jimpitan_server.adapters.pull_file import FILE_LENGTH_MAX, read_pull_file
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Malformed, TooLarge
from jimpitan_wire import cbor
from server_boxes import FakeBox
from server_town import rows
from test_server_cli import CommandLine, command  # noqa: F401 -- a fixture

PASSWORD = "a long password of nobody"


def pull_file(box: FakeBox, *messages: bytes, head: object = None) -> bytes:
    """Return a file as the bench writes it."""
    first = cbor.encode(["jimpitan-pull", 1, box.box] if head is None else head)
    return first + b"".join(cbor.encode(message) for message in messages)


async def known_box(program: Program) -> FakeBox:
    """Return a box that the server knows."""
    box = FakeBox()
    await program.add_box(box.box, epoch=1, key=box.secret)
    return box


async def test_an_import_twice_changes_nothing_the_second_time(program: Program) -> None:
    box = await known_box(program)
    content = pull_file(box, *(b"".join(box.stamps(5)) for _ in range(450)))
    first = await program.import_records(content, actor="siti")
    assert (first.messages, first.stored, first.duplicate) == (450, 2250, 0)
    second = await program.import_records(content, actor="siti")
    assert (second.stored, second.duplicate, second.refused) == (0, 2250, 0)
    assert len(await rows(program, records, "seq")) == 2250
    noted = await rows(program, audit, "actor", "action", "detail")
    imports = [
        (who, json.loads(str(detail)))
        for who, action, detail in noted
        if action == "records_imported"
    ]
    assert imports[0] == ("siti", {"stored": 2250, "duplicate": 0, "refused": 0})


async def test_records_of_another_box_or_none_are_refused_and_kept(program: Program) -> None:
    box, stranger = await known_box(program), FakeBox("box-0002")
    content = pull_file(box, stranger.stamp(), b"garbage", box.stamp())
    imported = await program.import_records(content, actor="siti")
    assert (imported.stored, imported.refused) == (1, 2)
    assert len(await rows(program, quarantine, "reason")) == 2
    unknown = await program.import_records(pull_file(stranger, stranger.stamp()), actor="siti")
    assert unknown.reasons == {"unknown_box": 1}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no pull file"),
        (b"PK\x03\x04 a zip", "no pull file"),
        (cbor.encode(["jimpitan-pull", 1]), "no pull file"),
        (cbor.encode(["jimpitan-pull", 2, "box-1"]), "has version 2"),
        (cbor.encode(["jimpitan-pull", 1, "Box 1"]), "names no box"),
        (cbor.encode(["jimpitan-pull", 1, "box-1"]) + b"\x58", "damaged at byte"),
        (cbor.encode(["jimpitan-pull", 1, "box-1"]) + b"\x05", "damaged at byte"),
        (cbor.encode(["jimpitan-pull", 1, "box-1"]) + b"\x43ab", "damaged at byte"),
        (cbor.encode(["jimpitan-pull", 1, "box-1"]) + cbor.encode(bytes(5000)), "damaged"),
    ],
)
def test_a_malformed_file_is_one_clear_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence):
        read_pull_file(content)


def test_a_file_beyond_the_bound_is_refused() -> None:
    with pytest.raises(TooLarge):
        read_pull_file(bytes(FILE_LENGTH_MAX + 1))


async def test_every_cut_of_a_file_is_whole_or_refused() -> None:
    box = FakeBox()
    content = pull_file(box, *box.stamps(3))
    whole = 0
    for length in range(len(content)):
        try:
            read_pull_file(content[:length])
            whole += 1
        except Malformed:
            pass
    assert whole == 3  # behind the head, the first and the second message


async def test_the_command_says_what_became_of_the_records(
    program: Program,
    command: CommandLine,  # noqa: F811
    tmp_path,  # type: ignore[no-untyped-def]
) -> None:
    box = await known_box(program)
    file = tmp_path / "pull"
    file.write_bytes(pull_file(box, *box.stamps(3)))
    said = await command("records", "import", str(file))
    assert said.exit_code == 0
    assert "3 records were new, 0 were known, 0 were refused." in said.stdout
    assert f"box hear {file}.answer" in said.stdout
    assert (tmp_path / "pull.answer").read_bytes().startswith(b"\x83")
    told = await command.asks("records", "import", str(file))
    assert (told["stored"], told["duplicate"], told["box"]) == (0, 3, box.box)
    file.write_bytes(pull_file(box, b"garbage"))
    (tmp_path / "pull.answer").unlink()
    bad = await command("records", "import", str(file))
    assert not (tmp_path / "pull.answer").exists()
    assert (bad.exit_code, "quarantine (malformed 1)" in bad.stdout) == (1, True)
    gone = await command("records", "import", str(tmp_path / "none"))
    assert (gone.exit_code, "cannot be read" in gone.stderr) == (1, True)


async def log_in(program: Program, client: httpx.AsyncClient, role: str) -> None:
    await program.add_user(role, role=role, password=PASSWORD)
    page = (await client.get("/masuk")).text
    fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', page))
    fields |= {"login_name": role, "password": PASSWORD}
    assert (await client.post("/masuk", data=fields)).status_code == 303


async def test_an_admin_imports_by_page_and_sees_what_became_of_it(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known_box(program)
    await log_in(program, client, "admin")
    page = (await client.get("/admin/impor")).text
    assert "Impor catatan kotak" in page
    assert "/admin/impor" in (await client.get("/admin/kotak")).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    data, content = {"csrf_token": token[1]}, pull_file(box, *box.stamps(3))
    answer = await client.post("/admin/impor", data=data, files={"file": ("pull", content)})
    assert answer.status_code == 200
    assert "catatan baru disimpan: 3" in answer.text
    english = await client.post(
        "/admin/impor?bahasa=en", data=data, files={"file": ("pull", content)}
    )
    assert "known already: 3" in english.text
    client.cookies.delete("bahasa")
    bad = await client.post("/admin/impor", data=data, files={"file": ("pull", b"PK zip")})
    assert (bad.status_code, "Tidak ada yang disimpan" in bad.text) == (422, True)
    none = await client.post("/admin/impor", data=data, files={"file": ("", b"")})
    assert (none.status_code, "Pilih berkas dahulu" in none.text) == (422, True)
    forged = await client.post("/admin/impor", files={"file": ("pull", content)})
    assert (forged.status_code, forged.json()["error"]) == (403, "csrf")


@pytest.mark.parametrize("role", ["collector", "treasurer", "auditor"])
async def test_nobody_else_imports(program: Program, client: httpx.AsyncClient, role: str) -> None:
    await log_in(program, client, role)
    assert (await client.get("/admin/impor")).status_code == 403
    assert (await client.post("/admin/impor", data={})).status_code == 403
