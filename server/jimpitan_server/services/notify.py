"""Looks at one notification of a bank: genuine or not, readable or not; nothing is kept here.

What is not genuine is refused before any transaction writes, so that a stranger cannot make
genuine messages wait. What is genuine goes on to `book_notification`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jimpitan_server.domain.bank_profile import OutsideWindow
from jimpitan_server.domain.money_errors import NotificationMalformed
from jimpitan_server.domain.notification import (
    BankNotification,
    parse_instant,
    read_notification,
)
from jimpitan_server.domain.partner import BankPartner, KeyPurpose
from jimpitan_server.domain.signing import texts_to_sign
from jimpitan_server.services.bank_message import (
    NOTIFY_SERVICE,
    BankAnswer,
    Message,
    RefusalReason,
    Refused,
    bad_request,
    check_header,
    general_error,
    timeout,
    too_many,
    unauthorized,
)
from jimpitan_server.services.ports_bank import IsSigned


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A genuine message, read as far as it can be."""

    message: Message
    partner: BankPartner
    external_id: str
    timestamp: str
    signature: str
    notification: BankNotification | None
    fault: NotificationMalformed | None
    held: bool


# SNAP BI, service 52 (ASPI code table as published by acquirers).
SUCCESSFUL = BankAnswer("2005200", "Successful")
BAD_REQUEST = bad_request(NOTIFY_SERVICE)
INVALID_TOKEN = BankAnswer("4015201", "Invalid Token (B2B)")
TOKEN_NOT_FOUND = BankAnswer("4015203", "Token Not Found (B2B)")
CONFLICT = BankAnswer("4095200", "Conflict")
INVALID_MERCHANT = BankAnswer("4045208", "Invalid Merchant")
TOO_MANY = too_many(NOTIFY_SERVICE)
GENERAL_ERROR = general_error(NOTIFY_SERVICE)
TIMEOUT = timeout(NOTIFY_SERVICE)


def check_client(message: Message, partner: BankPartner | None) -> BankPartner | Refused:
    """Return the partner that says it sent this, or the answer to a stranger."""
    wrong = check_header(NOTIFY_SERVICE, "X-PARTNER-ID", message.partner_id)
    if wrong is not None:
        return wrong
    if partner is None:
        return Refused(unauthorized(NOTIFY_SERVICE, "Unknown client"), RefusalReason.CLIENT)
    return partner


def check_headers(message: Message, partner: BankPartner) -> Refused | None:
    """Return what is wrong with the headers that this partner's messages must have."""
    wanted = ["timestamp", "signature", "external_id"]
    wanted += ["version"] if partner.profile.needs_version else []
    for meaning in wanted:
        names = partner.profile.headers[meaning]
        wrong = check_header(NOTIFY_SERVICE, names[0].upper(), message.header(names))
        if wrong is not None:
            return wrong
    return None


def check_token(message: Message, partner: BankPartner, *, holds: bool) -> Refused | None:
    """Return what is wrong with the access token, for partners that must bring one."""
    if not partner.profile.needs_token or (message.bearer and holds):
        return None
    if not message.bearer:
        return Refused(TOKEN_NOT_FOUND, RefusalReason.TOKEN_MISSING)
    return Refused(INVALID_TOKEN, RefusalReason.TOKEN)


def examine(message: Message, partner: BankPartner, is_signed: IsSigned) -> Examined | Refused:
    """Return a genuine message, read, or the answer to one that is not genuine."""
    if not partner.answers_at(message.path):
        return Refused(unauthorized(NOTIFY_SERVICE, "Signature"), RefusalReason.PATH)
    headers = {
        meaning: message.header(names) for meaning, names in partner.profile.headers.items()
    }
    if not _is_genuine(message, partner, headers, is_signed):
        return Refused(unauthorized(NOTIFY_SERVICE, "Signature"), RefusalReason.SIGNATURE)
    held = _is_outside(message, headers["timestamp"], partner)
    if held and partner.profile.outside_window is OutsideWindow.REFUSE:
        return Refused(unauthorized(NOTIFY_SERVICE, "Timestamp"), RefusalReason.WINDOW)
    notification, fault = None, None
    try:
        notification = read_notification(message.body)
    except NotificationMalformed as error:
        fault = error
    return Examined(
        message=message,
        partner=partner,
        external_id=headers["external_id"],
        timestamp=headers["timestamp"],
        signature=headers["signature"],
        notification=notification,
        fault=fault,
        held=held,
    )


def _is_genuine(
    message: Message, partner: BankPartner, headers: Mapping[str, str], is_signed: IsSigned
) -> bool:
    profile = partner.profile
    keys = partner.keys_for(KeyPurpose.NOTIFICATION, message.received_at)
    values = partner.signed_values(
        token=message.bearer, timestamp=headers["timestamp"], version=headers["version"]
    )
    return is_signed(
        algorithm=profile.algorithm,
        encoding=profile.encoding,
        keys=[key.material for key in keys],
        texts=texts_to_sign(profile.text, profile.body_forms, values, message.body),
        signature=headers["signature"],
    )


def _is_outside(message: Message, timestamp: str, partner: BankPartner) -> bool:
    """Tell whether a message is older or newer than its signature should be when it comes."""
    stated = parse_instant(timestamp)
    return stated is None or abs(message.received_at - stated) > partner.window
