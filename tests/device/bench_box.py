"""A box on the bench: real firmware, a folder for flash, a broker and a server in memory."""

from broker_stub import StubNet
from jimpitan_box.box import Box, Identity
from jimpitan_box.config import Config
from jimpitan_box.detector import BEAM_A, BEAM_B, LID
from jimpitan_wire import cose, down, records, topics

BOX = "box-0007"
SECRET = bytes(range(32))
TICK_US = 10000
TICKS = 1 << 30


class MemoryStore:
    """`jimpitan_box.ports.Store` in memory, which can refuse to write."""

    def __init__(self):
        self.files = {}
        self.is_full = False

    def names(self):
        return list(self.files)

    def size(self, name):
        if name not in self.files:
            raise OSError(2)
        return len(self.files[name])

    def read(self, name, start, length):
        return bytes(self.files[name][start : start + length])

    def append(self, name, content):
        self._check()
        self.files[name] = self.files.get(name, b"") + content

    def replace(self, name, content):
        self._check()
        self.files[name] = content

    def remove(self, name):
        self.files.pop(name)

    def _check(self):
        if self.is_full:
            raise OSError(28)


class Floor:
    def __init__(self):
        self.seq = 0

    def get(self):
        return self.seq

    def put(self, seq):
        self.seq = seq


class Memory:
    def __init__(self):
        self.content = bytes(32)

    def get(self):
        return self.content

    def put(self, content):
        self.content = content


class Sensors:
    def __init__(self):
        self.on_mains = True

    def battery_mv(self):
        return 4000

    def heap_free(self):
        return 0

    def is_on_mains(self):
        return self.on_mains

    def rssi_dbm(self):
        return -60


class Bench:
    """One box with its power switch, its wires and somebody who answers for the server."""

    def __init__(self, store=None, start_us=TICKS - 3000000, shelf=None, **settings):
        self.config = Config()
        for name in settings:
            setattr(self.config, name, settings[name])
        self.store = store or MemoryStore()
        self.floor = Floor()
        self.memory = Memory()
        self.shelf = shelf
        self.sensors = Sensors()
        self.net = StubNet()
        self.now_us = start_us
        self.counter = 0
        self.key = cose.Key(SECRET)
        self.box = None
        self.power_on()

    def power_on(self):
        self.net.close()
        self.box = Box(
            identity=Identity(BOX, 1, SECRET, None),
            config=self.config,
            store=self.store,
            floor=self.floor,
            net=self.net,
            sensors=self.sensors,
            memory=self.memory,
            ticks_us=self.now_us % TICKS,
            cause=1,
            seed=7,
            shelf=self.shelf,
        )

    def run(self, seconds, edges=(), tick_us=TICK_US):
        """Step for a while; edges are (seconds from now, channel, level)."""
        start_us = self.now_us
        end_us = start_us + int(seconds * 1000000)
        due = sorted([(start_us + int(at * 1000000), ch, level) for at, ch, level in edges])
        while self.now_us < end_us:
            self.now_us += tick_us
            now = []
            while due and due[0][0] <= self.now_us:
                at_us, channel, level = due.pop(0)
                now.append((channel, level, at_us % TICKS))
            self.box.step(self.now_us % TICKS, now)

    def nap(self, seconds):
        """Sleep for a while, in which the tick may begin again anywhere."""
        self.now_us += 12345
        self.box.wake(int(seconds * 1000), self.now_us % TICKS)

    def coin(self, dwell_us=32000, transit_us=40000):
        """Drop one coin and let it pass."""
        self.run(
            0.3,
            [
                (0.01, BEAM_A, True),
                (0.01 + dwell_us / 1000000, BEAM_A, False),
                (0.01 + transit_us / 1000000, BEAM_B, True),
                (0.01 + (transit_us + dwell_us) / 1000000, BEAM_B, False),
            ],
        )

    def lid(self, is_open):
        self.run(0.2, [(0.01, LID, is_open)])

    def kept(self):
        """Return the fields of every record in the journal, oldest first, tags checked."""
        found = []
        seq = 1
        journal = self.box.keeper.journal
        while True:
            envelopes, lost_to = journal.read(seq, 20, 2048)
            if lost_to:
                seq = lost_to + 1
                continue
            if not envelopes:
                return found
            found += [self.fields(envelope) for envelope in envelopes]
            seq += len(envelopes)

    def fields(self, envelope):
        aad = cose.external_aad(BOX, 1, cose.UP)
        return records.parse(cose.unseal(self.key, aad, envelope))

    def kinds(self):
        return [fields[records.KIND] for fields in self.kept()]

    def bodies(self):
        """Return (kind, body) of every record in the journal, oldest first."""
        return [(fields[records.KIND], fields[records.BODY]) for fields in self.kept()]

    def received(self):
        """Return the sequence numbers the broker got, in order of arrival."""
        seqs = []
        for topic, payload, _ in self.net.published:
            if topic == topics.topic(BOX, topics.RECORDS):
                for envelope in cose.split(payload, 20):
                    seqs.append(self.fields(envelope)[records.SEQ])
        return seqs

    def say(self, kind, body, counter=None, key=None, epoch=1):
        """Send a signed message down to the box and let it act."""
        self.counter = self.counter + 1 if counter is None else counter
        aad = cose.external_aad(BOX, epoch, cose.DOWN)
        sealed = cose.seal(key or self.key, aad, down.payload(epoch, self.counter, kind, body))
        self.net.send_down(topics.topic(BOX, topics.DOWN), sealed)
        self.run(0.1)

    def acknowledge(self, seq, time_ms=1795300000000, counter=None):
        self.say(down.ACK, {down.ACK_SEQ: seq, down.ACK_TIME_MS: time_ms}, counter)
