"""From an empty box to records that the server knows as genuine; every break is repeated."""

import asyncio
import json

import httpx
import pytest
from jimpitan_gateway.bench import provision as provisioning
from jimpitan_gateway.bench.answer import read_answer
from jimpitan_gateway.bench.enrolment import Server
from jimpitan_gateway.bench.provision import Wish, provision
from jimpitan_gateway.bench.pull import write_pull
from jimpitan_gateway.bench.seal import seal
from jimpitan_gateway.cli import app
from jimpitan_gateway.errors import (
    BoxSilent,
    EnrolmentRefused,
    PortMissing,
    ServerUnreachable,
)
from jimpitan_server.adapters.database.schema import box_keys, quarantine, records
from jimpitan_server.adapters.sealing import make_private_key, public_key_of, unseal
from jimpitan_simulator.usb import UsbBox
from server_town import rows
from typer.testing import CliRunner
from usb_desk import BOX, at_the_bench, plugged_in

pytestmark = pytest.mark.integration
URL = "https://server.test"


class Bridge(httpx.BaseTransport):
    """Carries what the bench asks to the application in the test's loop; may lose answers."""

    def __init__(self, client, loop):
        self.client, self.loop = client, loop
        self.lose_answers_to = ""
        self.bodies = []

    def handle_request(self, request):
        headers = {
            k: v for k, v in request.headers.items() if k in {"authorization", "content-type"}
        }
        content = request.read()
        self.bodies.append(content)
        asked = self.client.request(
            request.method, request.url.path, content=content, headers=headers
        )
        answer = asyncio.run_coroutine_threadsafe(asked, self.loop).result(10)
        if request.url.path == self.lose_answers_to:
            raise httpx.ReadError("the answer was lost")
        return httpx.Response(answer.status_code, content=answer.content)


@pytest.fixture
async def bridge(client):
    return Bridge(client, asyncio.get_running_loop())


@pytest.fixture
def provisioned(program, bridge):
    """Return a function that provisions a box as the command does."""

    async def go(desk, *, token=None, **wish):
        token = token or await program.make_enrolment_token()

        def at_bench():
            with (
                plugged_in(desk) as cable,
                at_the_bench(cable) as box,
                Server(URL, token=token, transport=bridge) as server,
            ):
                return provision(box, server, Wish(**{"box": BOX} | wish), lambda _: None)

        return await asyncio.to_thread(at_bench)

    return go


async def pulled(desk, path):
    """Return the content of a pull file of this box."""

    def at_bench():
        with plugged_in(desk) as cable, at_the_bench(cable) as box:
            return write_pull(path, BOX, box.pull(1))

    written = await asyncio.to_thread(at_bench)
    return written, path.read_bytes()


async def heard(desk, answer, path):
    """Bring the server's answer back to the box; return (acknowledged, not acknowledged)."""
    path.write_bytes(answer)

    def at_bench():
        _, messages = read_answer(path)
        with plugged_in(desk) as cable, at_the_bench(cable) as box:
            return [box.hear(message) for message in messages][-1]

    return await asyncio.to_thread(at_bench)


def test_what_the_bench_seals_the_server_opens():
    private = make_private_key()
    sealed = seal(public_key_of(private), b"a box key")
    assert unseal(private, sealed) == b"a box key"
    assert b"a box key" not in sealed
    with pytest.raises(EnrolmentRefused):
        seal(b"short", b"x")


async def test_an_empty_box_becomes_one_whose_records_the_server_takes(
    program, bridge, provisioned, tmp_path
):
    desk = UsbBox()
    assert await provisioned(desk, wifi_name="kantor", broker_host="broker") == 1
    assert desk.box is not None
    key = desk._commands.identity().key
    assert all(key not in body for body in bridge.bodies)
    for _ in range(60):
        desk.drop_coin()
    written, content = await pulled(desk, tmp_path / "pull")
    assert (written.seq_last, written.lost) == (desk.box.keeper.head, 0)
    assert written.messages > 1
    imported = await program.import_records(content, actor="test")
    assert (imported.stored, imported.duplicate, imported.refused) == (written.seq_last, 0, 0)
    assert await heard(desk, imported.answer, tmp_path / "answer") == (written.seq_last, 0)
    assert desk.box.keeper.cursor.acked == written.seq_last
    again = await program.import_records(content, actor="test")
    assert (again.stored, again.duplicate, again.refused) == (0, written.seq_last, 0)
    assert await heard(desk, again.answer, tmp_path / "answer") == (written.seq_last, 0)
    assert len(await rows(program, records, "seq")) == written.seq_last


async def test_changed_records_are_quarantined_and_the_others_are_kept(
    program, provisioned, tmp_path
):
    desk = UsbBox()
    await provisioned(desk)
    for _ in range(40):
        desk.drop_coin()
    written, content = await pulled(desk, tmp_path / "pull")
    forged = content[:-20] + bytes([content[-20] ^ 1]) + content[-19:]
    imported = await program.import_records(forged, actor="test")
    assert imported.refused == 1
    assert imported.stored == written.seq_last - 1
    assert imported.reasons == {"not_genuine": 1}
    assert len(await rows(program, quarantine, "reason")) == 1


