"""A whole box: detect, stamp, keep, publish and obey, in one step at a time.

The board calls `step` every few milliseconds with its tick and the edges since the last step;
a simulator does the same with a tick and edges of its own.
"""

from jimpitan_wire import cose, down, records, topics

from jimpitan_box.before import Before
from jimpitan_box.clock import WallClock
from jimpitan_box.detector import LID, LidDetector, tamper
from jimpitan_box.downlink import Downlink
from jimpitan_box.jitter import Jitter
from jimpitan_box.keeper import Keeper
from jimpitan_box.mqtt import Client
from jimpitan_box.outbox import Outbox
from jimpitan_box.pending import Pending
from jimpitan_box.power import NAP, Power
from jimpitan_box.senses import Senses
from jimpitan_box.thanks import Thanks
from jimpitan_box.upkeep import Upkeep
from jimpitan_box.uptime import Uptime
from jimpitan_box.visit import Visit

MYPY = False
if MYPY:
    from jimpitan_box.config import Config
    from jimpitan_box.detector import Fact
    from jimpitan_box.ports import Floor, Memory, Net, Sensors, Shelf, Store

    Edge = tuple[int, bool, int]  # (channel, broken or open, ticks_us)

VERSION = "0.1.0"
PRUNE_MS = 60_000
SLOW_MS = 100  # between two looks at what changes slowly: notes, heartbeat, power, a trial
ALARMING = (records.LID_OPENED, records.LID_CLOSED, records.TAMPER)


class Identity:
    """Who the box is: its id, key epoch and key, and the login for its broker.

    `before` is (epoch, last number) of an earlier life under the same id whose records were
    wiped, so that its epoch can still be ended.
    """

    def __init__(
        self,
        box: str,
        epoch: int,
        secret: bytes,
        login: "tuple[str, bytes] | None",
        before: "tuple[int, int] | None" = None,
    ) -> None:
        self.box = topics.checked_box(box)
        self.epoch = epoch
        self.key = cose.Key(secret)
        self.login = login
        self.before = before


