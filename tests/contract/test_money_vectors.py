"""The server agrees with the vectors that other parts are checked against too."""

import base64
import json
from typing import Any

import pytest
from components import ROOT
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters import snap
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.entrypoints.format import format_rupiah

SNAP = json.loads((ROOT / "tests/contract/snap-s2-vectors.json").read_text(encoding="utf-8"))
RUPIAH = json.loads((ROOT / "tests/contract/rupiah-vectors.json").read_text(encoding="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("vector", SNAP["vectors"], ids=lambda vector: vector["name"])
def test_a_signature_counts_exactly_when_the_vector_says_so(vector: dict[str, Any]) -> None:
    body = base64.b64decode(vector["body_base64"])
    assert snap.minify(body).decode() == vector["minified"]
    genuine = snap.is_genuine(
        public_key_pem=SNAP["public_key_pem"],
        path=vector["path"],
        body=body,
        timestamp=vector["timestamp"],
        signature=vector["signature"],
    )
    assert genuine is vector["genuine"]


def test_we_sign_as_the_vectors_do() -> None:
    vector = SNAP["vectors"][0]
    signature = snap.sign(
        private_key_pem=SNAP["private_key_pem"],
        path=vector["path"],
        body=base64.b64decode(vector["body_base64"]),
        timestamp=vector["timestamp"],
    )
    assert signature == vector["signature"]


@given(JSON, st.sampled_from([None, 1, 4, "\t"]))
def test_minifying_changes_blanks_between_tokens_only(
    value: object, indent: int | str | None
) -> None:
    pretty = json.dumps(value, indent=indent, separators=(" , ", " : ")).encode()
    assert snap.minify(pretty) == json.dumps(value, separators=(",", ":")).encode()
    assert snap.minify(snap.minify(pretty)) == snap.minify(pretty)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_minified(body: bytes) -> None:
    assert len(snap.minify(body)) <= len(body)


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
