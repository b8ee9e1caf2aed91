"""A Merkle tree over lines, as in RFC 6962, section 2.1, grown one leaf at a time.

A root over n leaves commits to each of them and to their order. Only the roots of whole subtrees
are kept: one for every bit of n that is set.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

HASH_LENGTH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(line: bytes) -> bytes:
    """Return the hash of a leaf; the prefix keeps leaves and nodes apart."""
    return hashlib.sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its two halves."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of `size` leaves by the roots of its whole subtrees, largest first."""

    size: int = 0
    subtrees: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse subtrees that no tree of this size has."""
        lengths = {len(one) for one in self.subtrees} - {HASH_LENGTH}
        if self.size < 0 or len(self.subtrees) != self.size.bit_count() or lengths:
            raise ValueError(f"a tree of {self.size} leaves has other subtrees")

    def grown(self, leaves: Iterable[bytes]) -> "Frontier":
        """Return the tree with more leaf hashes behind its last one."""
        size, subtrees = self.size, list(self.subtrees)
        for leaf in leaves:
            subtrees.append(leaf)
            size += 1
            for _ in range((size & -size).bit_length() - 1):
                right = subtrees.pop()
                subtrees[-1] = node_hash(subtrees[-1], right)
        return Frontier(size, tuple(subtrees))

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        if not self.subtrees:
            return EMPTY_ROOT
        root = self.subtrees[-1]
        for left in reversed(self.subtrees[:-1]):
            root = node_hash(left, root)
        return root

    def to_bytes(self) -> bytes:
        """Return the subtrees one behind the other."""
        return b"".join(self.subtrees)

    @classmethod
    def of(cls, size: int, content: bytes) -> "Frontier":
        """Return the tree that `to_bytes` wrote."""
        starts = range(0, len(content), HASH_LENGTH)
        return cls(size, tuple(content[start : start + HASH_LENGTH] for start in starts))
