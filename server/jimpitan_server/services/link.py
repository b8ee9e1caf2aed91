"""Links papers on a person's word, and ends such links; both stay in history."""

from dataclasses import dataclass
from datetime import datetime

from jimpitan_server.domain.books import ManualLink
from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.manual_link import LINKABLE
from jimpitan_server.domain.match import Relation
from jimpitan_server.domain.rupiah import Rupiah, total
from jimpitan_server.services.ports_link import LinkStore, Paper

SIDE_MAX = 100
REASON_LENGTH_MIN, REASON_LENGTH_MAX = 10, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person says belongs together; `force` though the sums differ."""

    link_id: str
    relation: Relation
    left: tuple[str, ...]
    right: tuple[str, ...]
    reason: str
    force: bool
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A link that stands, and the sums of its two sides."""

    link: ManualLink
    left_total: Rupiah
    right_total: Rupiah
    is_new: bool


async def link(store: LinkStore, wish: Wish, now: datetime) -> Linked:
    """Keep a link; the same one again changes nothing."""
    await store.lock_books()
    made = _checked(wish, now)
    known = await store.link(made.link_id)
    left = await store.papers(made.relation, made.left)
    right = await store.credits(made.right)
    sums = total(one.amount for one in left.values()), total(one.amount for one in right.values())
    if known is not None:
        same = (known.relation, known.left, known.right) == (made.relation, made.left, made.right)
        if not same:
            raise Conflict("Another link has this id.", code="link_differs")
        return Linked(link=known, left_total=sums[0], right_total=sums[1], is_new=False)
    _check_papers(made, left, right)
    if wish.actor in {paper.actor for paper in left.values()}:
        raise Conflict(
            "Who paid a remittance in does not link it: another treasurer or an admin does.",
            code="link_own",
        )
    taken = await store.linked(made.relation, made.left, made.right)
    if taken:
        raise Conflict(f"{taken[0]} is in another link: end that one first.", code="link_taken")
    if sums[0] != sums[1] and not wish.force:
        raise Conflict(
            f"The sums differ by {abs(sums[1] - sums[0]).amount} rupiah: say force to link them"
            " all the same.",
            code="link_unequal",
        )
    await store.add_link(made, actor=wish.actor)
    return Linked(link=made, left_total=sums[0], right_total=sums[1], is_new=True)


def _checked(wish: Wish, now: datetime) -> ManualLink:
    if wish.relation not in LINKABLE:
        raise Malformed("Remittances or payments are linked with credits, nothing else.")
    for side in (wish.left, wish.right):
        if not 0 < len(set(side)) <= SIDE_MAX:
            raise Malformed(f"Each side of a link has 1 to {SIDE_MAX} papers.")
    return ManualLink(
        link_id=wish.link_id,
        relation=wish.relation,
        left=tuple(sorted(set(wish.left))),
        right=tuple(sorted(set(wish.right))),
        reason=_reason(wish.reason),
        made_at=now,
    )


def _reason(told: str) -> str:
    reason = told.strip()
    if not REASON_LENGTH_MIN <= len(reason) <= REASON_LENGTH_MAX:
        raise Malformed(f"A reason has {REASON_LENGTH_MIN} to {REASON_LENGTH_MAX} characters.")
    return reason


def _check_papers(made: ManualLink, left: dict[str, Paper], right: dict[str, Paper]) -> None:
    for wanted, found in ((made.left, left), (made.right, right)):
        absent = [one for one in wanted if one not in found]
        if absent:
            raise NotFound(f"There is no standing paper {absent[0]}.", code="paper_unknown")
    accounts = {one.account for one in (*left.values(), *right.values())}
    if len(accounts) > 1:
        raise Conflict("These papers are of different accounts.", code="link_accounts")


async def end_link(
    store: LinkStore, link_id: str, *, reason: str, actor: str, now: datetime
) -> None:
    """End a link; what it held together is matched by the rules again."""
    told = _reason(reason)
    await store.lock_books()
    if await store.link(link_id) is None:
        raise NotFound(f"There is no link {link_id}.", code="link_unknown")
    if not await store.add_link_end(link_id, reason=told, actor=actor, now=now):
        raise Conflict(f"The link {link_id} is ended already.", code="link_ended")
