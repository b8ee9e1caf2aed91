"""What the server wishes this box to be set to: kept first, then applied, whole or not at all.

The last wish holds, whatever its number: only the counter of down messages says what is newer.
"""

from jimpitan_wire import options, records

from jimpitan_box import notes

MYPY = False
if MYPY:
    from jimpitan_box.config import Config
    from jimpitan_box.ports import Store

NAME = "configuration"
CONTENT_LENGTH_MAX = 512


class Configuration:
    """The options that hold and their revision, 0 when the server never said anything."""

    def __init__(self, store: "Store", config: "Config") -> None:
        self._store = store
        self._config = config
        self.revision = 0
        self._wished: "dict[int, object] | None" = None  # None: the server never said anything
        self._load()

    def _load(self) -> None:
        try:
            found = notes.read_list(self._store, NAME, CONTENT_LENGTH_MAX, 2)
        except OSError:
            return
        if found is None:
            return
        revision, wished = found
        if isinstance(revision, int) and isinstance(wished, dict) and not options.refused(wished):
            self.revision = revision
            self._apply(wished)

    def wish(self, revision: int, wished: "dict[int, object]") -> "dict[int, object]":
        """Keep and apply a configuration; return the body of the record that answers.

        Raises OSError when the flash refuses; then what held before still holds.
        """
        body: "dict[int, object]" = {records.CONFIG_REVISION: revision}
        refused = options.refused(wished)
        if refused:
            body[records.CONFIG_REFUSED] = refused
            return body
        if revision != self.revision or wished != self._wished:
            notes.write_list(self._store, NAME, [revision, wished])
            self.revision = revision
            self._apply(wished)
        return body

    def _apply(self, wished: "dict[int, object]") -> None:
        self._wished = wished
        config = self._config

        def value(option: int) -> int:
            found = wished.get(option)
            return found if isinstance(found, int) else options.OPTIONS[option][3]

        config.heartbeat_ms = value(options.HEARTBEAT_S) * 1000
        config.quiet_from_min = value(options.QUIET_FROM_MIN)
        config.quiet_to_min = value(options.QUIET_TO_MIN)
        config.zone_min = value(options.ZONE_MIN)
        config.is_alarm_silent = value(options.ALARM_SILENT) == 1
        config.confident_permille = value(options.CONFIDENT_PERMILLE)
        config.typical_idr = value(options.TYPICAL_IDR)
        config.report_ms = value(options.REPORT_S) * 1000
