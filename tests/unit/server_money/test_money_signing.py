"""Profiles of signatures: what may be built, and what counts as signed under each."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from components import ROOT
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters import snap
from jimpitan_server.adapters.bank_profiles import profile_described, profile_named, ready_made
from jimpitan_server.domain.bank_profile import (
    OutsideWindow,
    ProfileUnsound,
    SigningProfile,
    signing_profile_of,
)
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.partner import (
    BankPartner,
    KeyPurpose,
    PartnerKey,
    is_shared_secret,
    wanted_keys,
)
from jimpitan_server.domain.signing import Algorithm, Encoding, Part, fill, texts_to_sign
from jimpitan_server.services.bank_partner import NewKey
from server_boxes import FRIDAY

SNAP = json.loads((ROOT / "tests/contract/snap-s2-vectors.json").read_text(encoding="utf-8"))
SECRET = "a-secret-that-the-bank-gave-us"
PATH, URL = "/snap/v1.0/qr/qr-mpm-notify", "https://box.example/snap/v1.0/qr/qr-mpm-notify"
TIMESTAMP, TOKEN, VERSION, CLIENT = "2026-11-20T10:00:00+07:00", "T0k3n", "2.0", "BANK-1"
BODY = b'{ "amount": {"value": "1000.00"}, "note": "sedekah \\/ infak  " }'
BLANKLESS = b'{"amount":{"value":"1000.00"},"note":"sedekah \\/ infak  "}'
VALUES = {
    Part.PATH: PATH,
    Part.URL: URL,
    Part.TOKEN: TOKEN,
    Part.TIMESTAMP: TIMESTAMP,
    Part.CLIENT: CLIENT,
    Part.VERSION: VERSION,
}
FIELDS: dict[str, object] = {
    "scheme": "S9",
    "text": "POST:{path}:{digest}:{timestamp}",
    "algorithm": "hmac-sha512",
    "encoding": "base64",
}


def signed_by_hand(name: str, body: bytes) -> str:
    """Return what a bank of a profile sends, written out apart from the server's code."""
    digest = hashlib.sha256(body).hexdigest()
    text = {
        "snap-symmetric": f"POST:{PATH}:{TOKEN}:{digest}:{TIMESTAMP}",
        "snap-symmetric-hex": f"POST:{PATH}:{TOKEN}:{digest}:{TIMESTAMP}",
        "snap-asymmetric": f"POST:{PATH}:{digest}:{TIMESTAMP}",
        "nicepay-like": f"{CLIENT}|{TIMESTAMP}",
        "yokke-like": f"POST:/qr/qr-mpm-notify:{digest}:{TIMESTAMP}",
        "ifortepay-like": f"{URL}:{VERSION}:{digest}:{TIMESTAMP}",
    }[name].encode()
    if name in {"snap-asymmetric", "nicepay-like"}:
        key = serialization.load_pem_private_key(SNAP["private_key_pem"].encode(), None)
        raw = key.sign(text, padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr, call-arg, arg-type]
        return base64.b64encode(raw).decode()
    raw = hmac.new(SECRET.encode(), text, hashlib.sha512).digest()
    return raw.hex() if name.endswith("hex") else base64.b64encode(raw).decode()


def counts(name: str, body: bytes, signature: str, **changed: str) -> bool:
    profile = profile_named(name)
    values = VALUES | {Part(part): value for part, value in changed.items()}
    is_rsa = profile.algorithm is Algorithm.RSA_SHA256
    return snap.is_signed(
        algorithm=profile.algorithm,
        encoding=profile.encoding,
        keys=[(SNAP["public_key_pem"] if is_rsa else SECRET).encode()],
        texts=texts_to_sign(profile.text, profile.body_forms, values, body),
        signature=signature,
    )


@pytest.mark.parametrize("name", ready_made())
def test_each_profile_takes_what_its_bank_signs_as_sent_and_minified(name: str) -> None:
    assert counts(name, BODY, signed_by_hand(name, BODY))
    assert counts(name, BODY, signed_by_hand(name, BLANKLESS))


@pytest.mark.parametrize("name", ready_made())
def test_a_body_written_again_is_another_body(name: str) -> None:
    again = json.dumps(json.loads(BODY)).encode()
    fits = counts(name, BODY, signed_by_hand(name, again))
    assert fits is (not profile_named(name).covers_body)


