"""An order of the server for another firmware: fetched into the free slot, checked, tried out.

What runs is never written over. Orders name a release by its fingerprint, and an attempt that
was dealt with is answered again and not repeated. This module is loaded only while there is an
order, because the memory of a box is small.
"""

from jimpitan_wire import down, records
from jimpitan_wire.errors import Malformed, TooLarge, WireError

from jimpitan_box import fetch, notes
from jimpitan_box.asking import Asking

MYPY = False
if MYPY:
    from jimpitan_wire import release

    from jimpitan_box.config import Config
    from jimpitan_box.mqtt import Client
    from jimpitan_box.ports import Sensors, Shelf
    from jimpitan_box.trial import Trial

ORDER = "order"
ORDER_LENGTH_MAX = 128
RESTS_MAX = 5  # doublings of the rest between downloads on battery that brought nothing
FLASH_WAIT_MS = 60_000
FLASH_REFUSED_MAX = 10


class Order:
    """What the server ordered: a release by fingerprint, its number, and the attempt."""

    def __init__(self, fields: "list[object]") -> None:
        fingerprint, manifest_length, number, attempt = fields
        if not isinstance(fingerprint, bytes) or len(fingerprint) != down.FINGERPRINT_LENGTH:
            raise Malformed("a fingerprint has 32 bytes")
        self.fingerprint = fingerprint
        self.manifest_length = int(str(manifest_length))
        self.number = int(str(number))
        self.attempt = int(str(attempt))

    def fields(self) -> "list[object]":
        """Return the order as it is noted on flash."""
        return [self.fingerprint, self.manifest_length, self.number, self.attempt]


