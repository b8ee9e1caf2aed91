"""Links that a person made: papers that belong together though nothing in them says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jimpitan_server.domain.books import Books, Credit, ManualLink, Payment, Remittance
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.rupiah import Rupiah, total

LINKABLE = (Relation.REMITTANCE_CREDIT, Relation.PAYMENT_CREDIT)


@dataclass(frozen=True, slots=True)
class LinkedByHand:
    """The matches of the links that hold, and the ids that automatic matching must leave alone."""

    matches: list[Match]
    remittances: frozenset[str]
    payments: frozenset[str]
    credits: frozenset[str]


def link_by_hand(books: Books, claimed: Mapping[str, Remittance]) -> LinkedByHand:
    """Return what persons linked, the oldest word first.

    A link of which a paper was voided since, is in an older link, or is `claimed` as the payment
    of a remittance, holds nothing together and is passed over.
    """
    if not books.links:
        return LinkedByHand([], frozenset(), frozenset(), frozenset())
    remittance_by_id = {one.remittance_id: one for one in books.remittances}
    payment_by_id = {
        one.payment_id: one for one in books.payments if one.payment_id not in claimed
    }
    credit_by_id = {one.credit_id: one for one in books.credits}
    matches: list[Match] = []
    taken: dict[Relation, set[str]] = {one: set() for one in LINKABLE}
    credited: set[str] = set()
    for link in sorted(books.links, key=lambda one: (one.made_at, one.link_id)):
        found: Mapping[str, Remittance] | Mapping[str, Payment] = (
            remittance_by_id if link.relation is Relation.REMITTANCE_CREDIT else payment_by_id
        )
        has_left = all(one in found and one not in taken[link.relation] for one in link.left)
        has_right = all(one in credit_by_id and one not in credited for one in link.right)
        if not (has_left and has_right):
            continue
        taken[link.relation].update(link.left)
        credited.update(link.right)
        credits_ = [credit_by_id[one] for one in link.right]
        matches.append(_match(link, [found[one] for one in link.left], credits_))
    return LinkedByHand(
        matches,
        frozenset(taken[Relation.REMITTANCE_CREDIT]),
        frozenset(taken[Relation.PAYMENT_CREDIT]),
        frozenset(credited),
    )


def _match(
    link: ManualLink, left: Iterable[Remittance | Payment], credits_: Iterable[Credit]
) -> Match:
    papers = list(left)
    expected = total(_due(one) for one in papers)
    arrived = total(one.amount for one in credits_)
    boxes = {one.box for one in papers if isinstance(one, Payment)}
    return Match(
        relation=link.relation,
        state=State.MANUAL if expected == arrived else State.FORCED,
        left=tuple(sorted(link.left)),
        right=tuple(sorted(link.right)),
        left_total=expected,
        right_total=arrived,
        reason=f"Linked by a person: {link.reason}",
        box=next(iter(boxes)) if len(boxes) == 1 else None,
        evidence={"link": link.link_id},
    )


def _due(paper: Remittance | Payment) -> Rupiah:
    return paper.credit_due if isinstance(paper, Payment) else paper.amount
