"""The console of a box, loaded when somebody speaks over USB: most boxes never hear a bench."""

MYPY = False
if MYPY:
    from jimpitan_box.box import Box
    from jimpitan_box.console import Console
    from jimpitan_box.console_commands import Commands
    from jimpitan_box.logbook import Logbook
    from jimpitan_box.ports import Examiner, Floor, Store, Vault
    from jimpitan_box.senses import Senses


class BenchLine:
    """Bytes from and to the bench; what answers them takes memory from the first byte on."""

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
        self._commands: "Commands | None" = None
        self._console: "Console | None" = None

    @property
    def is_restart_wanted(self) -> bool:
        """Return whether the identity changed under the box."""
        return self._commands is not None and self._commands.is_restart_wanted

    def step(self, received: bytes) -> bytes:
        """Take what came in since the last step and return what goes out."""
        if self._console is None:
            if not received:
                return b""
            self._console = self._loaded()
        return self._console.step(received)

    def _loaded(self) -> "Console":
        from jimpitan_box.console import Console
        from jimpitan_box.console_commands import Commands

        self._commands = Commands(
            version=self._version,
            store=self._store,
            vault=self._vault,
            floor=self._floor,
            examiner=self._examiner,
            logbook=self._logbook,
        )
        self._commands.box, self._commands.senses = self.box, self.senses
        return Console(self._commands)
