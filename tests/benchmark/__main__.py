"""Run every measurement and print the figures; exit 1 when a goal is missed."""

import argparse
import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmark import (
    bench_books,
    bench_device,
    bench_lighthouse,
    bench_live,
    bench_store,
    bench_transport,
    bench_viewers,
    bench_wire,
    figures,
)

PARTS = {
    "wire": bench_wire.measure,
    "store": bench_store.measure,
    "transport": bench_transport.measure,
    "books": bench_books.measure,
    "device": bench_device.measure,
    "live": bench_live.measure,
    "viewers": bench_viewers.measure,
    "lighthouse": bench_lighthouse.measure,
}


def main() -> int:
    """Measure the wished parts, all by default."""
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--report", type=Path, help="write the figures as JSON")
    wish = parser.parse_args()
    print(f"Python {platform.python_version()} on {platform.machine()}; one run, medians.")
    found: list[figures.Figure] = []
    if set(wish.parts) - set(PARTS):
        parser.error(f"parts are {', '.join(PARTS)}")
    for name in wish.parts or PARTS:
        print(f"--- {name}", flush=True)
        # Each in a process of its own: the books of a country leave memory behind that is not
        # that of the programs measured next.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            part = alone.submit(PARTS[name]).result()
        figures.show(part)
        found += part
    if wish.report:
        figures.write(found, wish.report)
    missed = [figure.name for figure in found if figure.is_met is False]
    print(f"missed: {', '.join(missed)}" if missed else "every goal is met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