@pytest.mark.parametrize("name", ready_made())
@pytest.mark.parametrize("part", ["path", "url", "token", "timestamp", "client", "version"])
def test_each_signed_part_matters_and_no_other(name: str, part: str) -> None:
    signature = signed_by_hand(name, BODY)
    is_signed = "{" + part + "}" in profile_named(name).text
    assert counts(name, BODY, signature, **{part: "another"}) is not is_signed


@pytest.mark.parametrize("name", ready_made())
def test_a_signature_in_another_spelling_is_another_signature(name: str) -> None:
    signature = signed_by_hand(name, BODY)
    spellings = {signature.swapcase(), signature + "=", " " + signature, signature[:-1], ""}
    spellings |= {signature.upper(), signature.lower(), signature + "é", "A" * 3000}
    for spelling in spellings - {signature}:
        assert not counts(name, BODY, spelling)


def test_base64_with_other_spare_bits_is_refused() -> None:
    signature = signed_by_hand("snap-asymmetric", BODY)
    assert signature.endswith("==")
    other = signature[:-3] + chr(ord(signature[-3]) + 1) + "=="
    assert base64.b64decode(other) == base64.b64decode(signature)
    assert not counts("snap-asymmetric", BODY, other)


@given(at=st.integers(0, len(BODY) - 1), to=st.integers(0, 255))
def test_no_byte_of_a_covered_body_can_be_changed(at: int, to: int) -> None:
    changed = BODY[:at] + bytes([to]) + BODY[at + 1 :]
    is_blank_for_blank = BODY[at] in b" \t\r\n" and to in b" \t\r\n"
    fits = counts("snap-symmetric", changed, signed_by_hand("snap-symmetric", BLANKLESS))
    assert not fits or changed == BODY or is_blank_for_blank
    assert not counts("snap-asymmetric", changed, SIGNED) or changed == BODY


SIGNED = signed_by_hand("snap-asymmetric", BODY)


def test_a_value_is_never_read_as_a_template() -> None:
    assert fill("{path}:{token}", {Part.PATH: "{token}", Part.TOKEN: "x"}) == b"{token}:x"


WRONG: tuple[tuple[dict[str, object], str], ...] = (
    ({"text": "POST:{path}:{digest}"}, "timestamp"),
    ({"text": "POST:{path}:{timestamp}"}, "neither the digest"),
    ({"text": "{other}:{digest}:{timestamp}"}, "a part that there is not"),
    ({"text": "{digest}:{timestamp}{"}, "a brace too many"),
    ({"text": "{digest}:{timestamp}" + "x" * 200}, "long"),
    ({"text": "{token}:{digest}:{timestamp}"}, "needs a token"),
    ({"text": ""}, "text cannot be"),
    ({"algorithm": "md5"}, "algorithm cannot be"),
    ({"algorithm": "rsa-sha256", "encoding": "hex"}, "base64"),
    ({"encoding": 7}, "encoding cannot be"),
    ({"body_forms": []}, "no form"),
    ({"body_forms": "raw"}, "body_forms cannot be"),
    ({"body_forms": ["spaced"]}, "body_forms cannot be"),
    ({"needs_token": "yes"}, "needs_token cannot be"),
    ({"window_minutes": 0}, "window"),
    ({"window_minutes": True}, "window_minutes cannot be"),
    ({"outside_window": "forget"}, "outside_window cannot be"),
    ({"headers": {"colour": ["X-COLOUR"]}}, "header is missing or unknown"),
    ({"headers": {"version": []}}, "no name"),
    ({"headers": "X"}, "headers cannot be"),
    ({"path": "/somewhere"}, "path"),
    ({"speed": 1}, "no field"),
)


@pytest.mark.parametrize(("changed", "sentence"), WRONG)
def test_an_unsound_profile_is_named_as_such(changed: dict[str, object], sentence: str) -> None:
    with pytest.raises(ProfileUnsound, match=sentence):
        signing_profile_of("mine", FIELDS | changed)


def test_a_profile_of_ones_own_is_read_whole_or_refused() -> None:
    described = FIELDS | {
        "headers": {"signature": ["X-SIGN", "X-SIGNATURE"]},
        "window_minutes": 5,
        "outside_window": "refuse",
    }
    profile = profile_described("mine", json.dumps(described))
    assert profile.headers["signature"] == ("X-SIGN", "X-SIGNATURE")
    assert profile.headers["timestamp"] == ("X-TIMESTAMP",)
    assert (profile.window, profile.outside_window) == (timedelta(minutes=5), OutsideWindow.REFUSE)
    for text in ("[]", "{", "[" * 9000, '{"scheme": "S1"}', " " * 20_000):
        with pytest.raises(ProfileUnsound):
            profile_described("mine", text)
    with pytest.raises(ProfileUnsound, match="1 to 40"):
        signing_profile_of("m" * 41, FIELDS)
    with pytest.raises(ProfileUnsound, match="snap-asymmetric"):
        profile_named("another")


