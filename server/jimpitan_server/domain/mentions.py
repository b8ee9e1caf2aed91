"""Which references and labels a bank's text mentions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from string import ascii_uppercase, digits

# Shorter words stand in too many texts by chance.
REFERENCE_LENGTH_MIN = 6
LABEL_LENGTH_MIN = 3
_NONE: frozenset[str] = frozenset()
_NO_IDS: Sequence[str] = []
_WORD = re.compile(r"[A-Z0-9]+")


def plain(name: str) -> str:
    """Return a reference as it is compared: letters and digits only, in capitals."""
    upper = name.upper()
    return upper if upper.isalnum() and upper.isascii() else "".join(_WORD.findall(upper))


def words_of(text: str) -> set[str]:
    """Return the words of a text, both as blanks part them and as all other signs do."""
    upper = text.upper()
    chunks = upper.split()
    if upper.isascii() and "".join(chunks).isalnum():
        return set(chunks)
    return {*_WORD.findall(upper), *(plain(chunk) for chunk in chunks)}


def plain_all(names: list[str]) -> list[str]:
    """Return references as they are compared, in the same order; empty ones stay empty.

    Where all are so already, as nearly always, it is the very list: to copy a million takes long.
    """
    joined = "".join(names)
    if not joined.isascii() or not joined.isalnum():
        return [plain(name) for name in names]
    return names if joined.upper() == joined else [name.upper() for name in names]


class Mentions:
    """Finds the texts that mention a name, by whole words; short names are in none."""

    def __init__(
        self, texts: Iterable[tuple[str, str]], wanted: AbstractSet[str] | None = None
    ) -> None:
        """Index `(id, text)` pairs; of the `wanted` names (as compared) only, if they are told."""
        ids_by_word: dict[str, tuple[str] | list[str]] = {}
        for text_id, text in texts:
            for word in words_of(text) if wanted is None else _wanted_in(text, wanted):
                if len(word) < REFERENCE_LENGTH_MIN:
                    continue
                known = ids_by_word.get(word)
                if known is None:  # as nearly all: a list for each would cost a tenth of it all
                    ids_by_word[word] = (text_id,)
                elif isinstance(known, list):
                    known.append(text_id)
                else:
                    ids_by_word[word] = [*known, text_id]
        self._ids_by_word: Mapping[str, Sequence[str]] = ids_by_word

    def ids_of(self, name: str) -> Sequence[str]:
        """Return the ids of the texts that mention a name (as it is compared)."""
        return self._ids_by_word.get(name, _NO_IDS)

    def any_of(self, names: Iterable[str]) -> bool:
        """Tell whether at least one of these names is mentioned."""
        return not self._ids_by_word.keys().isdisjoint(names)


def _wanted_in(text: str, names: AbstractSet[str]) -> AbstractSet[str]:
    """Return those of some names that are words of a text."""
    upper = text.upper()
    chunks = upper.split()
    if upper.isascii() and upper.replace(" ", "").isalnum():  # as nearly always
        return _NONE if names.isdisjoint(chunks) else names & set(chunks)
    return names & words_of(text)


_SHAPES = str.maketrans(ascii_uppercase + digits, "A" * len(ascii_uppercase) + "9" * len(digits))


def shape(word: str) -> str:
    """Return what a word as it is compared looks like: letters as A, digits as 9."""
    return word.translate(_SHAPES)


def shapes_of_all(words: Sequence[str]) -> set[str]:
    """Return what words as they are compared look like; far faster than one by one."""
    return set("\n".join(words).translate(_SHAPES).split("\n")) if words else set()


def shapes_of(text: str) -> set[str]:
    """Return the shapes of the words of a text that are long enough to be references."""
    return {shape(word) for word in words_of(text) if len(word) >= REFERENCE_LENGTH_MIN}


def says_any(text: str, words: tuple[str, ...]) -> bool:
    """Tell whether a text contains one of the bank's words, in any case."""
    upper = text.upper()
    return any(word in upper for word in words)
