"""What a box knew before its power went: the mass on its plate, and which sensors spoke.

Who pulls the plug, takes money out and plugs it in again finds that the box remembers.
"""

from jimpitan_box import notes

MYPY = False
if MYPY:
    from jimpitan_box.ports import Store
    from jimpitan_box.watch import Watch

NAME = "before"
CONTENT_LENGTH_MAX = 64
CHANGED_MG = 300  # less than the lightest note
WRITE_MS = 10_000  # between two writes; an opened lid is noted at once


class Before:
    """One small file that follows the watch; times are uptime in ms."""

    def __init__(self, store: "Store", watch: "Watch") -> None:
        self._store = store
        self._watch = watch
        self._mass_mg: "int | None" = None
        self._sensors: "list[int]" = []
        self._written_ms = 0
        self._is_refused = False
        self._load()
        watch.remember(self._mass_mg, self._sensors)

    def _load(self) -> None:
        try:
            found = notes.read_list(self._store, NAME, CONTENT_LENGTH_MAX, 2)
        except OSError:
            return
        if found is None:
            return
        mass_mg, sensors = found
        if isinstance(sensors, list) and (mass_mg is None or isinstance(mass_mg, int)):
            self._mass_mg, self._sensors = mass_mg, sensors

    def step(self, now_ms: int) -> None:
        """Note what has changed; what the flash refuses is noted later."""
        mass_mg, sensors = self._watch.expected_mg, self._watch.sensors
        if not self._has_changed(mass_mg, sensors):
            return
        is_urgent = mass_mg is None and not self._is_refused
        if now_ms - self._written_ms < WRITE_MS and not is_urgent:
            return
        self._written_ms, self._is_refused = now_ms, False
        try:
            notes.write_list(self._store, NAME, [mass_mg, sensors])
        except OSError:
            self._is_refused = True
            return
        self._mass_mg, self._sensors = mass_mg, sensors

    def _has_changed(self, mass_mg: "int | None", sensors: "list[int]") -> bool:
        if sensors != self._sensors or (mass_mg is None) != (self._mass_mg is None):
            return True
        if mass_mg is None or self._mass_mg is None:
            return False
        return abs(mass_mg - self._mass_mg) >= CHANGED_MG
