"""How one acquirer signs its notifications: a value that is read from data and checked once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.signing import Algorithm, BodyForm, Encoding, Part, parts_of

NAME_LENGTH_MAX = 40
_TEMPLATE_LENGTH_MAX = 200
_WINDOW_MINUTES_MAX = 1440
_PATH_ENDS = ("/qr-mpm-notify", "/qr-mpm-notif")  # the second at Nicepay
# Which headers carry what, in the order in which they are looked for (SNAP BI).
DEFAULT_HEADERS: Mapping[str, tuple[str, ...]] = {
    "timestamp": ("X-TIMESTAMP",),
    "signature": ("X-SIGNATURE",),
    "external_id": ("X-EXTERNAL-ID",),
    "version": ("X-VERSION",),
}


class OutsideWindow(StrEnum):
    """What becomes of a message whose signature fits and whose time is far from ours."""

    HOLD = "hold"
    """It is kept, counted as provisional, and looked at: banks send again after hours."""
    REFUSE = "refuse"
    """It is refused: nothing but its time tells a replay from the first message."""


class ProfileUnsound(Malformed):
    """A profile that could recognise no message, or too many: correct the file."""

    code = "profile_unsound"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningProfile:
    """One scheme of signatures.

    `verified` says whether it was checked against a library that an acquirer itself publishes.
    """

    name: str
    scheme: str
    text: str
    algorithm: Algorithm
    encoding: Encoding
    body_forms: tuple[BodyForm, ...] = (BodyForm.RAW, BodyForm.MINIFIED)
    needs_token: bool = False
    window: timedelta = timedelta(minutes=15)
    outside_window: OutsideWindow = OutsideWindow.HOLD
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DEFAULT_HEADERS)
    path: str = "/v1.0/qr/qr-mpm-notify"
    verified: bool = False
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a profile under which a stranger's or a replayed message would look genuine."""
        wrong = self._fault()
        if wrong:
            raise ProfileUnsound(f"Profile {self.name[:NAME_LENGTH_MAX]!r}: {wrong}.")

    def _fault(self) -> str | None:
        """Return what is wrong with it, if anything is."""
        parts = parts_of(self.text)
        known = {part.value for part in Part}
        checks = (
            (0 < len(self.name) <= NAME_LENGTH_MAX, "its name has 1 to 40 characters"),
            (self.text.isascii() and len(self.text) <= _TEMPLATE_LENGTH_MAX, "its text is long"),
            (set(parts) <= known, "its text names a part that there is not"),
            ("{" not in self._without_parts(parts), "its text has a brace too many"),
            (Part.TIMESTAMP in parts, "its text must hold the timestamp"),
            (
                self.covers_body or Part.CLIENT in parts,
                "its text holds neither the digest of the body nor the client",
            ),
            (Part.TOKEN not in parts or self.needs_token, "a text with a token needs a token"),
            (bool(self.body_forms), "no form of the body"),
            (set(self.headers) == set(DEFAULT_HEADERS), "a header is missing or unknown"),
            (all(self.headers.values()), "a header has no name"),
            (is_notification_path(self.path), "its path is none of a notification"),
            (
                timedelta(0) < self.window <= timedelta(minutes=_WINDOW_MINUTES_MAX),
                "its window is between 1 minute and 24 hours",
            ),
            (
                self.algorithm is not Algorithm.RSA_SHA256 or self.encoding is Encoding.BASE64,
                "RSA signatures are written in base64",
            ),
        )
        return next((sentence for is_fine, sentence in checks if not is_fine), None)

    def _without_parts(self, parts: tuple[str, ...]) -> str:
        rest = self.text
        for part in parts:
            rest = rest.replace("{" + part + "}", "")
        return rest

    @property
    def covers_body(self) -> bool:
        """Whether the signature says anything about what the message says."""
        return Part.DIGEST in parts_of(self.text)

    @property
    def needs_url(self) -> bool:
        """Whether the bank signs our whole address."""
        return Part.URL in parts_of(self.text)

    @property
    def needs_version(self) -> bool:
        """Whether the version header is signed, and so must be there."""
        return Part.VERSION in parts_of(self.text)


def is_notification_path(path: str) -> bool:
    """Tell whether a path is one that notifications are sent to."""
    plain = path.partition("?")[0]
    return plain.startswith("/") and plain.endswith(_PATH_ENDS)


def signing_profile_of(name: str, described: object) -> SigningProfile:
    """Return the profile that data describe, or raise `ProfileUnsound` naming what is wrong."""
    if not isinstance(described, Mapping):
        raise ProfileUnsound(f"Profile {name!r}: it is no object with fields.")
    readers = {
        "scheme": _text,
        "text": _text,
        "algorithm": lambda value: Algorithm(_text(value)),
        "encoding": lambda value: Encoding(_text(value)),
        "body_forms": lambda value: tuple(BodyForm(one) for one in _texts(value)),
        "needs_token": _truth,
        "window_minutes": _minutes,
        "outside_window": lambda value: OutsideWindow(_text(value)),
        "headers": _headers,
        "path": _text,
        "verified": _truth,
        "sources": _texts,
    }
    fields: dict[str, object] = {}
    for key, value in described.items():
        if key not in readers:
            raise ProfileUnsound(f"Profile {name!r}: there is no field {key!r}.")
        try:
            fields[key] = readers[key](value)
        except ValueError:
            raise ProfileUnsound(f"Profile {name!r}: {key} cannot be {value!r}.") from None
    if "window_minutes" in fields:
        fields["window"] = fields.pop("window_minutes")
    try:
        return SigningProfile(name=name, **fields)  # type: ignore[arg-type]  # read above
    except TypeError:
        raise ProfileUnsound(
            f"Profile {name!r}: scheme, text, algorithm and encoding must be there."
        ) from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(value)
    return tuple(_text(one) for one in value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _minutes(value: object) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**6:
        raise ValueError(value)
    return timedelta(minutes=value)


def _headers(value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise ValueError(value)
    return {**DEFAULT_HEADERS, **{_text(key): _texts(names) for key, names in value.items()}}
