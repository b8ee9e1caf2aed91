"""Turns what a person hands in as a partner's key into what is kept of it."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jimpitan_server.adapters import snap
from jimpitan_server.adapters.database.bank_partner_rows import key_purpose
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.domain.bank_profile import SigningProfile
from jimpitan_server.domain.partner import KeyPurpose, is_shared_secret
from jimpitan_server.services.bank_partner import NewKey

FINGERPRINT_LENGTH = 32  # hex digits: enough to tell keys apart when two people compare them


def kept_key(
    partner_id: str,
    profile: SigningProfile,
    new: NewKey,
    *,
    master: MasterKey,
    actor: str,
    now: datetime,
) -> Mapping[str, Any]:
    """Return the row of a key: a public one as it is, a secret wrapped for this partner only."""
    public_pem, secret, fingerprint = _material(profile, new)
    bound = key_purpose(partner_id, new.purpose.value)
    return {
        "partner_id": partner_id,
        "purpose": new.purpose.value,
        "fingerprint": fingerprint,
        "public_pem": public_pem,
        "wrapped": None if secret is None else master.wrap(secret.encode(), purpose=bound),
        "valid_from": new.valid_from or now,
        "valid_until": new.valid_until,
        "added_by": actor,
        "added_at": now,
    }


def _material(profile: SigningProfile, new: NewKey) -> tuple[str | None, str | None, str]:
    """Return (public PEM, secret, fingerprint); of a shared secret nothing is ever shown."""
    if is_shared_secret(profile, new.purpose):
        secret = new.text.strip("\r\n")
        snap.check_secret(secret)
        return None, secret, "-"
    if new.purpose is KeyPurpose.REQUEST_KEY:
        private = snap.read_private_key(new.text)
        public = private.public_key()
        return None, new.text, _fingerprint(public.public_bytes(Encoding.DER, _SPKI))
    key = snap.read_public_key(new.text)
    pem = key.public_bytes(Encoding.PEM, _SPKI).decode()
    return pem, None, _fingerprint(key.public_bytes(Encoding.DER, _SPKI))


_SPKI = PublicFormat.SubjectPublicKeyInfo


def _fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()[:FINGERPRINT_LENGTH]