class Box:
    """One power cycle of one box."""

    def __init__(
        self,
        *,
        identity: Identity,
        config: "Config",
        store: "Store",
        floor: "Floor",
        net: "Net",
        sensors: "Sensors",
        ticks_us: int,
        cause: int,
        seed: int,
        memory: "Memory | None" = None,
        shelf: "Shelf | None" = None,
    ) -> None:
        self._config = config
        self._pending = Pending(memory)
        self.power = Power(config)
        self._sensors = sensors
        self._uptime = Uptime(ticks_us)
        self.clock = WallClock()
        self.thanks = Thanks(config, self.clock)
        self.keeper = Keeper(
            box=identity.box,
            epoch=identity.epoch,
            key=identity.key,
            store=store,
            floor=floor,
            clock=self.clock,
            config=config,
        )
        self.senses = Senses(config)
        self._before = Before(store, self.senses.watch)
        self._slot = self.senses.slot
        self._lid = LidDetector(config.lid_debounce_ms)
        self._visit = Visit()
        self._downlink = Downlink(identity.box, identity.epoch, identity.key)
        self._connect(identity, net, Jitter(seed))
        self._upkeep = self._made_upkeep(store, shelf)
        self._deposits = 0
        self._heartbeat_ms = 0
        self._prune_ms = PRUNE_MS
        self._slow_ms = 0
        self._start_epoch(identity)
        self._keep(records.BOOT_KIND, self._booted(cause))

    def _made_upkeep(self, store: "Store", shelf: "Shelf | None") -> Upkeep:
        return Upkeep(
            store=store,
            config=self._config,
            keeper=self.keeper,
            power=self.power,
            client=self._client,
            sensors=self._sensors,
            is_calm=self._is_calm,
            shelf=shelf,
            version=VERSION,
        )

    def _booted(self, cause: int) -> "dict[int, object]":
        body: "dict[int, object]" = {
            records.BOOT_CAUSE: cause,
            records.BOOT_VERSION: VERSION,
            records.BOOT_LAST_SEQ: self.keeper.head,
        }
        unkept = self._pending.unkept(self.keeper.head)
        self._pending.end()
        if unkept:
            body[records.BOOT_UNKEPT] = unkept
        return body

    def _start_epoch(self, identity: Identity) -> None:
        """Let the first record under a new key name the last number under the old one."""
        journal = self.keeper.journal
        old, last_seq = journal.last_epoch, self.keeper.head
        if not journal.last_seq and identity.before is not None:
            old, last_seq = identity.before
        if old and old != identity.epoch:
            self._keep(
                records.EPOCH_START,
                {records.EPOCH_START_OLD: old, records.EPOCH_START_LAST_SEQ: last_seq},
            )

    def _connect(self, identity: Identity, net: "Net", jitter: Jitter) -> None:
        """Wire the client and the outbox to the broker's topics of this box."""
        self._state_topic = topics.topic(identity.box, topics.STATE)
        self._down_topic = topics.topic(identity.box, topics.DOWN)
        self._client = Client(
            client_id=identity.box,
            will=(self._state_topic, topics.OFFLINE),
            down_topic=self._down_topic,
            login=identity.login,
            net=net,
            config=self._config,
            jitter=jitter,
        )
        self._outbox = Outbox(identity.box, self.keeper, self._client, self._config, jitter)
        self._connects = 0

    @property
    def is_online(self) -> bool:
        """Return whether the connection to the broker stands."""
        return self._client.is_up

    @property
    def uptime_ms(self) -> int:
        """Return the milliseconds since power on, as of the last step."""
        return self._uptime.ms

    @property
    def health(self) -> "dict[int, object]":
        """Return what a heartbeat would carry now."""
        return self._health()

    @property
    def unacked(self) -> int:
        """Return how many kept records the server has not acknowledged."""
        return self.keeper.unacked

    def step(
        self,
        ticks_us: int,
        edges: "list[Edge]",
        conversions: "list[int] | None" = None,
        tints: "list[tuple[int, int, int, int]] | None" = None,
        motions: "list[tuple[int, int, int]] | None" = None,
    ) -> None:
        """Take the present tick and all that was felt since the last step, oldest first.

        `conversions` are counts of the scale, `tints` (clear, red, green, blue) counts of the
        colour sensor, `motions` accelerations in mg; a box may lack any of these sensors.
        """
        now_ms = self._uptime.advance(ticks_us)
        if edges:
            self.power.active(now_ms)
        if conversions:
            for raw in conversions:
                self._keep_all(self.senses.weigh(raw, now_ms))
        if tints:
            for tint in tints:
                self.senses.colour.feed(*tint)
        if motions:
            for sample in motions:
                self._keep_all(self.senses.watch.moved(sample, now_ms))
        self._sense(edges, now_ms)
        if now_ms >= self._slow_ms:
            self._step_slowly(now_ms)
        self._upkeep.fetch(now_ms)
        if self.power.wants_air(now_ms, self.keeper.unacked) or self._upkeep.wants_air(now_ms):
            self._talk(now_ms)
        else:
            self._client.hang_up(now_ms)

    def _step_slowly(self, now_ms: int) -> None:
        """Do what may wait for a tenth of a second."""
        self._slow_ms = now_ms + SLOW_MS
        self._before.step(now_ms)
        self.keeper.settle(now_ms)
        if now_ms >= self._heartbeat_ms:
            self._heartbeat_ms = now_ms + self.power.heartbeat_ms
            self._keep(records.HEARTBEAT, self._health())
        if now_ms >= self._prune_ms:
            self._prune(now_ms)
        self.power.step(now_ms, self._sensors.is_on_mains())
        self._upkeep.step(now_ms)

    def _is_calm(self) -> bool:
        """Return whether nothing is felt that a slow write to flash could disturb."""
        return not (self._slot.is_busy or self.senses.scale.is_weighing or self._lid.is_open)

    @property
    def is_updating(self) -> bool:
        """Return whether a download is under way."""
        return self._upkeep.wants_air(self._uptime.ms)

    @property
    def is_restart_wanted(self) -> bool:
        """Return whether another firmware should be started now."""
        return self._upkeep.is_restart_wanted

    def _talk(self, now_ms: int) -> None:
        """Send what is to be sent and obey what comes."""
        client = self._client
        client.step(now_ms)
        if client.received:
            self._hear(client.take_received(), now_ms)
        if client.connects != self._connects and client.publish(
            self._state_topic, topics.ONLINE, True, now_ms
        ):
            self._connects = client.connects
        self._outbox.step(now_ms)
        client.flush(now_ms)

    def _hear(self, received: "list[tuple[str, bytes]]", now_ms: int) -> None:
        for topic, message in received:
            if topic == self._down_topic:
                self.obey(message, now_ms)
            else:
                self._upkeep.received(topic, message)

    def wake(self, slept_ms: int, ticks_us: int) -> None:
        """Go on after a nap of so long, in which no sensor was read."""
        self.senses.wake(self._uptime.skip(slept_ms, ticks_us))

    def nap_ms(self) -> int:
        """Return how long the board may sleep now, 0 when the box has something to do."""
        now_ms = self._uptime.ms
        if self._upkeep.wants_air(now_ms):  # asked awake too: it counts its time on air
            return 0
        nap_ms = self.power.nap_ms(now_ms, self.keeper.unacked) if self.power.state == NAP else 0
        if not nap_ms or not self._is_calm():
            return 0
        return min(nap_ms, max(0, self._heartbeat_ms - now_ms))

    def _keep(self, kind: int, body: "dict[int, object]") -> None:
        if kind in ALARMING:
            self.power.alarm(self._uptime.ms)
            self.thanks.alarmed(body.get(records.TAMPER_SIGN) if kind == records.TAMPER else None)
        self.keeper.keep(kind, body, self._uptime.ms)

    def _keep_all(self, facts: "list[Fact]") -> None:
        for kind, body in facts:
            if kind == records.DEPOSIT:
                self._deposits += 1
                self.thanks.deposited(self._uptime.ms)
                self._pending.begin(self.keeper.next_seq)
            self._keep(kind, body)
            if kind == records.DEPOSIT:
                self._pending.end()

    def _sense(self, edges: "list[Edge]", now_ms: int) -> None:
        for channel, level, ticks_us in edges:
            if channel == LID:
                self._lid.edge(level, now_ms)
                continue
            self._keep_all(self._slot.edge(channel, level, ticks_us, now_ms))
        facts = self.senses.step(now_ms)
        if facts:
            self._keep_all(facts)
        if self._lid.step(now_ms):
            self._lid_moved(now_ms)

    def _lid_moved(self, now_ms: int) -> None:
        self.senses.watch.rest(not self._lid.is_open)
        self._slow_ms = now_ms  # so that `before` notes at once that nobody knows the mass now
        body: "dict[int, object]" = {records.LID_DEPOSITS: self._deposits}
        if self._lid.is_open:
            self._keep(records.LID_OPENED, body)
            self._deposits = 0
            visit = self._visit.lid_opened(now_ms)
            kind = records.COLLECTION_OPENED
        else:
            self._keep(records.LID_CLOSED, body)
            visit = self._visit.lid_closed()
            kind = records.COLLECTION_CLOSED
        if visit is not None:
            self._keep(kind, {records.COLLECTION_VISIT: visit})
        elif self._lid.is_open:
            self._keep_all([tamper(records.SIGN_LID_UNAUTHORISED, 0)])

    def _health(self) -> "dict[int, object]":
        permille = self.keeper.journal.bytes_used * 1000 // self._config.journal_bytes_max
        return {
            records.HEARTBEAT_BATTERY_MV: self._sensors.battery_mv(),
            records.HEARTBEAT_JOURNAL_PERMILLE: min(1000, permille),
            records.HEARTBEAT_UNACKED: self.keeper.unacked,
            records.HEARTBEAT_DOWN_COUNTER: self.keeper.cursor.down_counter,
            records.HEARTBEAT_LID_OPEN: self._lid.is_open,
            records.HEARTBEAT_SLOT_BLOCKED: self._slot.is_blocked,
            records.HEARTBEAT_REJECTED: self._slot.rejected,
            records.HEARTBEAT_HEAP_FREE: self._sensors.heap_free(),
            records.HEARTBEAT_RSSI_DBM: self._sensors.rssi_dbm(),
            records.HEARTBEAT_DROPPED: self.keeper.dropped,
            records.HEARTBEAT_FIRMWARE: self._upkeep.short_fingerprint,
            records.HEARTBEAT_CONFIGURATION: self._upkeep.revision,
        }

    def _prune(self, now_ms: int) -> None:
        self._prune_ms = now_ms + PRUNE_MS
        wall_s, _ = self.clock.read(now_ms)
        if wall_s is None:
            return
        try:
            while self.keeper.journal.prune(self.keeper.cursor.acked, wall_s):
                pass
        except OSError:
            return  # the flash refused; the next minute tries again

    def obey(self, message: bytes, now_ms: int) -> None:
        """Take one message of the server; what is not genuine or not new changes nothing."""
        fields = self._downlink.open(message, self.keeper.cursor.down_counter)
        if fields is None:
            return
        body = fields[down.BODY]
        counter = fields[down.COUNTER]
        if not isinstance(body, dict) or not isinstance(counter, int):
            return
        try:
            if fields[down.KIND] == down.ACK:
                self._acknowledged(body, counter, now_ms)
                return
            self.keeper.acknowledge(self.keeper.cursor.acked, counter)
        except OSError:
            return  # not remembered, so not obeyed; the server says it again
        if fields[down.KIND] == down.COLLECTION_OPEN:
            self._visit.authorise(
                down.whole(body, down.OPEN_VISIT), down.whole(body, down.OPEN_VALID_MS), now_ms
            )
        if fields[down.KIND] in {down.CONFIGURE, down.UPDATE}:
            self._upkeep.obey(int(str(fields[down.KIND])), body, now_ms)
            self._heartbeat_ms = min(self._heartbeat_ms, now_ms + self.power.heartbeat_ms)
        if fields[down.KIND] == down.THANKS and self.thanks.told(body, now_ms):
            self._keep(records.THANKS_SHOWN, {records.THANKS_CAUSE: records.CAUSE_PAYMENT})

    def _acknowledged(self, body: "dict[int, object]", counter: int, now_ms: int) -> None:
        seq = down.whole(body, down.ACK_SEQ, down.NUMBER_MAX)
        asked_ms = self._outbox.acknowledged(seq, counter, now_ms)
        if asked_ms is not None:
            self.clock.learn(down.whole(body, down.ACK_TIME_MS), asked_ms, now_ms)
