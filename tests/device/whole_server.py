"""Broker and server of the whole box: every record is checked once, acknowledged and counted."""

import hashlib

from bench_box import BOX, SECRET
from broker_stub import StubNet
from jimpitan_box import packets
from jimpitan_wire import cose, down, records, topics

WALL_S = 1795280400  # Sunday 2026-11-22, midnight in Jakarta
VISIT_VALID_MS = 600000
VISIT_AFTER_MS = 30000


class Tape:
    """A file of (letter, length, content) entries outside the heap, and its running digest."""

    def __init__(self, path):
        self._path = path
        self.digest = bytes(32)
        self.bytes = {}
        with open(path, "wb"):
            pass

    def add(self, letter, content):
        entry = letter + len(content).to_bytes(4, "big") + content
        self.digest = hashlib.sha256(self.digest + entry).digest()
        self.bytes[letter] = self.bytes.get(letter, 0) + len(content)
        with open(self._path, "ab") as file:
            file.write(entry)


class TapedStore:
    """A store whose appends to the journal are on tape."""

    def __init__(self, store, tape):
        self._store, self._tape = store, tape
        for name in ("names", "size", "read", "replace", "remove"):
            setattr(self, name, getattr(store, name))

    def append(self, name, content):
        self._tape.add(b"J", content)
        self._store.append(name, content)


class AckingNet(StubNet):
    """The connection of one box to a broker behind which a server acknowledges."""

    def __init__(self, tape, elapsed_ms):
        super().__init__()
        self._tape, self._elapsed_ms = tape, elapsed_ms
        self._key = cose.Key(SECRET)
        self._up_aad = cose.external_aad(BOX, 1, cose.UP)
        self._down_aad = cose.external_aad(BOX, 1, cose.DOWN)
        self._counter = self._visit = self._forgiven = 0
        self._prev = records.PREV_NONE
        self.head = self.repeated = self.lost = 0
        self.counts = {}
        self.sums = {"weighed": 0, "mass_mg": 0, "at_lid": 0}
        self.wants_visit = self.wants_thanks = False
        self.on_visit = None

    def write(self, content):
        if not self._is_open:
            raise OSError(104)
        self._tape.add(b"M", content)
        for kind, flags, body in self._reader.feed(content):
            self._answer(kind, flags, body)
        return len(content)

    def _answer(self, kind, flags, body):
        if kind != packets.PUBLISH:
            super()._answer(kind, flags, body)
            self.asked = []  # topics, of which the stub remembers every one
            return
        topic, payload, packet_id = packets.parse_publish(flags, body)
        self._incoming += packets.puback(packet_id)
        if topic == topics.topic(BOX, topics.RECORDS):
            for envelope in cose.split(payload, 20):
                self._accept(envelope)
            self._say(down.ACK, {down.ACK_SEQ: self.head, down.ACK_TIME_MS: self.now_ms()})
            if self.wants_visit:
                self._send_visit()

    def now_ms(self):
        """Return the Unix time of the server."""
        return WALL_S * 1000 + self._elapsed_ms()

    def ask_visit(self, _=None):
        """Let a collector be announced as soon as the box is heard of."""
        self.wants_visit = True

    def thank(self, _=None):
        """Tell the box of a payment."""
        self._say(
            down.THANKS, {down.THANKS_VALID_MS: 60000, down.THANKS_TIME_MS: self.now_ms() - 2000}
        )

    def _send_visit(self):
        self.wants_visit = False
        self._visit += 1
        self._say(
            down.COLLECTION_OPEN,
            {down.OPEN_VISIT: self._visit, down.OPEN_VALID_MS: VISIT_VALID_MS},
        )
        self.on_visit()

    def _say(self, kind, body):
        self._counter += 1
        payload = down.payload(1, self._counter, kind, body)
        self.send_down(
            topics.topic(BOX, topics.DOWN), cose.seal(self._key, self._down_aad, payload)
        )

    def _accept(self, envelope):
        fields = records.parse(cose.unseal(self._key, self._up_aad, envelope))
        seq = fields[records.SEQ]
        if seq <= self.head:
            self.repeated += 1
            return
        if seq != self.head + 1 or fields[records.PREV] != self._prev:
            self.lost += 1
        self.head = seq
        self._prev = cose.tag_of(envelope)[: records.PREV_LENGTH]
        self._book(fields[records.KIND], fields[records.BODY])

    def _book(self, kind, body):
        name = records.KIND_NAMES[kind]
        if kind == records.TAMPER:
            name += " %d" % body[records.TAMPER_SIGN]
        self.counts[name] = self.counts.get(name, 0) + 1
        if kind == records.WEIGHED:
            self.sums["weighed"] += body[records.WEIGHED_DEPOSITS]
            self.sums["mass_mg"] += body[records.WEIGHED_MASS_MG]
        elif kind == records.LID_OPENED:
            self.sums["at_lid"] += body[records.LID_DEPOSITS]
