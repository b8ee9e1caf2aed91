"""A photo is kept bare: nothing of where it was taken, whole pictures only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.errors import Malformed, ServerError, TooLarge
from jimpitan_server.domain.photo import PHOTO_BYTES_MAX, bare_jpeg

CANARY = b"Exif\x00\x00GPS -6.5571 106.2590 Siti"


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def photo(
    *apps: bytes, scan: bytes = b"\x12\xff\x00\x34\xff\xd0\x56", after: bytes = b""
) -> bytes:
    picture = segment(0xDB, bytes(64)) + segment(0xC0, bytes(9)) + segment(0xDA, bytes(8))
    return b"\xff\xd8" + b"".join(apps) + picture + scan + b"\xff\xd9" + after


def test_what_the_camera_wrote_is_cut_out_and_the_picture_stays():
    jfif, colours = segment(0xE0, b"JFIF\x00"), segment(0xEE, b"Adobe")
    spoken = [segment(0xE1, CANARY), segment(0xED, CANARY), segment(0xFE, CANARY)]
    given_photo = photo(jfif, *spoken, colours, after=b"MotionPhoto" + CANARY)
    assert given_photo.count(b"GPS") == 4
    bare = bare_jpeg(given_photo)
    assert bare == photo(jfif, colours)
    assert bare_jpeg(bare) == bare


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n",
        photo()[:-2],
        photo()[:40],
        b"\xff\xd8\xff\xd0" + photo()[2:],
        b"\xff\xd8\xff\xe1\x00\x01",
    ],
)
def test_what_is_no_whole_photo_is_refused(content):
    with pytest.raises(Malformed, match="no whole JPEG"):
        bare_jpeg(content)


def test_a_photo_is_bounded():
    with pytest.raises(TooLarge):
        bare_jpeg(b"\xff\xd8" + bytes(PHOTO_BYTES_MAX))


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_are_refused_or_come_out_without_a_camera_s_words(noise, at):
    content = photo()
    content = content[:at] + noise + content[at:]
    try:
        bare = bare_jpeg(content)
    except ServerError:
        return
    assert bare_jpeg(bare) == bare
    assert len(bare) <= len(content)
