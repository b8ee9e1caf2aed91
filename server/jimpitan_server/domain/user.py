"""The people who log in, and what their role lets them do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jimpitan_server.domain.ids import UserId


class Role(StrEnum):
    """What a person may do; each role is a person's whole right, none contains another."""

    ADMIN = "admin"
    """Sets up boxes, gateways and people, and may look at everything."""
    COLLECTOR = "collector"
    """Opens boxes and counts; sees no expectation before the count is in."""
    TREASURER = "treasurer"
    """Receives money and brings it to the bank."""
    AUDITOR = "auditor"
    """Looks at everything and changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person as the server keeps it."""

    user_id: UserId
    login_name: str
    role: Role
    password_hash: str
    is_disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login that still holds. Forms and scripts must send back its `csrf_token`."""

    user_id: UserId
    login_name: str
    role: Role
    csrf_token: str
    expires_at: datetime
    phone_id: str | None = None
