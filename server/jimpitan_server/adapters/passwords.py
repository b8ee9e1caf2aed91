"""Hashes passwords with Argon2id, in a thread, because it takes its time on purpose."""

import asyncio

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# One verification takes 64 MiB for a moment: more at once would be a way to fill the memory.
AT_ONCE_MAX = 4


class ArgonPasswords:
    """`Passwords` with the library's recommended cost."""

    def __init__(self) -> None:
        self._hasher = PasswordHash((Argon2Hasher(),))
        self._turn = asyncio.Semaphore(AT_ONCE_MAX)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Say whether it is the password; without a hash, take as long and say no."""
        if self._nobody is None:
            self._nobody = await self.hash("nobody has this password")
        async with self._turn:
            found = await asyncio.to_thread(
                self._hasher.verify, password, password_hash or self._nobody
            )
        return found and password_hash is not None