class Update:
    """The order under way in one power cycle; times are uptime in ms."""

    def __init__(
        self,
        *,
        shelf: "Shelf",
        config: "Config",
        client: "Client",
        sensors: "Sensors",
        trial: "Trial",
    ) -> None:
        self._shelf = shelf
        self._slots = shelf.slots
        self._config = config
        self._sensors = sensors
        self._trial = trial
        self._asking = Asking(client, config)
        self._order: "Order | None" = None
        self._fetch: "fetch.Fetch | None" = None
        self._is_cleared = False
        self._air_ms: "int | None" = None
        self._rest_ms = 0
        self._rests = 0
        self._flash_refused = 0
        self._resume()

    def _resume(self) -> None:
        """Go on with the order that was under way when the power went."""
        if not self._trial.is_settled:
            return
        fields = notes.read_list(self._shelf.notes(), ORDER, ORDER_LENGTH_MAX, 4)
        try:
            order = Order(fields) if fields is not None else None
        except WireError:
            return
        if order is None or self._is_dealt_with(order):
            return
        slot = self._slots.target()
        is_free = self._slots.fingerprints[slot] == bytes(down.FINGERPRINT_LENGTH)
        if not is_free:
            self._slots.forget(slot)  # another slot is free now than when the order came
        self._order, self._is_cleared = order, is_free

    def _is_dealt_with(self, order: Order) -> bool:
        slots = self._slots
        return order.attempt == slots.attempt and order.fingerprint == slots.about

    def order(self, body: "dict[int, object]") -> None:
        """Take an order of the server; raise OSError when the flash refuses."""
        names = (down.UPDATE_MANIFEST_LENGTH, down.UPDATE_NUMBER, down.UPDATE_ATTEMPT)
        numbers = [down.whole(body, name, down.NUMBER_MAX) for name in names]
        order, slots = Order([body.get(down.UPDATE_FINGERPRINT)] + numbers), self._slots
        if not self._trial.is_settled:
            return  # what runs must prove itself first; the server says it again
        if self._is_dealt_with(order):
            slots.is_told = False  # in memory: a restart need not repeat the answer
        elif self._order is None or self._order.fields() != order.fields():
            self._begin(order)

    def _begin(self, order: Order) -> None:
        slots = self._slots
        slot = slots.slot_of(order.fingerprint)
        number = slots.numbers[slot] if slot else order.number
        self._drop_order()
        if order.fingerprint == slots.fingerprint:
            self._settle(order, records.FIRMWARE_CONFIRMED, 0)
        elif number < slots.floor:
            self._settle(order, records.FIRMWARE_REFUSED, records.REASON_FLOOR)
        elif slot:
            order.number = number  # of its manifest, which was checked
            self._install(order, slot)
        else:
            slots.forget(slots.target())
            self._order, self._is_cleared = order, False

    def _drop_order(self) -> None:
        self._order, self._fetch = None, None
        self._asking.end()
        if ORDER in self._shelf.notes().names():
            self._shelf.notes().remove(ORDER)

    def _settle(self, order: Order, outcome: int, reason: int) -> None:
        self._slots.answered(
            order.attempt, about=order.fingerprint, outcome=outcome, reason=reason
        )
        self._drop_order()

    def _install(self, order: Order, slot: int) -> None:
        self._slots.try_out(
            slot, fingerprint=order.fingerprint, number=order.number, attempt=order.attempt
        )
        self._trial.leave()
        self._drop_order()

    def received(self, topic: str, content: bytes) -> None:
        """Take a message that is not on the down topic: it may be the block that was asked for."""
        number = self._asking.answered(topic)
        if self._fetch is not None and number is not None and self._fetch.take(number, content):
            self._asking.satisfied()
            self._rests = 0

    def wants_air(self, now_ms: int) -> bool:
        """Return whether the download needs the radio, now and not later."""
        if self._order is None or now_ms < self._rest_ms or not self._has_power():
            self._air_ms = None
            return False
        if self._air_ms is None or self._sensors.is_on_mains():
            self._air_ms = now_ms
        elif now_ms - self._air_ms >= self._config.update_air_ms_max:
            self._rest_ms = now_ms + (self._config.report_ms << self._rests)
            self._rests = min(RESTS_MAX, self._rests + 1)
        return True

    def _has_power(self) -> bool:
        if self._sensors.is_on_mains():
            return True
        return self._sensors.battery_mv() >= self._config.update_battery_mv_min

    def step(self, now_ms: int) -> None:
        """Do a little of the order; never raises."""
        if self._order is None or now_ms < self._rest_ms or not self._has_power():
            return
        try:
            self._work(self._order, now_ms)
        except OSError:
            self._wait_for_flash(self._order, now_ms)

    def _wait_for_flash(self, order: "Order | None", now_ms: int) -> None:
        """Try later what the flash refused: what is whole stays, the rest is fetched again."""
        self._fetch = None
        self._rest_ms = now_ms + FLASH_WAIT_MS
        self._flash_refused += 1
        if order is None or self._flash_refused < FLASH_REFUSED_MAX:
            return
        self._order = None
        try:
            self._empty()
            self._settle(order, records.FIRMWARE_GIVEN_UP, records.REASON_FLASH)
        except OSError:
            return  # the next boot goes on with the order

    def _empty(self) -> None:
        """Give the room back that a release did not fit into: the journal needs it."""
        store = self._shelf.slot(self._slots.target())
        for name in store.names():
            store.remove(name)

    def _work(self, order: Order, now_ms: int) -> None:
        slot = self._slots.target()
        if not self._is_cleared:
            self._clear(order, slot)
            return
        if self._fetch is None:
            self._fetch = fetch.Fetch(
                self._shelf.slot(slot),
                fingerprint=order.fingerprint,
                manifest_length=order.manifest_length,
            )
        try:
            self._fetch.step()
            refusal = self._refusal(order, self._fetch.head)
        except TooLarge:
            self._settle(order, records.FIRMWARE_REFUSED, records.REASON_TOO_LARGE)
            return
        except (WireError, fetch.Damaged):
            self._settle(order, records.FIRMWARE_GIVEN_UP, records.REASON_DAMAGED)
            return
        if refusal:
            self._settle(order, records.FIRMWARE_REFUSED, refusal)
        elif self._fetch.is_whole:
            self._install(order, slot)
        elif not self._asking.step(order.fingerprint, self._fetch.wanted, now_ms):
            self._settle(order, records.FIRMWARE_GIVEN_UP, records.REASON_UNREACHABLE)

    def _refusal(self, order: Order, head: "release.Head | None") -> int:
        """Return why this release may not run here, 0 when it may."""
        if head is None:
            return 0
        if head.number != order.number:
            raise Malformed("the order names another number than the manifest")
        return 0 if head.machine == self._shelf.machine else records.REASON_MACHINE

    def _clear(self, order: Order, slot: int) -> None:
        """Remove what an older release left in the slot, a file a step; then note the order."""
        store = self._shelf.slot(slot)
        names = store.names()
        if names:
            store.remove(names[0])
            return
        notes.write_list(self._shelf.notes(), ORDER, order.fields())
        self._is_cleared = True
