"""The console is loaded when somebody speaks, and answers from the first byte on."""

from jimpitan_box.bench_line import BenchLine
from jimpitan_box.box import VERSION
from jimpitan_box.console import ANSWER, parse
from test_device_console import Desk, Examiner


def test_the_console_is_there_from_the_first_byte_on_and_not_before():
    desk = Desk()
    line_of = BenchLine(
        version=VERSION,
        store=desk.store,
        vault=desk.vault,
        floor=desk.floor,
        examiner=Examiner(),
        logbook=desk.logbook,
    )
    line_of.box = desk.bench.box
    assert line_of.step(b"") == b""
    assert line_of._console is None
    assert not line_of.is_restart_wanted
    said = b""
    for byte in desk.raw("status", []):
        said += line_of.step(bytes([byte]))
    assert parse(ANSWER, said[:-1])[1] == "ok"
    line_of.step(desk.raw("wipe", ["box-0007", True]))
    assert line_of.is_restart_wanted
