"""The bench against the real firmware over a pseudo-terminal: status, logs, tests, bad lines."""

import json
import signal
import subprocess
import sys

import pytest
from jimpitan_box import calibration
from jimpitan_box.calibration import Calibration
from jimpitan_gateway.bench.line import Line
from jimpitan_gateway.bench.port import SerialPort, chosen_port
from jimpitan_gateway.cli import app
from jimpitan_gateway.errors import BoxRefused, BoxSilent, PortBusy, PortMissing
from jimpitan_simulator.usb import UsbBox
from jimpitan_wire import cbor, cose, down
from typer.testing import CliRunner
from usb_desk import BOX, KEY, at_the_bench, desk_box, plugged_in

pytestmark = pytest.mark.integration


def run(*words, given=""):
    return CliRunner().invoke(app, ["box", *words], input=given)


def test_status_logs_and_selftest_over_the_cable():
    with plugged_in(desk_box(deposits=2)) as cable:
        status = json.loads(run("status", "--port", cable.path, "--json").stdout)
        assert (status["box"], status["epoch"], status["head"]) == (BOX, 1, 4)
        assert status["online"] is False
        said = run("status", "--port", cable.path)
        assert said.exit_code == 0
        assert "records the server has not acknowledged: 4" in said.stdout
        assert "clock: not known" in said.stdout
        logs = json.loads(run("logs", "--port", cable.path, "--json").stdout)
        assert [0, "power_on", 1] in logs["entries"]
        assert "kept" in run("logs", "--port", cable.path).stdout
        tested = run("selftest", "--port", cable.path)
        assert tested.exit_code == 0
        assert "good  flash" in tested.stdout


