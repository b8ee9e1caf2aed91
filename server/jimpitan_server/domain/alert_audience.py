"""Who is told of an alert: the owner first, then one role after the other until somebody looks."""

from collections.abc import Sequence

from jimpitan_server.domain.alert import AlertKind, Condition
from jimpitan_server.domain.case_action import Person
from jimpitan_server.domain.discrepancy import RecordFinding, TamperFinding
from jimpitan_server.domain.severity import THIEVES_SIGNS
from jimpitan_server.domain.user import Role

PEOPLE_MAX = 200
Levels = tuple[frozenset[Role], ...]
_ADMIN, _TREASURER, _AUDITOR = (
    frozenset({Role.ADMIN}),
    frozenset({Role.TREASURER}),
    frozenset({Role.AUDITOR}),
)
OF_BOXES: Levels = (_ADMIN, _TREASURER, _AUDITOR)
OF_MONEY: Levels = (_TREASURER, _ADMIN, _AUDITOR)
OF_THEFT: Levels = (_ADMIN | _TREASURER, _AUDITOR)
OF_KIND: dict[AlertKind, Levels] = {
    AlertKind.BOX_SILENT: OF_BOXES,
    AlertKind.BATTERY_EMPTY: OF_BOXES,
    AlertKind.SENSOR_SILENT: OF_BOXES,
    AlertKind.GATEWAY_SILENT: OF_BOXES,
    AlertKind.BACKUP_OLD: (_ADMIN, _AUDITOR),
    AlertKind.REPORT_WAITING: (_ADMIN | _TREASURER, _AUDITOR),
}
BOX_CASES = frozenset(str(kind) for kind in (*RecordFinding, *TamperFinding))


def levels_of(condition: Condition) -> Levels:
    """Return the roles that are told, one after the other."""
    if condition.kind is not AlertKind.CASE:
        return OF_KIND[condition.kind]
    if condition.what in THIEVES_SIGNS:
        return OF_THEFT
    return OF_BOXES if condition.what in BOX_CASES else OF_MONEY


def recipients(condition: Condition, level: int, people: Sequence[Person]) -> list[str]:
    """Return the ids of those who are told at this level, at most 200, in the order of ids.

    A level in which there is nobody is passed over, so that no alert is told to nobody while
    there is somebody to tell.
    """
    groups = [
        [one.user_id for one in people if one.role in roles] for roles in levels_of(condition)
    ]
    if condition.owner is not None:
        groups.insert(0, [one.user_id for one in people if one.user_id == condition.owner])
    found: set[str] = set()
    for place, group in enumerate(groups):
        if place > level and found:
            break
        found.update(one for one in group if one != condition.not_for)
    return sorted(found)[:PEOPLE_MAX]
