"""Keeps an uploaded statement between its preview and the confirmation, in memory and bounded."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FILES_MAX = 4
KEPT_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Shelved:
    """A file that somebody looked at, and its name."""

    file_name: str
    content: bytes = field(repr=False)
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class StatementShelf:
    """A few files by their digest; the oldest gives way, and none stays for long.

    Nothing of it is written to disk: a file that is gone is simply sent again.
    """

    files: OrderedDict[str, Shelved] = field(default_factory=OrderedDict)

    def keep(self, file_name: str, content: bytes, now: datetime) -> str:
        """Keep a file and return the digest under which it is found again."""
        self._forget_old(now)
        digest = hashlib.sha256(content).hexdigest()
        self.files.pop(digest, None)
        self.files[digest] = Shelved(file_name, content, now)
        while len(self.files) > FILES_MAX:
            self.files.popitem(last=False)
        return digest

    def find(self, digest: str, now: datetime) -> Shelved | None:
        """Return a file that was kept a short time ago, or None."""
        self._forget_old(now)
        return self.files.get(digest)

    def forget(self, digest: str) -> None:
        """Let go of a file that was imported."""
        self.files.pop(digest, None)

    def _forget_old(self, now: datetime) -> None:
        for digest, shelved in list(self.files.items()):
            if now - shelved.kept_at > KEPT_FOR:
                del self.files[digest]
