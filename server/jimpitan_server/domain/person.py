"""What holds for the people who log in: who may be let out, and how long a link holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from jimpitan_server.domain.errors import Conflict
from jimpitan_server.domain.ids import UserId
from jimpitan_server.domain.user import Role

# Long enough to be passed on by a message and opened in the evening; a first admin is quicker.
INVITATION_VALID = timedelta(days=7)
FIRST_ADMIN_VALID = timedelta(hours=24)
# What stands where a password would, until a person sets one: no hash looks like it.
NO_PASSWORD = "!"  # noqa: S105  # it is what stands in place of one


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may log in, as an admin sees it; nothing here lets anybody in."""

    user_id: UserId
    login_name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool
    logins: int
    last_login_at: datetime | None
    invited_until: datetime | None


def check_may_be_disabled(person: Person, everybody: Iterable[Person], *, actor: str) -> None:
    """Refuse to lock out oneself, or the last admin who can let others in."""
    if person.user_id == actor:
        raise Conflict("Nobody disables himself: another admin does.", code="person_own")
    admins = [
        one
        for one in everybody
        if one.role is Role.ADMIN and one.disabled_at is None and one.has_password
    ]
    if [one.user_id for one in admins] == [person.user_id]:
        raise Conflict("The last admin who can log in stays.", code="person_last_admin")
