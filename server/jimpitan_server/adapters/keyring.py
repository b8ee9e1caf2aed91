"""Keeps box keys: wrapped with AES-256-GCM under the master key at rest, as states in memory.

The box and the epoch are authenticated with each wrapped key, so that one cannot be put in the
place of another. What was unwrapped stays in a bounded memory, the least used goes first, and
is read anew when `keys_version` of its box has changed.
"""

import os
from collections import OrderedDict
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jimpitan_server.adapters.wire import BoxChannel, EpochKey, epoch_key
from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.errors import Misconfigured
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.services.ports import Channel, KeyStore, WrappedKey

NONCE_LENGTH = 12  # NIST SP 800-38D, section 8.2
BOXES_MAX = 4096  # about 1 KB of hash states each


class MasterKey:
    """Wraps and unwraps small secrets; each is bound to what it is for."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def wrap(self, secret: bytes, *, purpose: str) -> bytes:
        """Return the secret, readable only with this key and for this purpose."""
        nonce = os.urandom(NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, secret, purpose.encode())

    def unwrap(self, wrapped: bytes, *, purpose: str) -> bytes:
        """Return the secret, or refuse bytes that this key did not wrap for this purpose."""
        try:
            return self._cipher.decrypt(
                wrapped[:NONCE_LENGTH], wrapped[NONCE_LENGTH:], purpose.encode()
            )
        except InvalidTag as error:
            raise Misconfigured(
                f"JIMPITAN_MASTER_KEY does not fit the stored secret {purpose!r}:"
                " it is not the one this database was filled with."
            ) from error


class BoxVault:
    """`Vault`: box keys wrapped under the master key, each bound to its box and epoch."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master

    def close(self, box: BoxId, epoch: int, key: bytes) -> bytes:
        """Return a box key as it is stored."""
        return self._master.wrap(key, purpose=f"{box}|{epoch}")

    def open(self, item: WrappedKey) -> bytes:
        """Return a box key that was stored."""
        return self._master.unwrap(item.wrapped, purpose=f"{item.box}|{item.epoch}")


class BoxKeyring:
    """`Keyring` over wrapped keys in the database, with a bounded memory."""

    def __init__(self, vault: BoxVault, *, boxes_max: int = BOXES_MAX) -> None:
        self._vault = vault
        self._boxes_max = boxes_max
        self._known: OrderedDict[BoxId, tuple[int, BoxChannel]] = OrderedDict()

    async def channels(
        self, states: Mapping[BoxId, BoxState], store: KeyStore
    ) -> Mapping[BoxId, Channel]:
        """Return the channel to each of these boxes."""
        found: dict[BoxId, Channel] = {}
        missing = []
        for box, state in states.items():
            version, channel = self._known.get(box, (-1, None))
            if channel is None or version != state.keys_version:
                missing.append(box)
            else:
                self._known.move_to_end(box)
                found[box] = channel
        if missing:
            found.update(await self._load(missing, states, store))
        return found

    async def _load(
        self, boxes: list[BoxId], states: Mapping[BoxId, BoxState], store: KeyStore
    ) -> dict[BoxId, Channel]:
        keys: dict[BoxId, dict[int, EpochKey]] = {box: {} for box in boxes}
        for item in await store.wrapped_keys(boxes):
            secret = self._vault.open(item)
            keys[item.box][item.epoch] = epoch_key(
                secret,
                box=item.box,
                epoch=item.epoch,
                seq_last=item.seq_last,
                revoked=item.is_revoked,
            )
        found: dict[BoxId, Channel] = {}
        for box, by_epoch in keys.items():
            channel = BoxChannel(box, by_epoch)
            self._known[box] = (states[box].keys_version, channel)
            self._known.move_to_end(box)
            found[box] = channel
        while len(self._known) > self._boxes_max:
            self._known.popitem(last=False)
        return found