def partner(**changed: Any) -> BankPartner:
    given = {"partner_id": "BANK-1", "account": "bsi-1", "profile": profile_named("yokke-like")}
    return BankPartner(**given | changed)


IFORTE = {"profile": profile_named("ifortepay-like")}


@pytest.mark.parametrize(
    "changed",
    [
        {"partner_id": ""},
        {"partner_id": "é"},
        {"client_key": "x" * 37},
        {"path": "/elsewhere"},
        {"token_path": "/token"},
        {"token_path": "access-token/b2b"},
        {"path": "/" + "x" * 200 + "/qr-mpm-notify"},
        {"path": "/é/qr-mpm-notify"},
        {"url": "https://x/v1.0/qr/qr-mpm-notify"},
        {"window": timedelta(0)},
        IFORTE,
        IFORTE | {"url": "https://x/other"},
    ],
)
def test_a_partner_that_could_not_be_recognised_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        partner(**changed)


def test_a_partner_says_what_it_signs_and_where() -> None:
    found = partner(client_key="CLIENT-1", token_path="/snap/v1.0/access-token/b2b")
    assert (found.client, partner().client) == ("CLIENT-1", "BANK-1")
    assert found.gives_tokens_at("/v1.0/access-token/b2b")
    assert not found.gives_tokens_at("/v2.0/access-token/b2b")
    url = "https://x/v1.0/qr/qr-mpm-notify"
    values = partner(**IFORTE, url=url).signed_values(token="t", timestamp="z", version="2")
    assert (values[Part.URL], values[Part.VERSION]) == (url, "2")


def key(number: int, *, since: int, until: int | None = None, **changed: Any) -> PartnerKey:
    given = {
        "key_id": number,
        "purpose": KeyPurpose.NOTIFICATION,
        "material": b"never shown",
        "valid_from": FRIDAY + timedelta(hours=since),
        "valid_until": None if until is None else FRIDAY + timedelta(hours=until),
    }
    return PartnerKey(**given | changed)


def test_keys_overlap_and_each_counts_in_its_time_only() -> None:
    keys = (
        key(1, since=-9, until=2),
        key(2, since=0),
        key(3, since=3),
        key(4, since=-1, purpose=KeyPurpose.TOKEN),
    )
    found = partner(keys=keys)

    def at(hours: int) -> list[int]:
        now = FRIDAY + timedelta(hours=hours)
        return [one.key_id for one in found.keys_for(KeyPurpose.NOTIFICATION, now)]

    assert [at(hours) for hours in (-10, -1, 1, 2, 4)] == [[], [1], [2, 1], [2], [3, 2]]
    many = partner(keys=tuple(key(number, since=-number) for number in range(1, 9)))
    assert len(many.keys_for(KeyPurpose.NOTIFICATION, FRIDAY)) == 4
    assert "never shown" not in repr(key(1, since=0))
    with pytest.raises(Malformed):
        NewKey(purpose=KeyPurpose.TOKEN, text="", valid_from=FRIDAY, valid_until=FRIDAY)


def test_a_profile_says_which_keys_it_needs() -> None:
    named = {name: wanted_keys(profile) for name, profile in ready_made().items()}
    both = (KeyPurpose.NOTIFICATION, KeyPurpose.TOKEN)
    assert {name for name, keys in named.items() if keys == both} == {
        "snap-symmetric",
        "snap-symmetric-hex",
    }
    asymmetric: SigningProfile = profile_named("snap-asymmetric")
    assert not is_shared_secret(asymmetric, KeyPurpose.NOTIFICATION)
    assert is_shared_secret(profile_named("yokke-like"), KeyPurpose.NOTIFICATION)
    assert is_shared_secret(asymmetric, KeyPurpose.REQUEST_SECRET)
    assert Encoding("hex") is profile_named("snap-symmetric-hex").encoding


def test_a_secret_that_could_be_guessed_is_refused() -> None:
    for secret in ("short", "x" * 1025, "a secret with a\nline end", "rahasia-panjang-é"):
        with pytest.raises(Malformed):
            snap.check_secret(secret)
    snap.check_secret(SECRET)


def test_what_is_no_private_key_of_ours_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519

    other = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for pem in ("", SNAP["public_key_pem"], other.decode()):
        with pytest.raises(Malformed):
            snap.read_private_key(pem)
