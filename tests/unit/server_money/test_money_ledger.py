"""The ledger: it follows the facts by appending, and binds every entry to all before it."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from jimpitan_server.domain.custody import Movement, Place, PlaceKind, Why, balances_of
from jimpitan_server.domain.ledger import (
    CHAIN_START,
    FOLLOWER,
    Draft,
    Entry,
    Head,
    Standing,
    chained,
    drafts,
    entries_of,
)
from jimpitan_server.domain.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.seal import Seal, days_to_seal
from money_books import at, day

CASH, SITI = Place(PlaceKind.GIVEN_CASH), Place(PlaceKind.COLLECTOR, "siti")


def moved(key: str, amount: int, days: int = 0) -> Movement:
    return Movement(
        key=key,
        occurred_on=day(days),
        source=CASH,
        target=SITI,
        amount=Rupiah(amount),
        why=Why.COUNTED,
    )


class FollowedLedger(RuleBasedStateMachine):
    """Facts come, change and go in any order; the ledger always says what stands now."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: dict[str, Movement] = {}
        self.entries: list[Entry] = []
        self.head = Head()
        self.closed: date | None = None
        self.days = 0

    def standing(self) -> dict[str, Standing]:
        back = {one.reverses for one in self.entries}
        return {
            one.key: Standing(
                number=one.number,
                movement=Movement(
                    key=one.key,
                    occurred_on=one.book_on,
                    source=one.source,
                    target=one.target,
                    amount=one.amount,
                    why=one.why,
                ),
            )
            for one in self.entries
            if one.reverses is None and one.number not in back
        }

    @rule(key=st.sampled_from("abcd"), amount=st.integers(1, 3), days=st.integers(0, 5))
    def a_fact_comes_or_changes(self, key: str, amount: int, days: int) -> None:
        self.wanted[key] = moved(key, amount * 1_000, days)

    @rule(key=st.sampled_from("abcd"))
    def a_fact_goes(self, key: str) -> None:
        self.wanted.pop(key, None)

    @rule(by=st.integers(-1, 3))
    def time_goes_on_or_a_clock_goes_back(self, by: int) -> None:
        self.days += by

    @rule(days=st.integers(0, 4))
    def a_period_is_closed(self, days: int) -> None:
        until = day(days)
        self.closed = until if self.closed is None else max(self.closed, until)

    @rule()
    def it_follows(self) -> None:
        before = len(self.entries)
        made = entries_of(
            drafts(self.standing(), self.wanted.values()),
            head=self.head,
            closed_until=self.closed,
            actor=FOLLOWER,
            now=at(self.days),
        )
        self.entries += [entry for entry, _ in made]
        if made:
            last, chain = made[-1]
            self.head = Head(number=last.number, day_min=last.day, chain=chain)
        assert all(
            self.closed is None or one.book_on > self.closed for one in self.entries[before:]
        )
        stood = {key: one.movement for key, one in self.standing().items()}
        assert stood.keys() == self.wanted.keys()
        assert all(stood[key].amount == one.amount for key, one in self.wanted.items())
        assert drafts(self.standing(), self.wanted.values()) == []

    @invariant()
    def numbers_days_and_chain_only_rise(self) -> None:
        assert [one.number for one in self.entries] == list(range(1, len(self.entries) + 1))
        assert [one.day for one in self.entries] == sorted(one.day for one in self.entries)
        chain = CHAIN_START
        for one in self.entries:
            chain = chained(chain, one.line)
        assert chain == self.head.chain


TestFollowedLedger = FollowedLedger.TestCase


def test_a_closing_is_no_fact_that_goes_away() -> None:
    closing = Movement(
        key="closing/1",
        occurred_on=day(),
        source=Place(PlaceKind.BANK_CONFIRMED, "a"),
        target=Place(PlaceKind.FUND, "a"),
        amount=Rupiah(5),
        why=Why.CLOSED,
    )
    assert drafts({"closing/1": Standing(number=1, movement=closing)}, []) == []


def test_what_only_calls_itself_a_closing_is_reversed() -> None:
    false = Movement(
        key="closing/2",
        occurred_on=day(),
        source=Place(PlaceKind.TREASURER, "b"),
        target=Place(PlaceKind.SPENT, "a"),
        amount=Rupiah(5),
        why=Why.CLOSED,
    )
    made = drafts({"closing/2": Standing(number=1, movement=false)}, [])
    assert [one.reverses for one in made] == [1]


def test_a_reversal_comes_before_what_replaces_it() -> None:
    standing = {
        "b": Standing(number=2, movement=moved("b", 1_000)),
        "a": Standing(number=1, movement=moved("a", 1_000)),
    }
    made = drafts(standing, [moved("a", 2_000)])
    assert [one.reverses for one in made] == [1, 2, None]
    assert balances_of([one.movement for one in made[:2]])[SITI] == Rupiah(-2_000)


def test_the_first_entry_carries_the_day_it_must() -> None:
    sealed = Head(day_min=day(5))
    ((entry, _),) = entries_of(
        [Draft(movement=moved("a", 1))], head=sealed, closed_until=None, actor="x", now=at(2)
    )
    assert (entry.day, entry.book_on) == (day(5), day(0))
    assert entry.line.startswith(b'[1,"2026-01-14","2026-01-09",')


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(naive_root(leaves[:half]), naive_root(leaves[half:]))


@given(st.lists(st.binary(max_size=4), max_size=40), st.integers(0, 40))
def test_a_tree_grown_in_parts_has_the_root_of_the_definition(
    lines: list[bytes], cut: int
) -> None:
    leaves = [leaf_hash(line) for line in lines]
    grown = Frontier().grown(leaves[:cut])
    again = Frontier.of(grown.size, grown.to_bytes()).grown(leaves[cut:])
    assert again.root == naive_root(leaves)
    assert again.size == len(leaves)


def test_the_roots_are_those_that_certificate_transparency_publishes() -> None:
    """The first inputs and roots of the test vectors in the reference code of RFC 6962."""
    inputs = [b"", b"\x00", b"\x10", b" !"]
    leaves = [leaf_hash(one) for one in inputs]
    roots = [Frontier().grown(leaves[:size]).root.hex() for size in (0, 1, 2, 3)]
    assert roots == [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    ]


def test_a_frontier_that_no_tree_has_is_refused() -> None:
    for size, subtrees in ((1, ()), (-1, ()), (1, (b"short",))):
        try:
            Frontier(size, subtrees)
        except ValueError:
            continue
        raise AssertionError(size)


def test_every_day_that_is_over_is_sealed_once_empty_ones_too() -> None:
    assert days_to_seal(sealed_until=None, first=None, today=day(3)) == []
    assert days_to_seal(sealed_until=None, first=day(1), today=day(3)) == [day(1), day(2)]
    assert days_to_seal(sealed_until=day(2), first=day(1), today=day(3)) == []
    seal = Seal(day=day(), size=3, root=bytes(32))
    assert seal.notice_line == f"2026-01-09 3 {'00' * 32}"
    assert seal.statement == f"jimpitan-seal/1\n2026-01-09\n3\n{'00' * 32}\n".encode()
