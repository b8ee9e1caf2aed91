"""Words on labels: Indonesian first, English below and smaller, all of it there; each can fail."""

import json
from dataclasses import replace

import pytest
from jimpitan_hardware import cli, label_page, label_reading, label_sheets, labels
from jimpitan_hardware.label_page import REGULAR, Room, Style
from jimpitan_hardware.labels import Container, UnfitLabel
from typer.testing import CliRunner

TEXTS = labels.load_texts()
PAGES = {
    tier: {0: labels.of_tier(labels.load_containers(), tier)[0]} for tier in label_sheets.KINDS
}
TIERS = list(PAGES)


def drawn(tier, change=None, texts=TEXTS):
    """Return a label as PDF, with something drawn over it."""
    kind = label_sheets.KINDS[tier]

    def draw(canvas, x, y, texts, container):
        kind.draw(canvas, x, y, texts, container)
        if change is not None:
            change(label_page.Label(canvas, x, y))

    return label_sheets.single(replace(kind, draw=draw), texts, list(PAGES[tier].values()))


def other_english(**values):
    """Return the texts with another English sentence."""
    return replace(TEXTS, english=replace(TEXTS.english, **values))


@pytest.mark.parametrize("tier", TIERS)
def test_every_sentence_stands_in_both_languages_and_in_its_place(tier):
    content = drawn(tier)
    assert label_reading.check_words(content, TEXTS, PAGES[tier]) == []
    assert label_reading.check_order(content, TEXTS, PAGES[tier]) == []
    assert label_reading.check_room(content, label_sheets.KINDS[tier], PAGES[tier]) == []


def test_every_sentence_but_names_has_its_english():
    said = label_reading.wanted(TEXTS, PAGES["box"][0]) | label_reading.wanted(
        TEXTS, PAGES["can"][0]
    )
    names = {"programme", "owner", "receiver", "hashtag", "code", "site"}
    alone = {name for name in said if not name.startswith("english.")} - names
    assert {f"english.{name}" for name in alone} <= set(said)


@pytest.mark.parametrize(("tier", "name"), [("box", "education"), ("can", "info_hint")])
def test_a_missing_english_sentence_is_found(tier, name):
    other = other_english(**{name: "Something else that nobody drew"})
    wrong = label_reading.check_words(drawn(tier), other, PAGES[tier])
    assert wrong == [
        f"{PAGES[tier][0].code}: english.{name} is missing: 'Something else that nobody drew'."
    ]


def test_english_that_is_left_out_by_the_drawing_is_found(monkeypatch):
    def alone(self, words, english, room, style):
        self.text(words, room, style)

    monkeypatch.setattr(label_page.Label, "pair", alone)
    wrong = label_reading.check_words(drawn("box"), TEXTS, PAGES["box"])
    assert len(wrong) == 11
    assert all("english." in sentence for sentence in wrong)


def test_english_above_or_as_large_is_found(monkeypatch):
    right = label_page.Label.pair

    def turned(self, words, english, room, style):
        right(self, english, words, room, style)

    monkeypatch.setattr(label_page.Label, "pair", turned)
    wrong = label_reading.check_order(drawn("can"), TEXTS, PAGES["can"])
    assert "can-0001: the English of contact is not below it." in wrong
    assert "can-0001: the English of contact is not smaller." in wrong
    assert "can-0001: the English of contact does not lean." in wrong
    monkeypatch.setattr(label_page.Label, "pair", right)
    monkeypatch.setattr(label_page, "ENGLISH_SHARE", 1.0)
    larger = label_reading.check_order(drawn("can"), TEXTS, PAGES["can"])
    assert larger[0] == "can-0001: the English of contact is not smaller."


@pytest.mark.parametrize(
    ("right_mm", "down_mm", "font", "fault"),
    [
        (0, 0, "Helvetica-Oblique", None),
        (0, 2, "Helvetica-Oblique", "is too far below it"),
        (60, 0, "Helvetica-Oblique", "is beside it"),
        (0, 0, "Helvetica", "does not lean"),
    ],
)
def test_english_apart_beside_or_upright_is_found(monkeypatch, right_mm, down_mm, font, fault):
    right = label_page.Label.pair

    def apart(self, words, english, room, style):
        if words != TEXTS.receiver_hint:
            right(self, words, english, room, style)
            return
        self.text(words, Room(room.x, room.y + 5, room.width, 5), Style(REGULAR, 12, 8))
        below = Room(room.x + right_mm, room.y - down_mm, 90, 4.6)
        self.text(english, below, Style(font, 8.9, 7))

    monkeypatch.setattr(label_page.Label, "pair", apart)
    wrong = label_reading.check_order(drawn("box"), TEXTS, PAGES["box"])
    said = f"box-0001: the English of receiver_hint {fault}."
    assert wrong == ([said] if fault else [])


def test_a_sentence_in_pieces_is_found(monkeypatch):
    right = label_page.Label._set

    def swapped(self, lines, room, style):
        right(self, [*lines[1:], lines[0]] if len(lines) > 3 else lines, room, style)

    monkeypatch.setattr(label_page.Label, "_set", swapped)
    wrong = label_reading.check_order(drawn("box"), TEXTS, PAGES["box"])
    assert "box-0001: education is not set in one piece in both languages." in wrong


