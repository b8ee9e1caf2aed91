"""How properties are searched, and what every run prints at its end: the power cuts survived."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# In CI the same examples every time, and a machine that is slow for a moment fails no property.
settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")

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
