"""The server agrees with the vectors that other parts are checked against too."""

import base64
import json
from typing import Any

import pytest
from components import ROOT
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters import snap
from jimpitan_server.adapters.bank_profiles import profile_named
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.signing import Algorithm, Encoding, Part, minify, texts_to_sign
from jimpitan_server.entrypoints.format import format_rupiah

SNAP = json.loads((ROOT / "tests/contract/snap-s2-vectors.json").read_text(encoding="utf-8"))
RUPIAH = json.loads((ROOT / "tests/contract/rupiah-vectors.json").read_text(encoding="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def texts_of(vector: dict[str, Any]) -> list[bytes]:
    """Return what the signature of a vector may be of, in the standard asymmetric scheme."""
    profile = profile_named("snap-asymmetric")
    values = {Part.PATH: vector["path"], Part.TIMESTAMP: vector["timestamp"]}
    body = base64.b64decode(vector["body_base64"])
    return texts_to_sign(profile.text, profile.body_forms, values, body)


@pytest.mark.parametrize("vector", SNAP["vectors"], ids=lambda vector: vector["name"])
def test_a_signature_counts_exactly_when_the_vector_says_so(vector: dict[str, Any]) -> None:
    body = base64.b64decode(vector["body_base64"])
    assert minify(body).decode() == vector["minified"]
    genuine = snap.is_signed(
        algorithm=Algorithm.RSA_SHA256,
        encoding=Encoding.BASE64,
        keys=[SNAP["public_key_pem"].encode()],
        texts=texts_of(vector),
        signature=vector["signature"],
    )
    assert genuine is vector["genuine"]


def test_we_sign_as_the_vectors_do() -> None:
    vector = SNAP["vectors"][0]
    signature = snap.sign(
        algorithm=Algorithm.RSA_SHA256,
        encoding=Encoding.BASE64,
        key=SNAP["private_key_pem"].encode(),
        text=texts_of(vector)[0],
    )
    assert signature == vector["signature"]


@given(JSON, st.sampled_from([None, 1, 4, "\t"]))
def test_minifying_changes_blanks_between_tokens_only(
    value: object, indent: int | str | None
) -> None:
    pretty = json.dumps(value, indent=indent, separators=(" , ", " : ")).encode()
    assert minify(pretty) == json.dumps(value, separators=(",", ":")).encode()
    assert minify(minify(pretty)) == minify(pretty)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_minified(body: bytes) -> None:
    assert len(minify(body)) <= len(body)


def test_what_is_no_trusted_key_is_refused() -> None:
    for pem in ("", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
        with pytest.raises(Malformed):
            snap.read_public_key(pem)


def test_a_weak_or_foreign_key_is_refused() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    for key in (
        rsa.generate_private_key(public_exponent=65537, key_size=1024),
        ed25519.Ed25519PrivateKey.generate(),
    ):
        pem = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with pytest.raises(Malformed):
            snap.read_public_key(pem.decode())


@pytest.mark.parametrize("vector", RUPIAH["vectors"], ids=lambda vector: str(vector["amount_idr"]))
def test_money_is_written_as_the_vectors_say(vector: dict[str, Any]) -> None:
    assert format_rupiah(Rupiah(vector["amount_idr"])) == vector["text"]
