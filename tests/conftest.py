"""What every run of the tests prints at its end: how many power cuts the firmware went through."""

from typing import Any

import pytest

POWER_CUTS = "power_cuts"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Add up what the tests of power cuts noted: '<cuts tried> of <flash operations>'."""
    found = [
        (int(value.split(" of ")[0]), int(value.split(" of ")[1]))
        for report in terminalreporter.stats.get("passed", ())
        if isinstance(report, pytest.TestReport)
        for name, value in report.user_properties
        if name == POWER_CUTS
    ]
    if found:
        tried, whole = sum(one for one, _ in found), max(whole for _, whole in found)
        terminalreporter.write_line(f"power cuts survived: {tried} of {whole} flash operations")