@pytest.mark.parametrize(
    ("room", "sentence"),
    [
        (Room(124, 108, 40, 9), None),
        (Room(-1, 108, 40, 9), "box-0001: 'Kertas' is cut off."),
        (Room(171, 108, 40, 9), "box-0001: 'Kertas' is cut off."),
        (Room(20, -6, 40, 7), "box-0001: 'Kertas' is cut off."),
        (Room(12, 84, 60, 9), "lie on each other."),
        (Room(134, 160, 40, 9), "lie on each other."),  # over the code, which is no text
    ],
)
def test_a_line_in_the_knife_or_on_another_is_found(room, sentence):
    content = drawn("box", lambda label: label.text("Kertas", room, Style(REGULAR, 12, 8)))
    wrong = label_reading.check_room(content, label_sheets.KINDS["box"], PAGES["box"])
    assert len(wrong) == (sentence is not None)
    assert all(fault.endswith(sentence) for fault in wrong)


def test_a_line_on_the_artwork_is_found(tmp_path):
    from PIL import Image

    Image.new("RGB", (840, 1000), (200, 30, 40)).save(tmp_path / "asli.png")
    box = Container(code="box-0007", tier="box", site="", artwork=tmp_path / "asli.png")
    kind = label_sheets.KINDS["box"]
    content = label_sheets.single(kind, TEXTS, [box])
    assert label_reading.check_words(content, TEXTS, {0: box}) == []
    assert label_reading.check_room(content, kind, {0: box}) == []
    tall = replace(kind, draw=lambda *given: (kind.draw(*given), over(given))[0])

    def over(given):
        label = label_page.Label(*given[:3])
        label.text("Kertas", Room(40, 150, 30, 9), Style())

    (fault,) = label_reading.check_room(label_sheets.single(tall, TEXTS, [box]), kind, {0: box})
    assert "'Kertas' lie on each other" in fault


def test_a_label_whose_code_is_not_found_is_told(monkeypatch):
    assert label_reading.check_code_square(drawn("can"), PAGES["can"]) == []
    monkeypatch.setattr(label_page.Label, "code", lambda *given: None)
    wrong = label_reading.check_code_square(drawn("can"), PAGES["can"])
    assert wrong == ["can-0001: its code is not found as a square."]


def test_full_sheets_show_the_codes_of_their_own_containers(monkeypatch):
    kind = label_sheets.KINDS["can"]
    cans = [Container(code=f"can-{number:04}", tier="can", site="") for number in range(1, 13)]
    content = label_sheets.many(kind, TEXTS, cans)
    assert label_sheets.check_sheets(content, kind, TEXTS, cans) == []
    other = [*cans[:-1], replace(cans[-1], code="can-0099")]
    wrong = label_sheets.check_sheets(content, kind, TEXTS, other)
    assert wrong[0] == "Sheet 2: 1 of 2 codes are read at 100 dpi, and 1 others."
    monkeypatch.setattr(label_page.Label, "code", lambda *given: None)
    bare = label_sheets.many(kind, TEXTS, cans[:1])
    assert "0 of 1 codes" in label_sheets.check_sheets(bare, kind, TEXTS, cans[:1])[0]


def test_an_office_changes_both_languages(tmp_path):
    content = json.loads(labels.TEXTS.read_text())
    content["motivation"] = "Ayo mulai hari ini"
    content["english"]["motivation"] = "Start today"
    (tmp_path / "kantor.json").write_text(json.dumps(content))
    (tmp_path / "kotak.csv").write_text("code,tier,site,artwork\nbox-0107,box,Kantor,\n")
    words = ["labels", "--texts", str(tmp_path / "kantor.json")]
    words += ["--containers", str(tmp_path / "kotak.csv"), "--into", str(tmp_path)]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.output
    assert "ok    labels: stickers (all 1): every sentence Indonesian, English" in done.output
    said = [one.words for one in label_reading.ink(_made(tmp_path), 0)]
    assert said[said.index("Ayo mulai hari ini") + 1] == "Start today"


def _made(folder):
    return (folder / "label" / "stickers.pdf").read_bytes()


def test_english_too_long_for_its_place_is_refused():
    with pytest.raises(UnfitLabel, match=r"'Word Word .* is too long for its place"):
        drawn("box", texts=other_english(receiver_warning="Word " * 70))


def test_a_sample_says_that_it_is_one(tmp_path):
    rows = "".join(f"can-{number:04},can,Ruang,\n" for number in range(1, 15))
    (tmp_path / "kaleng.csv").write_text(f"code,tier,site,artwork\n{rows}")
    words = ["labels", "--texts", str(labels.TEXTS), "--into", str(tmp_path)]
    words += ["--containers", str(tmp_path / "kaleng.csv")]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.output
    assert "labels: can-labels (a sample of 12 of 14): codes read" in done.output
    assert "all is well" in " ".join(done.output.split())


def test_many_labels_are_sampled_from_the_first_to_the_last():
    some = [Container(code=f"can-{n}", tier="can", site="") for n in range(1, 101)]
    pages = label_sheets.sampled(some)
    assert len(pages) == label_sheets.SAMPLE_MAX
    assert (min(pages), max(pages)) == (0, 99)
    assert all(some[page] is one for page, one in pages.items())
    assert label_sheets.sampled(some[:4]) == dict(enumerate(some[:4]))
    assert label_sheets.sampled(some[:1]) == {0: some[0]}
