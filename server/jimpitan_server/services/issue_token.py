"""Gives a bank an access token (SNAP service 73) on its signature over its name and the time."""

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from jimpitan_server.domain.notification import parse_instant
from jimpitan_server.domain.partner import BankPartner, KeyPurpose
from jimpitan_server.domain.signing import Algorithm, Encoding
from jimpitan_server.services.bank_message import (
    CLIENT_HEADERS,
    TOKEN_SERVICE,
    BankAnswer,
    Message,
    RefusalReason,
    Refused,
    bad_request,
    check_header,
    invalid_field,
    mandatory_field,
    unauthorized,
)
from jimpitan_server.services.ports_bank import IsSigned, TokenRow, TokenStore

# 15 minutes at every acquirer that documents it (Qoin, Paycloud, DOKU).
TOKEN_VALID = timedelta(seconds=900)
TOKEN_WINDOW = timedelta(minutes=15)
TOKEN_BYTES = 32
# A bank with as many workers as anybody has; the oldest end when there are more.
TOKENS_KEPT_MAX = 64
GRANT = "client_credentials"
TOKEN_SUCCESSFUL = BankAnswer("2007300", "Successful")
INVALID_SIGNATURE = BankAnswer("4017300", "Unauthorized. Invalid Signature")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, in the one moment in which it is known."""

    text: str
    expires_in_s: int


def digest_of(token: str) -> bytes:
    """Return what is kept of a token; it has 256 random bits, so a fast digest is enough."""
    return sha256(token.encode()).digest()


def check_token_headers(message: Message) -> Refused | None:
    """Return what is wrong with the headers, before anything is looked up."""
    for name in (CLIENT_HEADERS[0], "X-TIMESTAMP", "X-SIGNATURE"):
        wrong = check_header(TOKEN_SERVICE, name, message.header((name,)))
        if wrong is not None:
            return wrong
    if parse_instant(message.header(("X-TIMESTAMP",))) is None:
        return Refused(invalid_field(TOKEN_SERVICE, "X-TIMESTAMP"), RefusalReason.HEADER)
    return None


def check_token_request(
    message: Message, partner: BankPartner | None, is_signed: IsSigned
) -> Refused | None:
    """Return why this request gets no token, or None when it is the partner's own."""
    if partner is None:
        return _nobody("Unknown client", RefusalReason.CLIENT)
    if not partner.gives_tokens_at(message.path):
        return Refused(INVALID_SIGNATURE, RefusalReason.PATH)
    timestamp = message.header(("X-TIMESTAMP",))
    keys = partner.keys_for(KeyPurpose.TOKEN, message.received_at)
    if not is_signed(
        algorithm=Algorithm.RSA_SHA256,
        encoding=Encoding.BASE64,
        keys=[key.material for key in keys],
        texts=[f"{partner.client}|{timestamp}".encode()],
        signature=message.header(("X-SIGNATURE",)),
    ):
        return Refused(INVALID_SIGNATURE, RefusalReason.SIGNATURE)
    stated = parse_instant(timestamp)
    if stated is None or abs(message.received_at - stated) > TOKEN_WINDOW:
        return _nobody("Timestamp", RefusalReason.WINDOW)
    return _check_grant(message.body)


def _nobody(what: str, reason: RefusalReason) -> Refused:
    return Refused(unauthorized(TOKEN_SERVICE, what), reason)


def _check_grant(body: bytes) -> Refused | None:
    """Return what is wrong with the body; acquirers spell its one field in two ways."""
    try:
        asked = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return Refused(bad_request(TOKEN_SERVICE), RefusalReason.BODY)
    if not isinstance(asked, dict):
        return Refused(bad_request(TOKEN_SERVICE), RefusalReason.BODY)
    grant = asked.get("grantType", asked.get("grant_type"))
    if grant in (None, ""):
        return Refused(mandatory_field(TOKEN_SERVICE, "grantType"), RefusalReason.BODY)
    if grant != GRANT:
        return Refused(invalid_field(TOKEN_SERVICE, "grantType"), RefusalReason.BODY)
    return None


async def issue_token(store: TokenStore, message: Message, partner: BankPartner) -> Token:
    """Give a partner a new token; those it has go on counting until they end."""
    text = secrets.token_urlsafe(TOKEN_BYTES)
    row = TokenRow(
        token_sha256=digest_of(text),
        partner_id=partner.partner_id,
        issued_at=message.received_at,
        expires_at=message.received_at + TOKEN_VALID,
    )
    await store.add_token(row, kept_max=TOKENS_KEPT_MAX)
    return Token(text, int(TOKEN_VALID.total_seconds()))
