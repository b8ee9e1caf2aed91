"""What the bench may ask of a box over USB; needs no network, and a box without identity answers.

Who reaches the USB port stands behind the lock. It tells how the box is and what it keeps; it
takes a new identity; it never tells the key.
"""

import binascii

from jimpitan_wire import cbor, records
from jimpitan_wire.errors import WireError

from jimpitan_box import assignment, calibration
from jimpitan_box.console import Refused

MYPY = False
if MYPY:
    from jimpitan_box.box import Box
    from jimpitan_box.logbook import Logbook
    from jimpitan_box.ports import Examiner, Floor, Store, Vault
    from jimpitan_box.senses import Senses

IDENTITY, STAGED = assignment.IDENTITY, assignment.STAGED
PROBE = "probe"
MESSAGE_PARTS = records.RECORDS_PER_MESSAGE_MAX, records.MESSAGE_LENGTH_MAX


class Commands:
    """One method for each word; `is_restart_wanted` tells that identity changed under the box."""

    def __init__(
        self,
        *,
        version: str,
        store: "Store",
        vault: "Vault",
        floor: "Floor",
        examiner: "Examiner",
        logbook: "Logbook",
    ) -> None:
        self._version = version
        self._store = store
        self._vault = vault
        self._floor = floor
        self._examiner = examiner
        self._logbook = logbook
        self.box: "Box | None" = None
        self.senses: "Senses | None" = None
        self.is_restart_wanted = False
        self._questions = {
            "status": self._status,
            "logs": self._logs,
            "selftest": self._selftest,
            "calibration": self._calibration,
            "sealed": self._sealed,
        }
        self._requests = {
            "pull": self._pull,
            "commit": self._commit,
            "wipe": self._wipe,
            "learn": self._learn,
        }
        self._deliveries = {
            "calibrate": self._calibrate,
            "provision": self._provision,
            "hear": self._hear,
        }

    def run(self, word: str, arguments: "list[object]", brought: bytes) -> object:
        """Return the answer to a request, or raise `Refused`."""
        if self.is_restart_wanted:
            raise Refused("restarting", "the box is about to restart; ask again in a moment")
        if word in self._questions:
            return self._questions[word]()
        if word in self._requests:
            return self._requests[word](arguments)
        if word not in self._deliveries:
            raise Refused("unknown", "this firmware does not know that command")
        if arguments != [len(brought), binascii.crc32(brought) & 0xFFFFFFFF]:
            raise Refused("damaged", "what was brought did not arrive as it was sent")
        return self._deliveries[word](brought)

    def identity(self) -> "assignment.Assignment | None":
        """Return who this box is, None when it is not provisioned."""
        return assignment.kept(self._vault, IDENTITY)

    def wiped_before(self) -> "tuple[int, int] | None":
        """Return (epoch, last number) of this id's life before it was wiped here, if any."""
        return assignment.wiped_before(self._vault)

    def _staged(self) -> "assignment.Assignment | None":
        return assignment.kept(self._vault, STAGED)

    def _retired(self) -> "list[object]":
        return assignment.retired(self._vault)

    def _status(self) -> object:
        identity, staged, box = self.identity(), self._staged(), self.box
        pairs: "list[list[object]]" = [
            ["provisioned", identity is not None],
            ["box", identity.box if identity else None],
            ["epoch", identity.epoch if identity else None],
            ["staged_box", staged.box if staged else None],
            ["staged_epoch", staged.epoch if staged else None],
            ["version", self._version],
            ["calibrated", calibration.read(self._calibration_kept()) is not None],
            ["retired", self._retired()],
        ]
        return pairs + (_condition(box) if box else [])

    def _logs(self) -> object:
        return [self._logbook.forgotten, self._logbook.entries]

    def _pull(self, arguments: "list[object]") -> object:
        """Return [first seq, next seq, message]; without a message those numbers are lost."""
        if self.box is None:
            raise Refused("not_provisioned", "this box has no identity and keeps no records")
        seq = max(1, _whole(arguments, 0))
        envelopes, lost_to = self.box.keeper.journal.read(seq, *MESSAGE_PARTS)
        after = lost_to + 1 if lost_to else seq + len(envelopes)
        return [seq, after, b"".join(envelopes)]

    def _selftest(self) -> object:
        results: "list[list[object]]" = [[name, ok, said] for name, ok, said in self._own_tests()]
        for name, is_good, said in self._examiner.selftest():
            results.append([name, is_good, said])
        return results

    def _own_tests(self) -> "list[tuple[str, bool, str]]":
        probe = bytes(range(64))
        try:
            self._store.replace(PROBE, probe)
            is_good = self._store.read(PROBE, 0, 65) == probe
            self._store.remove(PROBE)
        except OSError:
            is_good = False
        flash = "written and read back" if is_good else "cannot be written and read back"
        vault = self._vault.get(IDENTITY)
        is_sound = not vault or self.identity() is not None
        identity = "none yet" if not vault else "sound" if is_sound else "cannot be read"
        return [("flash", is_good, flash), ("identity", is_sound, identity)]

    def _calibrate(self, brought: bytes) -> object:
        """Keep the calibration that was brought, and tell what lies on the flash now."""
        if calibration.read(brought) is None:
            raise Refused("malformed", "that is no calibration; the box keeps the one it has")
        self._store.replace(calibration.NAME, brought)
        return self._calibration()

    def _calibration(self) -> object:
        content = self._calibration_kept()
        if not content:
            raise Refused("not_calibrated", "this box has no calibration")
        return [content]

    def _calibration_kept(self) -> bytes:
        if calibration.NAME not in self._store.names():
            return b""
        return self._store.read(calibration.NAME, 0, calibration.CONTENT_LENGTH_MAX)

    def _learn(self, arguments: "list[object]") -> object:
        """Go through calibration mode, which is loaded for that only."""
        if self.senses is None:
            raise Refused("no_senses", "this board feels nothing")
        from jimpitan_box.learning import Lesson

        return Lesson(self._store, self.senses).run(arguments)

    def _hear(self, brought: bytes) -> object:
        """Obey a message of the server that a person carried; return (acked, unacked).

        It is signed and counted as one that came over the broker, and checked alike.
        """
        box = self.box
        if box is None:
            raise Refused("not_provisioned", "this box has no identity and obeys nobody")
        counter_before = box.keeper.cursor.down_counter
        box.obey(brought, box.uptime_ms)
        if box.keeper.cursor.down_counter == counter_before:
            raise Refused("not_new", "that message is for another box, or this box heard a newer")
        return [box.keeper.cursor.acked, box.unacked]

    def _provision(self, brought: bytes) -> object:
        """Keep an assignment aside; it counts after `commit`. Repeating it changes nothing.

        Without a key it changes the network of the identity, or of what lies aside already.
        """
        try:
            staged = assignment.parse(brought)
        except WireError as error:
            raise Refused("malformed", str(error)) from None
        identity = self.identity()
        if identity and staged.box != identity.box:
            raise Refused("other_box", "this box is %s; wipe it first" % identity.box)
        if not staged.key:
            self._vault.put(STAGED, assignment.with_key_of(brought, self._holder(staged)))
            return [staged.box, staged.epoch]
        epoch_before = identity.epoch if identity else self._epoch_retired(staged.box)
        if epoch_before is not None and staged.epoch <= epoch_before:
            sentence = "this box has had epoch %d; a new key needs a newer one"
            raise Refused("epoch_not_newer", sentence % epoch_before)
        self._vault.put(STAGED, brought)
        return [staged.box, staged.epoch]

    def _holder(self, wanted: assignment.Assignment) -> assignment.Assignment:
        """Return who has the key of that box and epoch here."""
        for holder in (self._staged(), self.identity()):
            if holder and (holder.box, holder.epoch) == (wanted.box, wanted.epoch):
                return holder
        raise Refused("key_missing", "this box has no key of that id and epoch to keep")

    def _sealed(self) -> object:
        """Return the staged key sealed to the server, so that a broken enrolment can go on."""
        staged = self._staged()
        if staged is None:
            raise Refused("nothing_staged", "no provisioning was begun")
        return [staged.box, staged.epoch, staged.sealed]

    def _commit(self, arguments: "list[object]") -> object:
        """Let the staged assignment count. Repeating it after a power cut goes on."""
        wanted, identity, staged = arguments, self.identity(), self._staged()
        if staged is None or [staged.box, staged.epoch] != wanted:
            if identity and [identity.box, identity.epoch] == wanted:
                return wanted
            raise Refused("nothing_staged", "that assignment was not brought; begin again")
        floor = self._floor.get()
        if identity is None:
            self._remove_records()
            if staged.box != self._retired()[0]:
                floor = 0
        if max(floor, staged.seq_last) != self._floor.get():
            self._floor.put(max(floor, staged.seq_last))
        self._vault.put(IDENTITY, self._vault.get(STAGED))
        self._vault.put(STAGED, b"")
        self.is_restart_wanted = True
        return wanted

    def _wipe(self, arguments: "list[object]") -> object:
        """Forget identity and records; the box id is repeated, and True forces it."""
        identity = self.identity()
        named = identity.box if identity else self._retired()[0]
        if len(arguments) != 2 or (named and arguments[0] != named):
            raise Refused("wrong_box", "repeat the id of this box to wipe it: it is %s" % named)
        unacked = self.box.unacked if self.box else 0
        if unacked and arguments[1] is not True:
            sentence = "%d records were not acknowledged by the server; pull them, or force it"
            raise Refused("unacknowledged", sentence % unacked)
        left = [name for name in self._store.names() if name != calibration.NAME]
        if self.box is None and left and arguments[1] is not True:
            sentence = "records lie here and the identity cannot be read; force it to lose them"
            raise Refused("unacknowledged", sentence)
        if identity:
            head = self.box.keeper.head if self.box else 0
            self._vault.put(assignment.RETIRED, cbor.encode([identity.box, identity.epoch, head]))
        self._vault.put(IDENTITY, b"")
        self._vault.put(STAGED, b"")
        self._remove_records()
        self.is_restart_wanted = True
        return [named, unacked]

    def _remove_records(self) -> None:
        for name in self._store.names():
            if name != calibration.NAME:
                self._store.remove(name)

    def _epoch_retired(self, box: str) -> "int | None":
        retired = self._retired()
        return int(str(retired[1])) if retired[0] == box else None


