"""Reads the words of a label back from its PDF: none is missing, none lies where it must not.

A line of text is an object of the page with a box of its own, as wide as its ink. The code is
the box of all black modules, with its quiet zone.
"""

import ctypes
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from jimpitan_hardware.label_page import QUIET_MODULES
from jimpitan_hardware.label_sheets import MARK_MM, Kind
from jimpitan_hardware.labels import Container, English, Texts

POINTS = 72 / 25.4
EDGE_MM = 1.5  # the knife may be off so far
GAP_SHARE_MAX = 0.7  # of the Indonesian's size, between its ink and that of its English
ACROSS_SHARE_MIN = 0.8  # of the narrower of both, that they have in common
LEANING = ("Oblique", "Italic")
NAME_LENGTH_MAX = 120  # of a font
MODULES_MIN = 60  # rows of a code are more black pieces than this; a label has no other
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
    """A line of text, a picture or the code: what it says, its box in mm, its font and size."""

    words: str
    left: float
    low: float
    right: float
    top: float
    font: str = ""
    points: float = 0.0


def ink(content: bytes, page: int) -> list[Ink]:
    """Return the lines of text of a page, and its pictures and codes, which say nothing."""
    found: list[Ink] = []
    modules: list[tuple[float, ...]] = []
    kinds = [pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH]
    with pypdfium2.PdfDocument(content) as document:
        drawn = document[page]
        text = drawn.get_textpage()
        for one in drawn.get_objects(filter=kinds):
            left, low, right, top = (length / POINTS for length in one.get_bounds())
            box = (left, low, right, top)
            if one.type == pdfium.FPDF_PAGEOBJ_PATH:
                modules += [box] if _is_black(one.raw) else []
                continue
            if one.type == pdfium.FPDF_PAGEOBJ_TEXT:
                words = text.get_text_bounded(*one.get_bounds()).strip()
                found.append(Ink(words, *box, *_font(one.raw)))
            else:
                found.append(Ink("", *box))
    return [*found, *_codes(modules)]


def _is_black(path: Any) -> bool:
    """Whether a shape is filled with black: a piece of a code, since nothing else is."""
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, filled, stroked)
    colour = [ctypes.c_uint() for _ in range(4)]
    pdfium.FPDFPageObj_GetFillColor(path, *colour)
    return bool(filled.value) and not any(one.value for one in colour[:3])


def _font(text: Any) -> tuple[str, float]:
    """Return the name and the size in points of a text's font."""
    size, name = ctypes.c_float(), ctypes.create_string_buffer(NAME_LENGTH_MAX)
    pdfium.FPDFTextObj_GetFontSize(text, size)
    pdfium.FPDFFont_GetBaseFontName(pdfium.FPDFTextObj_GetFont(text), name, NAME_LENGTH_MAX)
    return name.value.decode("ascii", "replace"), size.value


def _codes(modules: Sequence[tuple[float, ...]]) -> list[Ink]:
    """Return the square of the code, quiet zone included; a label has one."""
    if len(modules) < MODULES_MIN:
        return []
    left, low = (min(one[axis] for one in modules) for axis in (0, 1))
    right, top = (max(one[axis] for one in modules) for axis in (2, 3))
    quiet = QUIET_MODULES * min(one[3] - one[1] for one in modules)
    return [Ink("", left - quiet, low - quiet, right + quiet, top + quiet)]


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
    """No line comes too near to the knife; none lies on another, a picture or the code."""
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


def check_code_square(content: bytes, pages: Mapping[int, Container]) -> list[str]:
    """The code is found as a thing of its own: else no line could be seen to lie on it."""
    return [
        f"{container.code}: its code is not found as a square."
        for page, container in pages.items()
        if not any(
            one.words == "" and abs((one.right - one.left) - (one.top - one.low)) < EDGE_MM
            for one in ink(content, page)
        )
    ]


def check_order(content: bytes, texts: Texts, pages: Mapping[int, Container]) -> list[str]:
    """English stands right below its Indonesian, smaller and leaning."""
    wrong = []
    for page, container in pages.items():
        lines = ink(content, page)
        said = wanted(texts, container)
        for name in (one.name for one in fields(English) if f"english.{one.name}" in said):
            ours = _lines_of(lines, said[name])
            english = _lines_of(lines, said[f"english.{name}"])
            if not ours or not english:
                wrong.append(
                    f"{container.code}: {name} is not set in one piece in both languages."
                )
                continue
            wrong += [
                f"{container.code}: the English of {name} {fault}."
                for fault in _misplaced(ours, english)
            ]
    return wrong


def _misplaced(ours: Sequence[Ink], english: Sequence[Ink]) -> list[str]:
    """What is wrong with how English stands to its Indonesian; nothing when it is well."""
    gap = ours[-1].low - english[0].top
    left, right = (
        max(min(one.left for one in both) for both in (ours, english)),
        min(max(one.right for one in both) for both in (ours, english)),
    )
    narrower = min(
        max(one.right for one in both) - min(one.left for one in both) for both in (ours, english)
    )
    faults = {
        "is not below it": gap < 0,
        "is too far below it": gap > GAP_SHARE_MAX * ours[-1].points / POINTS,
        "is beside it": right - left < ACROSS_SHARE_MIN * narrower,
        "is not smaller": english[0].points >= ours[-1].points,
        "does not lean": not all(_leans(one) for one in english) or any(map(_leans, ours)),
    }
    return [fault for fault, is_so in faults.items() if is_so]


def _leans(line: Ink) -> bool:
    return any(word in line.font for word in LEANING)


def _lines_of(lines: Sequence[Ink], sentence: str) -> list[Ink]:
    """Return the lines in a row that a sentence is set in; none when it is in no such lines."""
    whole = _plain(sentence)
    texts = [one for one in lines if one.words]
    for start in range(len(texts)):
        said = ""
        for end in range(start, len(texts)):
            said += _plain(texts[end].words)
            if said == whole:
                return texts[start : end + 1]
            if not whole.startswith(said):
                break
    return []
