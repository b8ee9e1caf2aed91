"""The server, whole or with a planted defect, started as its own command line starts it."""

import importlib
import itertools
import os
import sys
from typing import Any

from jimpitan_server import bootstrap

from jimpitan_simulator.defects import COVERED_LENGTH


def plant(defect: str) -> None:
    """Break the server of this process in the named way, or leave it whole."""
    if defect == "mac-skips-body":
        _skip_body_in_tag()
    elif defect == "no-unique-key":
        _forget_what_is_held()
    elif defect == "notification-booked-twice":
        _take_each_message_for_a_payment()


def _skip_body_in_tag() -> None:
    keyring = sys.modules[bootstrap.BoxKeyring.__module__]
    wire: Any = sys.modules[keyring.BoxChannel.__module__]
    tag = wire._tag

    def short_tag(inner: object, outer: object, body: bytes) -> object:
        return tag(inner, outer, body[:COVERED_LENGTH])

    wire._tag = short_tag


def _forget_what_is_held() -> None:
    """Look nothing up; the unique key itself is dropped from the table by `setup`."""
    whole = bootstrap.DatabaseIntake

    class Forgetful(whole):  # type: ignore[valid-type, misc]
        async def held(self, _seqs_by_box: object) -> dict[object, object]:
            return {}

    bootstrap.DatabaseIntake = Forgetful  # type: ignore[misc]


def _take_each_message_for_a_payment() -> None:
    """Let no two messages be about one payment, so that its unique key never strikes."""
    # Named as text for the same reason as in `main`.
    notification: Any = importlib.import_module("jimpitan_server.domain.notification")
    owners = [one for one in vars(notification).values() if hasattr(one, "payment_key")]
    numbers = itertools.count()

    def payment_key(_self: object, _received_on: object) -> str:
        return f"message {next(numbers)} of process {os.getpid()}"

    for owner in owners:
        owner.payment_key = payment_key


def main() -> None:
    """Serve with the defect that stands on the command line, if one does."""
    plant(sys.argv[1] if len(sys.argv) > 1 else "")
    # Named as text: this package may import the bootstrap modules only, and the command line is
    # started here just as a person starts it.
    importlib.import_module("jimpitan_server.entrypoints.cli").app(["run"])


if __name__ == "__main__":
    main()
