"""What a bank signs, as text: put together from a request, byte for byte, and never parsed.

A signature covers the digest of a body as it was sent, or of the same bytes without the blanks
between their tokens. There is no third form: a body that is parsed and written again is another
body (numbers, escapes and letters outside ASCII come out differently).
"""

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum

# A text with its quotes, which is kept, or blanks outside of any, which are not (RFC 8259).
_TEXTS_AND_BLANKS = re.compile(rb'("(?:[^"\\]|\\.)*+")|[ \t\r\n]+', re.DOTALL)
_PLACE = re.compile(r"\{([a-z]+)\}")


class Algorithm(StrEnum):
    """How a text is signed."""

    RSA_SHA256 = "rsa-sha256"
    """SHA256withRSA, PKCS#1 v1.5: the bank's private key, we hold the public one."""
    HMAC_SHA512 = "hmac-sha512"
    """HMAC-SHA512 under a secret that the bank and we share."""


class Encoding(StrEnum):
    """How the bytes of a signature are written into a header."""

    BASE64 = "base64"
    """Case matters."""
    HEX = "hex"
    """Lower case."""


class BodyForm(StrEnum):
    """Which bytes of a body the digest is made of."""

    RAW = "raw"
    """As they came."""
    MINIFIED = "minified"
    """Without the blanks between tokens; texts inside stay untouched."""


class Part(StrEnum):
    """What a text to sign may hold."""

    PATH = "path"
    """The path as the bank registered it, whatever a proxy made of it."""
    URL = "url"
    """The whole address as the bank registered it."""
    TOKEN = "token"  # noqa: S105  (the name of a part)
    """The access token that we gave out."""
    DIGEST = "digest"
    """Hex of the SHA-256 of the body, in lower case."""
    TIMESTAMP = "timestamp"
    """X-TIMESTAMP, letter for letter."""
    CLIENT = "client"
    """The bank's name at our door."""
    VERSION = "version"
    """X-VERSION, letter for letter."""


def minify(body: bytes) -> bytes:
    """Return a JSON text without the blanks between its tokens; texts inside stay untouched."""
    return _TEXTS_AND_BLANKS.sub(rb"\1", body)


def parts_of(template: str) -> tuple[str, ...]:
    """Return the names of the parts that a template holds, in its order."""
    return tuple(_PLACE.findall(template))


def fill(template: str, values: Mapping[Part, str]) -> bytes:
    """Return a template with its parts filled in once, so that no value is read as a template."""
    return _PLACE.sub(lambda found: values[Part(found.group(1))], template).encode()


def texts_to_sign(
    template: str, forms: tuple[BodyForm, ...], values: Mapping[Part, str], body: bytes
) -> list[bytes]:
    """Return every text that the signature of a request may be of, each once."""
    if Part.DIGEST not in parts_of(template):
        return [fill(template, values)]
    bodies = [body if form is BodyForm.RAW else minify(body) for form in forms]
    return [
        fill(template, {**values, Part.DIGEST: hashlib.sha256(one).hexdigest()})
        for one in dict.fromkeys(bodies)
    ]
