"""The gateway on a disk whose power can be cut, whole or with a planted defect."""

import logging
import sys
import time
from collections.abc import Sequence
from typing import Any

import structlog
from jimpitan_gateway import bootstrap

from jimpitan_simulator import durable_disk

SLOW_COMMIT_S = 0.3  # a group commit that somebody made longer because "it is acknowledged anyway"


def plant(defect: str) -> None:
    """Break the gateway of this process in the named way, or leave it whole."""
    if defect == "ack-before-commit":
        _acknowledge_first()
    elif defect == "spool-synchronous-off":
        _never_sync()


def _acknowledge_first() -> None:
    whole, take_in = bootstrap.Broker, bootstrap.take_in

    class Hasty(whole):  # type: ignore[valid-type, misc]
        def take(self, deliveries_max: int, wait_s: float) -> Any:
            taken = super().take(deliveries_max, wait_s)
            super().acknowledge(taken)
            return taken

        def acknowledge(self, deliveries: Sequence[object]) -> None:
            """Nothing is left to acknowledge."""

    def take_in_later(*arguments: Any) -> int:
        time.sleep(SLOW_COMMIT_S)
        return take_in(*arguments)

    bootstrap.Broker = Hasty  # type: ignore[misc]
    bootstrap.take_in = take_in_later  # type: ignore[assignment]


def _never_sync() -> None:
    whole = bootstrap.Spool

    class Careless(whole):  # type: ignore[valid-type, misc]
        def __init__(self, path: Any) -> None:
            super().__init__(path)
            self._connection.execute("PRAGMA synchronous=OFF")

    bootstrap.Spool = Careless  # type: ignore[misc]


def main() -> int:
    """Run the gateway with the defect that stands on the command line, if one does."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    durable_disk.install()
    plant(sys.argv[1] if len(sys.argv) > 1 else "")
    return bootstrap.Gateway(bootstrap.Settings()).run()


if __name__ == "__main__":
    sys.exit(main())
