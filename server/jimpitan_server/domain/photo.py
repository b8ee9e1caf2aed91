"""A photo without what cameras write into it: where it was taken, with what, by whom.

A JPEG (ITU-T T.81, annex B) is a chain of segments, each a marker with a length; only those that
a picture needs are kept. What stands behind its end is cut off.
"""

from jimpitan_server.domain.errors import Malformed, TooLarge

PHOTO_BYTES_MAX = 400 * 1024
START, END, SCAN = b"\xff\xd8", 0xD9, 0xDA
# APP0 says that it is a JPEG file, APP14 how colours were turned (Adobe): no picture without.
KEPT_APPS = {0xE0, 0xEE}
APPS, COMMENT = range(0xE0, 0xF0), 0xFE
RESTARTS = range(0xD0, 0xD8)


def bare_jpeg(content: bytes) -> bytes:
    """Return the picture alone, or refuse what is no JPEG."""
    if len(content) > PHOTO_BYTES_MAX:
        raise TooLarge(f"A photo has at most {PHOTO_BYTES_MAX} bytes.")
    if content[:2] != START:
        raise _no_photo()
    kept, at = [START], 2
    while True:
        marker, end = _segment(content, at)
        if marker == END:
            kept.append(content[at:end])
            return b"".join(kept)
        if marker == SCAN:
            end = _end_of_scan(content, end)
        if marker in KEPT_APPS or (marker not in APPS and marker != COMMENT):
            kept.append(content[at:end])
        at = end


def _segment(content: bytes, at: int) -> tuple[int, int]:
    """Return the marker of the segment at a place, and where the segment ends."""
    if at + 2 > len(content) or content[at] != 0xFF:
        raise _no_photo()
    marker = content[at + 1]
    if marker == END:
        return marker, at + 2
    length = int.from_bytes(content[at + 2 : at + 4], "big")
    if marker < 0xC0 or marker in RESTARTS or length < 2 or at + 2 + length > len(content):
        raise _no_photo()
    return marker, at + 2 + length


def _end_of_scan(content: bytes, at: int) -> int:
    """Return where the next marker stands: in a scan, FF is followed by 00 or a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise _no_photo()
        if content[at + 1] != 0 and content[at + 1] not in RESTARTS:
            return at
        at += 2


def _no_photo() -> Malformed:
    return Malformed("This is no whole JPEG photo.", code="photo_unsound")
