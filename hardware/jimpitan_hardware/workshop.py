"""What a step of the build gets and gives back: the sizes, a folder, and what was checked."""

from dataclasses import dataclass, field
from pathlib import Path

from jimpitan_hardware.sizes import Sizes


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: what was looked at, and a sentence for each fault, none when it is well."""

    what: str
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class Workshop:
    """Where a build puts its files, and what it has checked so far."""

    sizes: Sizes
    folder: Path
    checked: list[Checked] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def place(self, name: str) -> Path:
        """Return where a file goes; its folder is made."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file and return it."""
        file = self.place(name)
        raw = content.encode("utf-8") if isinstance(content, str) else content
        file.write_bytes(raw)
        return file

    def check(self, what: str, faults: list[str]) -> None:
        """Note a check and its faults."""
        self.checked.append(Checked(what, tuple(faults)))

    def skip(self, sentence: str) -> None:
        """Note what was not done here, and why."""
        self.skipped.append(sentence)

    @property
    def faults(self) -> list[str]:
        """Every fault that was found."""
        return [fault for checked in self.checked for fault in checked.faults]