async def test_a_refused_token_leaves_the_box_as_it_was_and_the_next_try_succeeds(provisioned):
    desk = UsbBox()
    with pytest.raises(EnrolmentRefused, match="make a new one on the server"):
        await provisioned(desk, token="wrong")
    assert desk.box is None
    assert await provisioned(desk, wifi_name="baru") == 1
    assert desk._commands.identity().wifi_name == "baru"


async def test_a_lost_answer_is_repaired_by_the_same_command_with_the_same_token(
    program, bridge, provisioned, tmp_path
):
    desk = UsbBox()
    token = await program.make_enrolment_token()
    bridge.lose_answers_to = "/api/v1/boxes/enrol"
    with pytest.raises(ServerUnreachable, match="run this again"):
        await provisioned(desk, token=token)
    assert desk.box is None
    bridge.lose_answers_to = ""
    assert await provisioned(desk, token=token) == 1
    desk.drop_coin()
    _, content = await pulled(desk, tmp_path / "pull")
    assert (await program.import_records(content, actor="test")).refused == 0
    assert len(await rows(program, box_keys, "epoch")) == 1


async def test_a_cable_pulled_before_the_commit_is_repaired_the_same_way(
    program, provisioned, monkeypatch
):
    desk = UsbBox()
    token = await program.make_enrolment_token()

    def pulled_out(*_):
        raise BoxSilent("the cable was pulled")

    with monkeypatch.context() as patch:
        patch.setattr(provisioning.Box, "commit", pulled_out)
        with pytest.raises(PortMissing, match="box status"):
            await provisioned(desk, token=token)
    assert desk.box is None
    assert await provisioned(desk, token=token) == 1
    assert desk.box is not None
    assert len(await rows(program, box_keys, "epoch")) == 1


async def test_a_new_key_continues_the_numbers_and_both_epochs_verify(
    program, provisioned, tmp_path
):
    desk = UsbBox()
    await provisioned(desk)
    desk.drop_coin()
    assert await provisioned(desk) == 2
    desk.drop_coin()
    written, content = await pulled(desk, tmp_path / "pull")
    imported = await program.import_records(content, actor="test")
    assert (imported.stored, imported.refused) == (written.seq_last, 0)
    found = await rows(program, records, "epoch")
    assert {epoch for (epoch,) in found} == {1, 2}


async def test_a_wiped_box_under_its_old_id_uses_no_number_again(program, provisioned, tmp_path):
    desk = UsbBox()
    await provisioned(desk)
    desk.drop_coin()
    _, before = await pulled(desk, tmp_path / "before")
    await program.import_records(before, actor="test")

    def wiped():
        with plugged_in(desk) as cable, at_the_bench(cable) as box:
            return box.wipe(BOX, force=True)

    assert await asyncio.to_thread(wiped) > 0
    assert await provisioned(desk) == 2
    desk.drop_coin()
    _, content = await pulled(desk, tmp_path / "after")
    imported = await program.import_records(content, actor="test")
    assert (imported.duplicate, imported.refused) == (0, 0)
    assert imported.stored >= 3


async def test_a_board_that_replaces_a_broken_one_goes_on_behind_its_numbers(
    program, provisioned, tmp_path
):
    old, new = UsbBox(), UsbBox()
    await provisioned(old)
    old.drop_coin()
    _, content = await pulled(old, tmp_path / "old")
    stored = (await program.import_records(content, actor="test")).stored
    with pytest.raises(EnrolmentRefused, match="--epoch and a number above"):
        await provisioned(new)
    assert await provisioned(new, epoch=2, seq_last=stored) == 2
    new.drop_coin()
    _, content = await pulled(new, tmp_path / "new")
    imported = await program.import_records(content, actor="test")
    assert (imported.duplicate, imported.refused) == (0, 0)


def test_a_token_goes_over_no_open_network():
    with pytest.raises(EnrolmentRefused, match="not https"):
        Server("http://server.example", token="token")


def test_the_command_wants_a_server_and_an_authority():
    words = ["box", "provision", BOX, "--port", "/dev/none"]
    no_server = CliRunner().invoke(app, words)
    assert (no_server.exit_code, "--server" in no_server.stderr) == (1, True)
    no_ca = CliRunner().invoke(app, [*words, "--server", URL, "--broker", "broker"])
    assert (no_ca.exit_code, "--ca" in no_ca.stderr) == (1, True)


def test_the_command_provisions_with_secrets_from_standard_input_and_changes_the_network():
    desk = UsbBox()
    desk.provision(BOX, epoch=1, key=bytes(32))
    given = json.dumps({"wifi_password": "rahasia", "broker_password": "pw"})
    words = ["box", "provision", BOX, "--keep-key", "--wifi", "baru", "--secrets"]
    with plugged_in(desk) as cable:
        done = CliRunner().invoke(app, [*words, "--port", cable.path], input=given)
        assert done.exit_code == 0, done.output
        wrong = CliRunner().invoke(app, [*words, "--port", cable.path], input='{"pin": "1"}')
        assert wrong.exit_code == 1
        assert "rahasia" not in done.output
    identity = desk._commands.identity()
    assert (identity.wifi_name, identity.wifi_password) == ("baru", "rahasia")
    assert (identity.epoch, identity.key) == (1, bytes(32))
