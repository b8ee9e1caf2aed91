"""What stands on labels: an office's texts, its containers, and the acquirer's QRIS artwork.

Texts come from a JSON file that an office changes, Indonesian and, under `english`, the English
of each sentence; only `info_url` may hold `{code}`. Artwork is a picture from the acquirer. It is
placed as it is, scaled evenly: never drawn, cut or edited.
"""

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from PIL import Image

LABEL = Path(__file__).resolve().parent.parent / "label"
TEXTS = LABEL / "texts.json"
CONTAINERS = LABEL / "containers.csv"
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
TIERS = ("box", "can")
CONTAINERS_MAX = 2000
TEXT_LENGTH_MAX = 400
ARTWORK_DPI_MIN = 150  # below it, a QR code printed at real size grows soft edges
ARTWORK_PIXELS_MAX = 40_000_000


class UnfitLabel(ValueError):
    """A text, container or picture that no label can be made of; the sentence says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class English:
    """The English of every sentence on a label; names stay as they are. Raises `UnfitLabel`."""

    tagline: str
    slot_hint: str
    qris_hint: str
    qris_empty: str
    receiver_hint: str
    receiver_warning: str
    education: str
    motivation: str
    contact: str
    code_hint: str
    can_hint: str
    info_hint: str

    def __post_init__(self) -> None:
        """Refuse what cannot be printed."""
        for one in fields(self):
            _check_printable(f"english.{one.name}", getattr(self, one.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Every sentence on a label, and the programme's colour. Raises `UnfitLabel`."""

    programme: str
    owner: str
    tagline: str
    colour: str
    slot_hint: str
    qris_hint: str
    qris_empty: str
    receiver_hint: str
    receiver: str
    receiver_warning: str
    education: str
    motivation: str
    hashtag: str
    contact: str
    code_hint: str
    can_hint: str
    info_hint: str
    info_url: str
    english: English

    def __post_init__(self) -> None:
        """Refuse what cannot be printed."""
        for one in fields(self):
            if one.name != "english":
                _check_printable(one.name, getattr(self, one.name))
        if not COLOUR.fullmatch(self.colour):
            raise UnfitLabel("colour: write it as #RRGGBB.")
        if self.info_url.count("{code}") != 1 or not self.info_url.startswith("https://"):
            raise UnfitLabel("info_url: begins with https:// and has {code} once.")
        if contrast(self.colour) < 4.5:  # WCAG 2.1, 1.4.3
            raise UnfitLabel("colour: white letters on it cannot be read; take a darker one.")


def _check_printable(name: str, text: object) -> None:
    """Refuse a text that is empty, too long, or has a letter that the font has not."""
    if not isinstance(text, str) or not text.strip() or len(text) > TEXT_LENGTH_MAX:
        raise UnfitLabel(f"{name}: write 1 to {TEXT_LENGTH_MAX} characters.")
    try:
        text.encode("cp1252")
    except UnicodeEncodeError as letter:
        bad = text[letter.start]
        raise UnfitLabel(f"{name}: the font has no {bad!r}; write it plainly.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A box or can that gets a label."""

    code: str
    tier: str
    site: str
    artwork: Path | None = None


def contrast(colour: str) -> float:
    """Return the contrast of white on a colour, 1 to 21, by WCAG 2.1."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    red, green, blue = linear
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def load_texts(source: Path = TEXTS) -> Texts:
    """Return the texts of a file; raise `UnfitLabel`."""
    try:
        content = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise UnfitLabel(f"{source.name} cannot be read: {wrong}") from None
    odd = _odd_keys(Texts, content)
    if not odd:
        odd = [f"english.{name}" for name in _odd_keys(English, content["english"])]
    if odd:
        raise UnfitLabel(f"{source.name}: missing or unknown: {', '.join(odd)}.")
    return Texts(**{**content, "english": English(**content["english"])})


def _odd_keys(kind: type[Texts] | type[English], content: object) -> list[str]:
    """Return the keys that a JSON object lacks or has too many."""
    known = {one.name for one in fields(kind)}
    return sorted(known ^ set(content)) if isinstance(content, dict) else sorted(known)


def load_containers(source: Path = CONTAINERS) -> tuple[Container, ...]:
    """Return the containers of a CSV: code, tier, site, artwork; raise `UnfitLabel`."""
    try:
        rows = list(csv.DictReader(source.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, ValueError) as wrong:
        raise UnfitLabel(f"{source.name} cannot be read: {wrong}") from None
    if not 0 < len(rows) <= CONTAINERS_MAX:
        raise UnfitLabel(f"{source.name}: list 1 to {CONTAINERS_MAX} containers.")
    found = [_container(source, line, row) for line, row in enumerate(rows, start=2)]
    codes = [one.code for one in found]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise UnfitLabel(f"{source.name}: {', '.join(twice)} is listed twice.")
    return tuple(found)


def _container(source: Path, line: int, row: dict[str, str]) -> Container:
    code, tier, site = (str(row.get(name) or "").strip() for name in ("code", "tier", "site"))
    if not CODE.fullmatch(code):
        raise UnfitLabel(f"{source.name}, line {line}: {code!r} is no code such as box-0007.")
    if tier not in TIERS:
        raise UnfitLabel(f"{source.name}, line {line}: tier is box or can, not {tier!r}.")
    named = str(row.get("artwork") or "").strip()
    artwork = source.parent / named if named else None
    if artwork is not None:
        check_artwork(artwork)
    return Container(code=code, tier=tier, site=site, artwork=artwork)


def check_artwork(file: Path) -> None:
    """Refuse a picture that cannot be read, is too coarse or too large; raise `UnfitLabel`."""
    try:
        with Image.open(file) as image:
            wide, high = image.size
            kind = image.format
    except (OSError, Image.DecompressionBombError) as wrong:
        raise UnfitLabel(f"{file.name} is no picture: {wrong}") from None
    if kind not in ("PNG", "JPEG"):
        raise UnfitLabel(f"{file.name}: ask the acquirer for PNG or JPEG, not {kind}.")
    if wide * high > ARTWORK_PIXELS_MAX:
        raise UnfitLabel(f"{file.name} has more than {ARTWORK_PIXELS_MAX} pixels.")
    if min(wide, high) < ARTWORK_DPI_MIN * 70 / 25.4:
        raise UnfitLabel(
            f"{file.name} is {wide} x {high} pixels: too coarse to print 70 mm wide; ask the "
            "acquirer for a larger one, and do not enlarge it yourself."
        )


def info_of(texts: Texts, container: Container) -> str:
    """Return the address that the label's own code leads to."""
    return texts.info_url.format(code=container.code)


def of_tier(containers: Sequence[Container], tier: str) -> list[Container]:
    """Return the containers of one tier."""
    return [one for one in containers if one.tier == tier]
