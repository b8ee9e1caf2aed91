"""Gives a box its identity: key made here, sealed to the server, kept by the box, then enrolled.

The order lets every failure be repaired by running the same command again, with the same token:

1. the box keeps the new assignment aside, with its key sealed to the server beside it;
2. the server takes the sealed key and uses up the token;
3. the box is told to let the assignment count, and restarts.

When it breaks before 2, nothing counts anywhere. When it breaks between 2 and 3, the next run
finds the sealed key in the box and sends it again: the server knows it already and says so.
The key itself is in this program's memory and in the box, and nowhere else.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from jimpitan_wire import cbor

from jimpitan_gateway.bench.box import Box
from jimpitan_gateway.bench.enrolment import Server, sealed_key
from jimpitan_gateway.errors import BoxRefused, BoxSilent, EnrolmentRefused, PortMissing

KEY_LENGTH = 32
EPOCH_NOT_NEWER = "epoch_not_newer"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the box shall be; epoch 0 takes the next one the box can have."""

    box: str
    epoch: int = 0
    wifi_name: str = ""
    wifi_password: str = ""
    broker_host: str = ""
    broker_port: int = 0
    broker_login: str = ""
    broker_password: str = ""
    ca: bytes = b""
    seq_last: int = 0

    def assignment(self, *, epoch: int, key: bytes, sealed: bytes) -> bytes:
        """Return the form in which the box keeps it."""
        fields: dict[str, object] = {
            "box": self.box,
            "epoch": epoch,
            "key": key,
            "wifi_name": self.wifi_name,
            "wifi_password": self.wifi_password,
            "broker_host": self.broker_host,
            "broker_port": self.broker_port,
            "broker_login": self.broker_login,
            "broker_password": self.broker_password,
            "ca": self.ca,
            "seq_last": self.seq_last,
            "sealed": sealed,
        }
        return cbor.encode([[name, value] for name, value in fields.items()])


def provision(box: Box, server: Server, wish: Wish, say: Callable[[str], None]) -> int:
    """Give the box its identity, or go on where an earlier try broke; return its epoch."""
    epoch = _resumed(box, server, wish, say)
    if not epoch:
        epoch = wish.epoch or _next_epoch(box.status(), wish.box)
        _stage(box, server, wish, epoch, say)
        _enrol(server, box.sealed()[2])
    say("The server knows the box.")
    _commit(box, wish.box, epoch)
    say("The box took its new identity and restarts.")
    return epoch


def change_network(box: Box, wish: Wish) -> int:
    """Change Wi-Fi and broker of a box that keeps its key; return its epoch."""
    epoch = box.status().get("epoch")
    if not isinstance(epoch, int):
        raise BoxRefused("not_provisioned", "it has no identity yet; provision it with a token")
    box.provision(wish.assignment(epoch=epoch, key=b"", sealed=b""))
    _commit(box, wish.box, epoch)
    return epoch


def _commit(box: Box, box_id: str, epoch: int) -> None:
    """Let the assignment count; a box that went away in its restart is no failure yet."""
    try:
        box.commit(box_id, epoch)
    except (BoxSilent, PortMissing) as error:
        raise PortMissing(
            "The box went away while it was to restart with its new identity. Look with"
            f" `jimpitan-gateway box status`: when it tells key epoch {epoch}, all is done; else"
            " run this again."
        ) from error


def _resumed(box: Box, server: Server, wish: Wish, say: Callable[[str], None]) -> int:
    """Enrol what lies aside in the box from an earlier try; return its epoch, or 0."""
    try:
        staged_box, epoch, sealed = box.sealed()
    except BoxRefused:
        return 0
    if staged_box != wish.box or not sealed or wish.epoch not in {0, epoch}:
        return 0
    say("An earlier try was not finished; going on with its key and the settings of now.")
    box.provision(wish.assignment(epoch=epoch, key=b"", sealed=b""))
    try:
        server.enrol(sealed)
    except EnrolmentRefused as error:
        if error.code not in {EPOCH_NOT_NEWER, "malformed"}:
            raise
        say("That key is of no use any more; making a new one.")
        return 0
    return epoch


def _next_epoch(status: dict[str, object], box: str) -> int:
    """Return the epoch after the newest this box has had under this id."""
    epochs = [0]
    retired = status.get("retired")
    if isinstance(retired, list) and retired[:1] == [box]:
        epochs.append(int(str(retired[1])))
    for owner, epoch in (("box", "epoch"), ("staged_box", "staged_epoch")):
        if status.get(owner) == box:
            epochs.append(int(str(status[epoch])))
    return max(epochs) + 1


def _stage(box: Box, server: Server, wish: Wish, epoch: int, say: Callable[[str], None]) -> None:
    key = secrets.token_bytes(KEY_LENGTH)
    sealed = sealed_key(server.public_key(), box=wish.box, epoch=epoch, key=key)
    box.provision(wish.assignment(epoch=epoch, key=key, sealed=sealed))
    say(f"The box keeps a new key of epoch {epoch} aside.")


def _enrol(server: Server, sealed: bytes) -> None:
    try:
        server.enrol(sealed)
    except EnrolmentRefused as error:
        if error.code != EPOCH_NOT_NEWER:
            raise
        raise EnrolmentRefused(
            error.code,
            f"{error} Run this again with --epoch and a number above that; for a board that"
            " replaces a broken one also --after with the last number the server has of the box.",
        ) from error
