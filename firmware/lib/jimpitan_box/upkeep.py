"""What the server may change in a box: its configuration and its firmware, and what it answers."""

from jimpitan_wire import down, records

from jimpitan_box.configuration import Configuration
from jimpitan_box.trial import Trial, short

MYPY = False
if MYPY:
    from jimpitan_box.config import Config
    from jimpitan_box.keeper import Keeper
    from jimpitan_box.mqtt import Client
    from jimpitan_box.ports import Question, Sensors, Shelf, Store
    from jimpitan_box.power import Power
    from jimpitan_box.update import Update

TELL_AGAIN_MS = 60_000
ORDER = "order"  # the note of `jimpitan_box.update`, which is loaded when there is one


class Upkeep:
    """Keeps a record of every change before anybody is told of it; times are uptime in ms."""

    def __init__(
        self,
        *,
        store: "Store",
        config: "Config",
        keeper: "Keeper",
        power: "Power",
        client: "Client",
        sensors: "Sensors",
        is_calm: "Question",
        shelf: "Shelf | None",
        version: str,
    ) -> None:
        self._config = config
        self._keeper = keeper
        self._power = power
        self._client = client
        self._sensors = sensors
        self._is_calm = is_calm  # asked only when something waits for calm
        self._shelf = shelf  # a board without one takes no update
        self._configuration = Configuration(store, config)
        self._tell_ms = 0
        self._trial: "Trial | None" = None
        self._update: "Update | None" = None
        if shelf is not None:
            self._trial = Trial(
                slots=shelf.slots, config=config, version=version, floor=shelf.floor
            )
            try:
                if ORDER in shelf.notes().names():
                    self._update = self._loaded(shelf, self._trial)
            except OSError:
                return  # the server says it again

    def _loaded(self, shelf: "Shelf", trial: Trial) -> "Update":
        from jimpitan_box.update import Update

        return Update(
            shelf=shelf,
            config=self._config,
            client=self._client,
            sensors=self._sensors,
            trial=trial,
        )

    @property
    def revision(self) -> int:
        """Return the revision of the configuration that holds, 0 when none was ever told."""
        return self._configuration.revision

    @property
    def short_fingerprint(self) -> bytes:
        """Return the first bytes of the fingerprint of what runs, none as flashed at the bench."""
        return short(self._shelf.slots.fingerprint) if self._shelf is not None else b""

    @property
    def is_restart_wanted(self) -> bool:
        """Return whether another firmware should be started now."""
        return self._trial is not None and self._trial.is_restart_wanted

    def obey(self, kind: int, body: "dict[int, object]", now_ms: int) -> None:
        """Take a configuration or an order; when the flash refuses, the server says it again."""
        try:
            if kind == down.CONFIGURE:
                self._configured(body, now_ms)
            elif self._shelf is not None and self._trial is not None:
                self._update = self._update or self._loaded(self._shelf, self._trial)
                self._update.order(body)
        except OSError:
            return

    def _configured(self, body: "dict[int, object]", now_ms: int) -> None:
        revision = down.whole(body, down.CONFIGURE_REVISION, down.NUMBER_MAX)
        wished = body[down.CONFIGURE_OPTIONS]
        answer = self._configuration.wish(revision, wished if isinstance(wished, dict) else {})
        self._keeper.keep(records.CONFIG_APPLIED, answer, now_ms)

    def received(self, topic: str, message: bytes) -> None:
        """Take a message that is not on the down topic."""
        if self._update is not None:
            self._update.received(topic, message)

    def wants_air(self, now_ms: int) -> bool:
        """Return whether a download needs the radio."""
        return self._update is not None and self._update.wants_air(now_ms)

    def step(self, now_ms: int) -> None:
        """Go on with the trial and keep what is to tell."""
        if self._trial is None:
            return
        try:
            self._tell(self._trial, now_ms)
            self._trial.step(now_ms, self._keeper.cursor.acked, self._is_calm)
        except OSError:
            return  # the flash refused; the next step tries again

    def fetch(self, now_ms: int) -> None:
        """Go on with the update while nothing is felt."""
        if self._update is not None and self._is_calm():
            self._update.step(now_ms)

    def _tell(self, trial: Trial, now_ms: int) -> None:
        if now_ms < self._tell_ms:
            return  # the journal took nothing a moment ago
        body = trial.begun()
        if body is not None and self._keep(body, now_ms):
            trial.tried(self._keeper.head)
        body = trial.ended()
        if body is not None and self._keep(body, now_ms) and self._shelf is not None:
            self._shelf.slots.told()

    def _keep(self, body: "dict[int, object]", now_ms: int) -> bool:
        if self._keeper.keep(records.FIRMWARE_CHANGED, body, now_ms):
            self._power.alarm(now_ms)
            return True
        self._tell_ms = now_ms + TELL_AGAIN_MS
        return False
