"""The whole box, all drivers on simulated buses, in the real MicroPython VM and under CPython.

A slice of what `whole_run.py 30 120` plays: a week of naps with its Friday, a visit, a thief and
a shake, and twenty minutes of full sampling; both go through the wrap of both ticks.
"""

import pytest
import whole_run

HEAP_LIVE_MAX = 90 * 1024
HEAP_GROWTH_MAX = 1024
AMOUNTS = {"nap": 7, "full": 20}
SIGN_OF_ACT = {"unauthorised": "tamper 5", "shaken": "tamper 8"}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Return (what the VM found, what CPython found, how their tapes differ) by profile."""
    folder = tmp_path_factory.mktemp("whole")
    image = whole_run.rom_of(whole_run.compile_firmware(folder))
    return {
        profile: whole_run.play(image, folder, profile, amount)
        for profile, amount in AMOUNTS.items()
    }


@pytest.mark.device
@pytest.mark.parametrize("profile", AMOUNTS)
def test_every_byte_is_the_same_on_both_interpreters(outcomes, profile):
    found, wanted, difference = outcomes[profile]
    assert difference == ""
    for name in wanted:
        assert name == "seconds" or found[name] == wanted[name], name
    assert found["wraps"] >= 1
    assert found["journal_bytes"] > 5000


@pytest.mark.device
@pytest.mark.parametrize("profile", AMOUNTS)
def test_what_was_played_is_recorded_once_and_reaches_the_server(outcomes, profile):
    found, _, _ = outcomes[profile]
    played, kept = found["played"], found["records"]
    assert kept["boot"] == 1
    assert kept["deposit"] == played["deposits"] == found["sums"]["weighed"]
    assert kept["lid_opened"] == played["opened"] == played["closed"] == kept["lid_closed"]
    assert kept["collection_opened"] == played["visits"] == kept["collection_closed"]
    signs = {SIGN_OF_ACT[act]: played[act] for act in SIGN_OF_ACT if act in played}
    assert {name: kept[name] for name in kept if name.startswith("tamper")} == signs
    assert (found["lost"], found["dropped"]) == (0, 0)
    assert found["server_head"] == found["head"] == sum(kept.values())
    assert abs(found["elapsed_ms"] - found["uptime_ms"]) < 1000


@pytest.mark.device
@pytest.mark.parametrize("profile", AMOUNTS)
def test_the_live_heap_is_bounded_and_does_not_grow(outcomes, profile):
    samples = outcomes[profile][0]["heap"]["samples"][1:]
    quarter = max(1, len(samples) // 4)
    assert max(samples) <= HEAP_LIVE_MAX
    assert max(samples[-quarter:]) <= max(samples[quarter : 2 * quarter]) + HEAP_GROWTH_MAX
