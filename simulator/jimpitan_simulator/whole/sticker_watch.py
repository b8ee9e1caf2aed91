"""How soon the server notices thieves' stickers by counts alone, measured on a simulated town.

The town is made by `sticker_swaps`, which knows nothing of the server; the server's own detector
is given the counts and nothing else. The same seed gives the same figures.
"""

import json
import sys

from jimpitan_server import bootstrap as server

from jimpitan_simulator.sticker_swaps import Alarm, make_boxes, report_of


def measure(*, seed: int, boxes: int, weeks: int) -> dict[str, object]:
    """Return the report of one town."""
    town = make_boxes(seed=seed, boxes=boxes, weeks=weeks)
    falls = server.falls_of_income({server.BoxId(one.name): one.counts for one in town})
    alarms = [Alarm(fall.box, fall.told) for fall in falls]
    return report_of(seed=seed, weeks=weeks, town=town, alarms=alarms)


def main() -> int:
    """Read the order as JSON from standard input; print the report as JSON."""
    order = json.loads(sys.stdin.read())
    report = measure(seed=order["seed"], boxes=order["boxes"], weeks=order["weeks"])
    print(json.dumps(report), flush=True)  # noqa: T201 -- the parent reads it
    return 0


if __name__ == "__main__":
    sys.exit(main())