def test_the_command_of_the_readme_answers(tmp_path):
    # Tests that a script runs in the background ignore SIGINT, and the box would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    link = tmp_path / "box"
    command = [sys.executable, "-m", "jimpitan_simulator.cli", "usb-box", "--box", BOX]
    with subprocess.Popen(
        [*command, "--link", str(link), "--seconds", "60"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == str(link)
        said = run("status", "--port", str(link))
        process.send_signal(signal.SIGINT)
        process.wait(10)
    assert said.exit_code == 0
    assert f"box: {BOX}" in said.stdout
    assert not link.is_symlink()


def test_one_byte_at_a_time_gives_the_same():
    with (
        plugged_in(desk_box(), chunk_length_max=1) as cable,
        at_the_bench(cable, wait_s=20) as box,
    ):
        assert box.status()["box"] == BOX


def test_noise_on_the_line_before_and_between_is_passed_over():
    with plugged_in(desk_box(deposits=30)) as cable:
        cable.send(b"ESP-ROM:esp32s3\r\n\xff\xfe\x00 garbage !jmp 1 ok AAAA 00000000\nhalf a line")
        with at_the_bench(cable) as box:
            for pulled in box.pull(1):
                cable.send(b">>> \r\nI (52) wifi: connected\n!jmp 12")
                assert pulled.message


def test_half_a_request_does_not_stop_the_next():
    with plugged_in(desk_box()) as cable, SerialPort(cable.path) as port:
        port.write(b"?jmp 12 sta")
        assert Line(port, wait_s=3).ask("status")
        port.write(b"\xff" * 5000)
        assert Line(port, wait_s=3).ask("status")


def test_a_line_on_which_nobody_answers_ends_with_a_sentence():
    desk = desk_box()
    desk.step = lambda received: b"Traceback (most recent call last):\r\n" if received else b""
    with (
        plugged_in(desk) as cable,
        SerialPort(cable.path) as port,
        pytest.raises(BoxSilent, match="must be flashed"),
    ):
        Line(port, wait_s=0.05).ask("status")


def test_lost_answers_are_asked_for_again_and_nothing_is_done_twice():
    desk, dropped = desk_box(), []
    answer = desk.step

    def lossy(received):
        out = answer(received)
        if out and len(dropped) < 3:
            dropped.append(out)
            return b""
        return out

    desk.step = lossy
    with plugged_in(desk) as cable, at_the_bench(cable, wait_s=1.0) as box:
        content = Calibration().content()
        assert box.calibrate(content) == content
    assert len(dropped) == 3


def test_a_port_that_vanishes_is_a_sentence():
    with plugged_in(desk_box()) as cable, SerialPort(cable.path) as port:
        line = Line(port, wait_s=3)
        line.ask("status")
        cable.pull()
        with pytest.raises(PortMissing, match="went away"):
            line.ask("status")


def test_a_busy_port_and_no_port_are_sentences():
    with plugged_in(desk_box()) as cable, SerialPort(cable.path):
        with pytest.raises(PortBusy, match="open in another program"):
            SerialPort(cable.path)
        busy = run("status", "--port", cable.path)
        assert busy.exit_code == 1
        assert "Close it" in busy.stderr
    gone = run("status", "--port", "/dev/jimpitan-none")
    assert gone.exit_code == 1
    assert "is the box plugged in?" in gone.stderr


def test_without_port_the_ports_are_named(monkeypatch):
    from jimpitan_gateway.bench import port as ports

    found = []
    monkeypatch.setattr(ports, "found_ports", lambda: found)
    with pytest.raises(PortMissing, match="No box is plugged in"):
        chosen_port("")
    found.append(ports.FoundPort("/dev/ttyS9", "a modem", False))
    with pytest.raises(PortMissing, match=r"--port. Found: /dev/ttyS9 \(a modem\)"):
        chosen_port("")
    found.append(ports.FoundPort("/dev/ttyACM0", "Espressif", True))
    assert chosen_port("") == "/dev/ttyACM0"
    found.append(ports.FoundPort("/dev/ttyACM1", "Espressif", True))
    with pytest.raises(PortMissing, match="ttyACM1"):
        chosen_port("")
    assert chosen_port("/dev/mine") == "/dev/mine"
    assert run("ports").exit_code == 0


def test_a_calibration_goes_in_and_comes_back(tmp_path):
    wanted, back = tmp_path / "calibration", tmp_path / "back"
    wanted.write_bytes(Calibration().content())
    with plugged_in(desk_box()) as cable:
        assert run("calibrate", str(wanted), "--port", cable.path).exit_code == 0
        assert run("calibrate", str(back), "--read", "--port", cable.path).exit_code == 0
        assert back.read_bytes() == wanted.read_bytes()
        wanted.write_bytes(b"a photograph")
        wrong = run("calibrate", str(wanted), "--port", cable.path)
        assert wrong.exit_code == 1
        assert "no calibration" in wrong.stderr
        assert run("calibrate", str(back), "--read", "--port", cable.path).exit_code == 0
        assert calibration.read(back.read_bytes()) is not None
        wanted.write_bytes(bytes(1025))
        long = run("calibrate", str(wanted), "--port", cable.path)
        assert long.exit_code == 1
        assert "longer than 1024" in long.stderr


def test_a_box_without_identity_answers_and_keeps_nothing(tmp_path):
    with plugged_in(UsbBox()) as cable:
        with at_the_bench(cable) as box:
            assert box.status()["provisioned"] is False
            assert all(one.is_good for one in box.selftest())
        said = run("pull", str(tmp_path / "file"), "--port", cable.path)
        assert said.exit_code == 1
        assert "no identity" in said.stderr


def test_wiping_spares_records_unless_forced_and_the_box_restarts_empty():
    desk = desk_box(deposits=1)
    with plugged_in(desk) as cable:
        refused = run("wipe", BOX, "--port", cable.path)
        assert refused.exit_code == 1
        assert "were not acknowledged by the server" in refused.stderr
        wrong = run("wipe", "box-0008", "--force", "--port", cable.path)
        assert "repeat the id" in wrong.stderr
        assert run("wipe", BOX, "--force", "--port", cable.path).exit_code == 0
        with at_the_bench(cable) as box:
            assert box.status()["provisioned"] is False
    assert desk.boots == 3
    assert all(KEY not in value for value in desk.vault.values.values())


def test_an_unknown_command_is_refused_by_its_code():
    with (
        plugged_in(desk_box()) as cable,
        SerialPort(cable.path) as port,
        pytest.raises(BoxRefused) as refused,
    ):
        Line(port).ask("dance")
    assert refused.value.code == "unknown"


def answer_file(path, box, *messages):
    parts = [["jimpitan-answer", 1, box], *messages]
    path.write_bytes(b"".join(cbor.encode(one) for one in parts))
    return path


def test_a_box_without_network_hears_what_the_server_answered(tmp_path):
    desk = desk_box(deposits=3)
    aad = cose.external_aad(BOX, 1, cose.DOWN)
    head = desk.box.keeper.head
    body = {down.ACK_SEQ: head, down.ACK_TIME_MS: 1795300000000}
    message = cose.seal(cose.Key(KEY), aad, down.payload(1, 9, down.ACK, body))
    with plugged_in(desk) as cable:
        good = answer_file(tmp_path / "good", BOX, message)
        said = run("hear", str(good), "--port", cable.path)
        assert said.exit_code == 0, said.stderr
        assert f"up to number {head}" in said.stdout
        for name, content, word in (
            ("other", answer_file(tmp_path / "a", "box-9999", message), "is for box-9999"),
            ("again", good, "heard a newer"),
            ("empty", answer_file(tmp_path / "b", BOX), "no message"),
            ("missing", tmp_path / "c", "cannot be read"),
        ):
            said = run("hear", str(content), "--port", cable.path)
            assert (name, said.exit_code) == (name, 1)
            assert word in said.stderr
        (tmp_path / "d").write_bytes(b"\x83garbage")
        assert "no answer" in run("hear", str(tmp_path / "d"), "--port", cable.path).stderr


def test_pulling_beyond_the_newest_record_writes_no_file(tmp_path):
    with plugged_in(desk_box()) as cable:
        said = run("pull", str(tmp_path / "file"), "--from", "9999", "--port", cable.path)
    assert said.exit_code == 1
    assert "no record from number 9999" in said.stderr
    assert not (tmp_path / "file").exists()


def test_what_is_no_serial_port_is_said_so():
    said = run("status", "--port", "/dev/null")
    assert said.exit_code == 1
    assert "no serial port" in said.stderr
