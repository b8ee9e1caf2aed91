"""The console on USB: what it answers, what it passes over, what it refuses."""

import binascii

from bench_box import BOX, SECRET, Bench, MemoryStore
from jimpitan_box import assignment
from jimpitan_box.box import VERSION
from jimpitan_box.calibration import Calibration
from jimpitan_box.console import ANSWER, ASK, LINE_LENGTH_MAX, Console, line, parse
from jimpitan_box.console_commands import Commands
from jimpitan_box.logbook import ENTRIES_MAX, Logbook
from jimpitan_wire import cbor, cose, down, records


class MemoryVault:
    def __init__(self):
        self.values = {}

    def get(self, name):
        return self.values.get(name, b"")

    def put(self, name, content):
        self.values[name] = content


class Examiner:
    def selftest(self):
        return [("beam_a", True, "clear"), ("scale", False, "does not answer")]


def assigned(epoch=1, box=BOX, key=SECRET, **more):
    pairs = [["box", box], ["epoch", epoch], ["key", key]]
    return cbor.encode(pairs + [[name, more[name]] for name in sorted(more)])


class Desk:
    """A box with its console, and a bench that asks in whole lines."""

    def __init__(self, is_provisioned=True):
        self.vault = MemoryVault()
        self.bench = Bench() if is_provisioned else None
        self.store = self.bench.store if self.bench else MemoryStore()
        self.floor = self.bench.floor if self.bench else None
        self.number = 0
        if is_provisioned:
            self.vault.put("identity", assigned())
        self.plug_in()

    def plug_in(self):
        from bench_box import Floor

        self.floor = self.floor or Floor()
        self.logbook = Logbook()
        self.commands = Commands(
            version=VERSION,
            store=self.store,
            vault=self.vault,
            floor=self.floor,
            examiner=Examiner(),
            logbook=self.logbook,
        )
        self.commands.box = self.bench.box if self.bench else None
        self.console = Console(self.commands)

    def raw(self, word, arguments):
        self.number += 1
        content = cbor.encode(arguments) if arguments else b""
        return line(ASK, self.number, word, content)

    def once(self, word, *arguments):
        out = self.console.step(self.raw(word, list(arguments)))
        number, verdict, content = parse(ANSWER, out[:-1])
        assert number == self.number
        return verdict, cbor.decode(content)

    def ask(self, word, *arguments):
        verdict, answer = self.once(word, *arguments)
        assert verdict == "ok", answer
        length, content = answer
        while len(content) < length:
            verdict, part = self.once("more", len(content))
            assert verdict == "ok" and part[0] == len(content)
            content += part[1]
        return cbor.decode(content)

    def deliver(self, word, content):
        self.bring(content)
        return self.ask(word, *self.receipt(content))

    def refusal_of(self, word, content):
        self.bring(content)
        return self.refusal(word, *self.receipt(content))

    def receipt(self, content):
        return len(content), binascii.crc32(content) & 0xFFFFFFFF

    def bring(self, content, length=600):
        for index in range(0, len(content), length):
            verdict, answer = self.once("part", index // length, content[index : index + length])
            assert verdict == "ok" and answer == [min(index + length, len(content))]

    def refusal(self, word, *arguments):
        verdict, answer = self.once(word, *arguments)
        assert verdict == "no", answer
        return answer[0]

    def status(self):
        return {pair[0]: pair[1] for pair in self.ask("status")}


def test_status_tells_how_the_box_is():
    desk = Desk()
    desk.bench.coin()
    found = desk.status()
    assert found["provisioned"] is True
    assert (found["box"], found["epoch"], found["version"]) == (BOX, 1, VERSION)
    assert (found["head"], found["acked"], found["unacked"]) == (3, 0, 3)
    assert found["battery_mv"] == 4000
    assert found["wall_s"] is None
    assert found["calibrated"] is False


def test_the_key_is_in_no_answer():
    desk = Desk()
    desk.deliver("provision", assigned(2, key=bytes(32), sealed=b"sealed"))
    answers = b""
    for word in ("status", "logs", "selftest", "sealed"):
        answers += cbor.encode(desk.ask(word))
    assert SECRET not in answers and bytes(32) not in answers


def test_bytes_one_at_a_time_make_the_same_answer():
    desk, other = Desk(), Desk()
    out = b"".join([desk.console.step(bytes([byte])) for byte in desk.raw("status", [])])
    assert out == other.console.step(other.raw("status", []))


def test_noise_half_lines_and_overlong_lines_are_passed_over():
    desk = Desk()
    good = desk.raw("status", [])
    for noise in (
        b"\x00\xff\xfe garbage\n",
        b">>> print('hello')\r\n",
        good[:-9] + b"\n",
        b"?jmp 1 status - 00000000\n",
        b"?jmp x y z\n",
        b"?jmp \n",
        b"x" * (LINE_LENGTH_MAX * 3) + b"\n",
        b"\xff" * 700 + b"\r",
    ):
        assert desk.console.step(noise) == b""
    assert desk.console.step(b"I (312) wifi: " + good) != b""


def test_a_line_with_any_changed_byte_is_passed_over():
    desk = Desk()
    good = desk.raw("pull", [1])
    for index in range(len(good) - 1):
        for flip in (1, 0x80):
            bad = bytearray(good)
            bad[index] ^= flip
            if bad[index] not in b"\r\n":
                assert desk.console.step(bytes(bad)) == b""
    assert desk.console.step(good) != b""


def test_content_that_is_no_request_is_refused_and_nothing_raises():
    desk = Desk()
    for content in (b"\xff", b"\xa0", b"\x81", cbor.encode("text"), cbor.encode([[[[1]]]])):
        desk.number += 1
        out = desk.console.step(line(ASK, desk.number, "pull", content))
        assert parse(ANSWER, out[:-1])[1] == "no"
    assert desk.refusal("dance") == "unknown"
    assert desk.refusal("more", 99999) == "malformed"
    assert desk.refusal("part", 1, b"x") == "out_of_order"
    assert desk.refusal("part", 0) == "malformed"


def test_a_repeated_request_is_answered_again_and_not_done_again():
    desk = Desk()
    content = Calibration().content()
    desk.bring(content)
    raw = desk.raw("calibrate", [len(content), binascii.crc32(content) & 0xFFFFFFFF])
    first = desk.console.step(raw)
    desk.store.files.pop("calibration")
    assert desk.console.step(raw) == first
    assert "calibration" not in desk.store.files


def test_pull_gives_every_kept_record_as_published():
    desk = Desk()
    for _ in range(30):
        desk.bench.coin()
    seq, seqs = 1, []
    while True:
        _, after, message = desk.ask("pull", seq)
        if not message:
            break
        assert len(message) <= records.MESSAGE_LENGTH_MAX
        envelopes = cose.split(message, records.RECORDS_PER_MESSAGE_MAX)
        seqs += [desk.bench.fields(envelope)[records.SEQ] for envelope in envelopes]
        seq = after
    assert seqs == list(range(1, 33)) and seq == 33


def test_pull_steps_over_what_is_lost():
    desk = Desk()
    desk.bench.box.keeper._next_seq = 9
    desk.bench.coin()
    first, after, message = desk.ask("pull", 3)
    assert (first, after, message) == (3, 9, b"")
    assert desk.ask("pull", 9)[2] != b""


def test_the_logbook_is_bounded_and_tells_what_changed():
    desk = Desk()
    desk.logbook.look(desk.bench.box)
    desk.bench.run(3)
    desk.bench.coin()
    desk.logbook.look(desk.bench.box)
    words = [entry[1] for entry in desk.ask("logs")[1]]
    assert "online" in words and "kept" in words
    for index in range(200):
        desk.logbook.note(index, "noise")
    forgotten, entries = desk.ask("logs")
    assert len(entries) == ENTRIES_MAX and forgotten > 100


def test_selftest_tells_of_flash_and_of_the_board():
    desk = Desk()
    results = {result[0]: result[1] for result in desk.ask("selftest")}
    assert results == {"flash": True, "identity": True, "beam_a": True, "scale": False}
    desk.store.is_full = True
    assert desk.ask("selftest")[0][1] is False


def test_a_calibration_is_kept_and_read_back():
    desk = Desk()
    content = Calibration().content()
    assert desk.status()["calibrated"] is False
    assert desk.deliver("calibrate", content) == [content]
    assert desk.ask("calibration") == [content]
    assert desk.status()["calibrated"] is True
    for bad in (content + b"x", bytes(range(256)) * 4, bytes(1025)):
        assert desk.refusal_of("calibrate", bad) == "malformed"
    desk.bring(content[:-1])
    assert desk.refusal("calibrate", 1024, 0) == "damaged"
    assert desk.ask("calibration") == [content]


def test_an_empty_box_is_provisioned_in_two_steps():
    desk = Desk(is_provisioned=False)
    assert desk.status()["provisioned"] is False
    assert desk.refusal("pull", 1) == "not_provisioned"
    assert desk.deliver(
        "provision", assigned(1, sealed=b"for the server", wifi_name="kantor")
    ) == [BOX, 1]
    assert desk.commands.identity() is None
    assert desk.ask("sealed") == [BOX, 1, b"for the server"]
    assert desk.refusal("commit", BOX, 2) == "nothing_staged"
    assert desk.ask("commit", BOX, 1) == [BOX, 1]
    assert desk.commands.is_restart_wanted
    assert desk.refusal("status") == "restarting"
    desk.plug_in()
    assert desk.commands.identity().wifi_name == "kantor"
    assert desk.ask("commit", BOX, 1) == [BOX, 1]
    assert desk.status()["staged_box"] is None


def test_a_provisioned_box_takes_a_newer_epoch_of_its_own_id_only():
    desk = Desk()
    for epoch, box, code in ((1, BOX, "epoch_not_newer"), (2, "box-0008", "other_box")):
        assert desk.refusal_of("provision", assigned(epoch, box)) == code
    desk.deliver("provision", assigned(2, key=bytes(32)))
    desk.ask("commit", BOX, 2)
    desk.plug_in()
    assert desk.commands.identity().epoch == 2


def test_an_assignment_without_a_key_changes_the_network_and_keeps_the_key():
    desk = Desk()
    assert desk.refusal_of("provision", assigned(2, key=b"")) == "key_missing"
    desk.deliver("provision", assigned(1, key=b"", wifi_name="baru"))
    desk.ask("commit", BOX, 1)
    desk.plug_in()
    assert desk.commands.identity().wifi_name == "baru"
    assert desk.commands.identity().key == SECRET
    desk.deliver("provision", assigned(2, key=bytes(32), sealed=b"sealed"))
    desk.deliver("provision", assigned(2, key=b"", wifi_name="lain"))
    assert desk.ask("sealed") == [BOX, 2, b"sealed"]
    desk.ask("commit", BOX, 2)
    desk.plug_in()
    assert desk.commands.identity().key == bytes(32)


def test_a_malformed_assignment_is_refused():
    desk = Desk(is_provisioned=False)
    for content in (
        b"",
        b"\x80",
        assigned(box="Box 7"),
        assigned(key=b"short"),
        assigned(key=bytes(33)),
        assigned(epoch=-1),
        assigned(epoch=True),
        assigned(broker_port=70000),
        assigned(wifi_name="x" * 33),
        assigned(ca=bytes(3000)),
        cbor.encode([["box", BOX], ["box", BOX]]),
        cbor.encode([1, 2]),
        cbor.encode({1: 2}),
    ):
        assert desk.refusal_of("provision", content) == "malformed"
    assert desk.vault.values == {}


def test_what_is_too_long_to_bring_is_refused():
    desk = Desk()
    for index in range(6):
        desk.once("part", index, bytes(600))
    assert desk.refusal("part", 6, bytes(600)) == "too_long"
    assert len(assigned(ca=bytes(2048), sealed=bytes(1024))) < assignment.LENGTH_MAX


def test_wiping_wants_the_id_and_spares_unacknowledged_records():
    desk = Desk()
    desk.bench.coin()
    assert desk.refusal("wipe", "box-0008", True) == "wrong_box"
    assert desk.refusal("wipe") == "wrong_box"
    assert desk.refusal("wipe", BOX, False) == "unacknowledged"
    desk.bench.acknowledge(3)
    assert desk.ask("wipe", BOX, False) == [BOX, 0]
    assert desk.commands.is_restart_wanted
    assert desk.store.files == {}
    assert desk.commands.identity() is None
    assert SECRET not in b"".join(desk.vault.values.values())


def test_a_wiped_box_goes_on_under_its_id_and_begins_anew_under_another():
    desk = Desk()
    desk.bench.coin()
    desk.ask("wipe", BOX, True)
    floor = desk.floor.get()
    desk.bench = None
    desk.plug_in()
    assert desk.refusal_of("provision", assigned(1)) == "epoch_not_newer"
    desk.deliver("provision", assigned(2))
    desk.ask("commit", BOX, 2)
    assert desk.floor.get() == floor > 0
    desk.plug_in()
    desk.ask("wipe", BOX, True)
    desk.plug_in()
    desk.deliver("provision", assigned(1, "box-0009", seq_last=40))
    desk.ask("commit", "box-0009", 1)
    assert desk.floor.get() == 40


def test_the_first_record_of_a_new_epoch_names_the_last_of_the_old():
    from jimpitan_box.box import Box, Identity
    from jimpitan_box.config import Config

    bench = Bench()
    bench.coin()
    given = {"config": Config(), "store": bench.store, "floor": bench.floor, "net": bench.net}
    given.update({"sensors": bench.box._sensors, "ticks_us": 0, "cause": 1, "seed": 7})
    box = Box(identity=Identity(BOX, 2, bytes(32), None), **given)
    envelopes, _ = box.keeper.journal.read(4, 2, 2048)
    first = records.parse(cose.payload_of(envelopes[0]))
    assert (first[records.EPOCH], first[records.KIND]) == (2, records.EPOCH_START)
    assert first[records.BODY] == {records.EPOCH_START_OLD: 1, records.EPOCH_START_LAST_SEQ: 3}
    again = Box(identity=Identity(BOX, 2, bytes(32), None), **given)
    assert again.keeper.head == box.keeper.head + 1


def test_a_carried_message_is_obeyed_like_one_from_the_broker():
    desk = Desk()
    desk.bench.run(2)
    head = desk.bench.box.keeper.head
    aad = cose.external_aad(BOX, 1, cose.DOWN)
    body = {down.ACK_SEQ: head, down.ACK_TIME_MS: 1795300000000}
    message = cose.seal(cose.Key(SECRET), aad, down.payload(1, 5, down.ACK, body))
    assert desk.deliver("hear", message) == [head, 0]
    assert desk.refusal_of("hear", message) == "not_new"
    assert desk.refusal_of("hear", message[:-1] + b"x") == "not_new"
    assert desk.bench.box.keeper.cursor.acked == head


def test_a_box_without_identity_obeys_nobody():
    assert Desk(is_provisioned=False).refusal_of("hear", b"anything") == "not_provisioned"
