"""Reads the words of a label back from its PDF: none is missing, none lies where it must not.

A line of text is an object of the page with a box of its own, as wide as its ink.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import pypdfium2
import pypdfium2.raw as pdfium

from jimpitan_hardware.label_sheets import MARK_MM, Kind
from jimpitan_hardware.labels import Container, English, Texts

POINTS = 72 / 25.4
EDGE_MM = 1.5  # the knife may be off so far
ON_ONE_TIER = {  # what only one tier carries: the others say nothing of it
    "box": {"can_hint"},
    "can": {
        "tagline",
        "slot_hint",
        "qris_hint",
        "qris_empty",
        "receiver_hint",
        "receiver",
        "receiver_warning",
        "education",
        "motivation",
        "code_hint",
    },
}
NOT_PRINTED = {"colour", "info_url", "english"}


@dataclass(frozen=True, slots=True)
class Ink:
    """A line of text or a picture on a page: what it says and its box in mm."""

    words: str
    left: float
    low: float
    right: float
    top: float

    @property
    def height(self) -> float:
        """How high its ink is."""
        return self.top - self.low


def ink(content: bytes, page: int) -> list[Ink]:
    """Return the lines of text of a page, and its pictures, which say nothing."""
    found = []
    kinds = [pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_IMAGE]
    with pypdfium2.PdfDocument(content) as document:
        drawn = document[page]
        text = drawn.get_textpage()
        for one in drawn.get_objects(filter=kinds):
            box = one.get_bounds()
            words = text.get_text_bounded(*box) if one.type == kinds[0] else ""
            found.append(Ink(words.strip(), *(length / POINTS for length in box)))
    return found


def wanted(texts: Texts, container: Container) -> dict[str, str]:
    """Return every sentence that the label of a container must carry, by its name."""
    left_out = NOT_PRINTED | ON_ONE_TIER[container.tier]
    if container.artwork is not None:
        left_out = left_out | {"qris_empty"}
    said = {
        one.name: getattr(texts, one.name) for one in fields(Texts) if one.name not in left_out
    }
    said |= {
        f"english.{one.name}": getattr(texts.english, one.name)
        for one in fields(English)
        if one.name not in left_out
    }
    return {**said, "code": container.code, **({"site": container.site} if container.site else {})}


def check_words(content: bytes, texts: Texts, pages: Mapping[int, Container]) -> list[str]:
    """Every sentence stands on its label in full, Indonesian and English."""
    wrong = []
    for page, container in pages.items():
        found = _plain(" ".join(line.words for line in ink(content, page)))
        wrong += [
            f"{container.code}: {name} is missing: {sentence[:50]!r}."
            for name, sentence in wanted(texts, container).items()
            if _plain(sentence) not in found
        ]
    return wrong


def _plain(words: str) -> str:
    """Letters and figures only: where a line breaks does not matter."""
    return re.sub(r"\W+", "", words)


def check_room(content: bytes, kind: Kind, pages: Mapping[int, Container]) -> list[str]:
    """No line comes too near to the knife, and no two lie on each other or on a picture."""
    wrong = []
    near = MARK_MM + EDGE_MM
    wide, high = (length + 2 * MARK_MM - near for length in kind.size)
    for page, container in pages.items():
        lines = ink(content, page)
        for one in lines:
            if one.left < near or one.low < near or one.right > wide or one.top > high:
                wrong.append(f"{container.code}: {one.words[:50]!r} is cut off.")
        for one, other in itertools.combinations(lines, 2):
            if _shared(one, other):
                wrong.append(
                    f"{container.code}: {one.words[:40]!r} and {other.words[:40]!r} lie on "
                    "each other."
                )
    return wrong


def _shared(one: Ink, other: Ink) -> bool:
    across = min(one.right, other.right) - max(one.left, other.left)
    along = min(one.top, other.top) - max(one.low, other.low)
    return across > 0 and along > 0


def check_order(content: bytes, texts: Texts, pages: Mapping[int, Container]) -> list[str]:
    """English stands right below its Indonesian, and smaller."""
    wrong = []
    for page, container in pages.items():
        lines = ink(content, page)
        said = wanted(texts, container)
        for name in (one.name for one in fields(English) if f"english.{one.name}" in said):
            ours = _first(lines, said[name])
            english = _first(lines, said[f"english.{name}"])
            if ours is None or english is None:
                continue  # check_words says so
            if english.top > ours.low or english.height >= ours.height:
                wrong.append(f"{container.code}: the English of {name} is not below and smaller.")
    return wrong


def _first(lines: Sequence[Ink], sentence: str) -> Ink | None:
    """The line with which a sentence begins."""
    begun = [one for one in lines if one.words and _plain(sentence).startswith(_plain(one.words))]
    return begun[0] if begun else None
