"""Matches, links and what-ifs as doors and commands tell them."""

from collections.abc import Sequence

from jimpitan_server.adapters.rule_desk import RuleView
from jimpitan_server.domain.books import ManualLink
from jimpitan_server.domain.match import Match
from jimpitan_server.domain.what_if import Changed, Difference
from jimpitan_server.services.link import Linked

Json = dict[str, object]


def of_match(match: Match) -> Json:
    """Return one match with its explanation."""
    return {
        "key": match.key,
        "relation": match.relation.value,
        "state": match.state.value,
        "box": match.box,
        "left": list(match.left),
        "right": list(match.right),
        "left_idr": match.left_total.amount,
        "right_idr": match.right_total.amount,
        "variance_idr": match.variance.amount,
        "reason": match.reason,
        "evidence": match.written_evidence,
    }


def of_link(link: ManualLink) -> Json:
    """Return one link that a person made."""
    return {
        "link_id": link.link_id,
        "relation": link.relation.value,
        "left": list(link.left),
        "right": list(link.right),
        "reason": link.reason,
        "made_at": link.made_at.isoformat(),
    }


def of_linked(linked: Linked) -> Json:
    """Return a link that was kept, and the sums of its sides."""
    return of_link(linked.link) | {
        "left_idr": linked.left_total.amount,
        "right_idr": linked.right_total.amount,
        "is_new": linked.is_new,
    }


def of_difference(difference: Difference) -> Json:
    """Return what changed rules would make of the same books."""
    return {
        "matches_changed": difference.matches_changed,
        "matches": _changed(difference.matches),
        "states": {name: list(counts) for name, counts in difference.states.items()},
        "discrepancies_gone": difference.discrepancies_gone,
        "discrepancies_new": difference.discrepancies_new,
        "discrepancies": _changed(difference.discrepancies),
        "position_idr": {
            name: [before.amount, after.amount]
            for name, (before, after) in difference.position.items()
        },
    }


def _changed(changed: Sequence[Changed]) -> list[Json]:
    return [{"key": one.key, "before": one.before, "after": one.after} for one in changed]


def of_rules(view: RuleView) -> dict[str, object]:
    """Return the rules as they stand, and the newest changes."""
    return {
        "rules": {
            rule: {
                "value": view.standing[rule].value if rule in view.standing else default,
                "default": default,
            }
            for rule, default in view.defaults.items()
        },
        "changes": [
            {
                "rule": one.rule,
                "value": one.value or None,
                "reason": one.reason,
                "actor": one.actor,
                "changed_at": one.changed_at.isoformat(),
            }
            for one in view.changes
        ],
    }