def _whole(arguments: "list[object]", index: int) -> int:
    value = arguments[index] if index < len(arguments) else None
    if value is True or value is False or not isinstance(value, int):
        raise Refused("malformed", "a whole number is missing")
    return value


def _condition(box: "Box") -> "list[list[object]]":
    """Return how a running box is, as [name, value] pairs."""
    keeper, health = box.keeper, box.health
    wall_s, uncertainty_s = box.clock.read(box.uptime_ms)
    return [
        ["boot", keeper.boot],
        ["head", keeper.head],
        ["acked", keeper.cursor.acked],
        ["unacked", box.unacked],
        ["uptime_ms", box.uptime_ms],
        ["wall_s", wall_s],
        ["wall_uncertainty_s", uncertainty_s],
        ["online", box.is_online],
        ["battery_mv", health[records.HEARTBEAT_BATTERY_MV]],
        ["journal_permille", health[records.HEARTBEAT_JOURNAL_PERMILLE]],
        ["lid_open", health[records.HEARTBEAT_LID_OPEN]],
        ["slot_blocked", health[records.HEARTBEAT_SLOT_BLOCKED]],
        ["rejected", health[records.HEARTBEAT_REJECTED]],
        ["dropped", health[records.HEARTBEAT_DROPPED]],
        ["heap_free", health[records.HEARTBEAT_HEAP_FREE]],
        ["rssi_dbm", health[records.HEARTBEAT_RSSI_DBM]],
    ]
