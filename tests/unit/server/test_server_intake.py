"""Taking records into a box's history: the outcome depends on the set, not on the order."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.box import BoxState, Gap
from jimpitan_server.domain.discrepancy import RecordFinding, Severity, TamperFinding
from jimpitan_server.domain.facts import JournalGap, RunningSummary, Tampered
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.intake import Arrival, Held, Intake, neighbours, take_in
from jimpitan_server.domain.record import BoxRecord, RecordKind
from jimpitan_server.domain.sequence import Gaps
from server_boxes import FRIDAY

BOX = BoxId("box-0001")
ARRIVAL = Arrival("gw-1", FRIDAY)


def tag_of(seq: int) -> bytes:
    """Return the tag of the genuine record with this number."""
    return seq.to_bytes(8, "big") * 4


def record(seq: int, kind: int = RecordKind.DEPOSIT, **fields: object) -> BoxRecord:
    """Return the genuine record with this number, properly chained."""
    given_: dict[str, object] = {
        "box": BOX,
        "epoch": 1,
        "boot": 1,
        "seq": seq,
        "uptime_ms": seq * 1000,
        "wall_s": None,
        "wall_uncertainty_s": 0,
        "prev": tag_of(seq - 1)[:8],
        "kind": kind,
        "tag": tag_of(seq),
        "raw": b"",
    }
    return BoxRecord(**(given_ | fields))  # type: ignore[arg-type]


class History:
    """What a server that only remembers would keep between calls of `take_in`."""

    def __init__(self) -> None:
        self.state = BoxState(box=BOX, epoch=1, keys_version=1)
        self.held: dict[int, Held] = {}
        self.summaries: dict[int, int] = {}
        self.findings: set[tuple[str, str]] = set()
        self.deposits = 0

    def take(self, *records: BoxRecord) -> Intake:
        """Take some records in."""
        asked = neighbours(self.state, records)
        intake = take_in(
            self.state,
            records,
            held={seq: self.held[seq] for seq in asked if seq in self.held},
            summaries=self.summaries,
            epoch_ends={},
            came=ARRIVAL,
            now=FRIDAY,
        )
        self.state = intake.state
        self.held |= {new.seq: Held(new.tag, new.prev) for new in intake.new}
        self.summaries |= intake.summaries
        self.findings |= {(found.kind, found.subject) for found in intake.findings}
        self.deposits += sum(intake.deposits_by_seq.values())
        return intake


def missing_below(state: BoxState) -> set[int]:
    """Return every number the state waits for."""
    return {seq for gap in state.gaps for seq in range(gap.seq_from, gap.seq_to + 1)}


@given(st.lists(st.lists(st.integers(1, 40), max_size=12), max_size=8))
def test_state_is_that_of_the_set_of_records(batches: list[list[int]]) -> None:
    history = History()
    for batch in batches:
        history.take(*(record(seq) for seq in batch))
    came = {seq for batch in batches for seq in batch}
    top = max(came, default=0)
    state = history.state
    assert set(history.held) == came
    assert (state.seq_max, state.records, state.deposits) == (top, len(came), len(came))
    assert missing_below(state) == set(range(1, top)) - came
    head = next((seq - 1 for seq in range(1, top + 1) if seq not in came), top)
    assert state.head_seq == head
    assert history.findings == set()


@given(st.permutations(range(1, 13)), st.integers(2, 12))
def test_broken_link_is_found_in_any_order(order: list[int], broken: int) -> None:
    history = History()
    for seq in order:
        prev = b"\xff" * 8 if seq == broken else tag_of(seq - 1)[:8]
        history.take(record(seq, prev=prev))
    assert history.findings == {(RecordFinding.CHAIN_BREAK, f"{BOX}/{broken}")}


def test_first_record_of_a_life_has_no_predecessor_to_fit() -> None:
    history = History()
    history.take(record(1, prev=b"anything"))
    assert history.findings == set()


def test_fork_is_refused_and_the_first_stays() -> None:
    history = History()
    history.take(record(1), record(2))
    intake = history.take(record(2, tag=b"other" * 6))
    assert intake.new == []
    assert [refusal.reason for _, refusal in intake.refused] == ["fork"]
    assert history.findings == {(RecordFinding.FORK, f"{BOX}/2")}


@given(st.permutations(range(8)))
def test_declared_gap_frees_the_head_in_any_order(order: list[int]) -> None:
    gap = record(11, RecordKind.JOURNAL_GAP, fact=JournalGap(seq_from=4, seq_to=6, reason=1))
    came = [record(seq) for seq in (1, 2, 3, 7, 8, 9, 10)] + [gap]
    history = History()
    for index in order:
        history.take(came[index])
    assert history.state.head_seq == 11 or missing_below(history.state) <= {4, 5, 6}


def test_declared_gap_never_reaches_beyond_its_own_record() -> None:
    history = History()
    everything = JournalGap(seq_from=1, seq_to=2**32 - 1, reason=1)
    history.take(record(5, RecordKind.JOURNAL_GAP, fact=everything))
    history.take(record(9))
    assert history.state.gaps == (Gap(6, 8, FRIDAY),)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 50)), max_size=10))
def test_running_summaries_add_up_to_the_largest_of_each_id(
    stamped: list[tuple[int, int]],
) -> None:
    history = History()
    for seq, (summary_id, deposits) in enumerate(stamped, 1):
        fact = RunningSummary(summary_id, deposits, 0)
        history.take(record(seq, RecordKind.RUNNING_SUMMARY, fact=fact))
    largest: dict[int, int] = {}
    for summary_id, deposits in stamped:
        largest[summary_id] = max(largest.get(summary_id, 0), deposits)
    assert history.deposits == history.state.deposits == sum(largest.values())


def test_unreadable_body_of_a_kind_we_act_on_is_a_finding() -> None:
    history = History()
    history.take(record(1, RecordKind.JOURNAL_GAP), record(2, 99))
    assert history.findings == {(RecordFinding.BODY_UNREADABLE, f"{BOX}/1")}


def test_a_sign_of_tampering_is_a_finding_and_an_unknown_one_is_only_held() -> None:
    history = History()
    theft = Tampered(TamperFinding.FISHING, lost_mg=2400, sensor=None)
    intake = history.take(
        record(1, RecordKind.TAMPER, fact=theft),
        record(2, RecordKind.TAMPER, fact=Tampered(None, None, None)),
    )
    assert history.findings == {(TamperFinding.FISHING, f"{BOX}/1")}
    assert intake.findings[0].severity is Severity.CRITICAL
    assert intake.findings[0].evidence == {"lost_mg": 2400}
    assert len(intake.new) == 2


def test_gaps_are_bounded_and_heal_all_the_same() -> None:
    gaps = Gaps((), gaps_max=3)
    for seq in range(2, 20, 2):
        gaps.open(seq, seq, FRIDAY)
    assert [(gap.seq_from, gap.seq_to) for gap in gaps.frozen()] == [(2, 2), (4, 4), (6, 18)]
    assert gaps.merged == 6
    assert gaps.close(9, 9) == [(9, 9)]
    assert len(gaps.frozen()) == 3
    assert gaps.close(2, 18) == [(2, 2), (4, 4), (6, 18)]
    assert gaps.frozen() == ()


@given(
    st.sets(st.integers(1, 30)),
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 10)), max_size=6),
)
def test_closing_ranges_leaves_exactly_the_rest(
    missing: set[int], closed: list[tuple[int, int]]
) -> None:
    gaps = Gaps(())
    top = 0
    for seq in sorted(missing):
        if seq > top:
            last = seq
            while last + 1 in missing:
                last += 1
            gaps.open(seq, last, FRIDAY)
            top = last
    left = set(missing)
    for first, length in closed:
        wanted = set(range(first, first + length + 1))
        parts = gaps.close(first, first + length)
        assert {n for a, b in parts for n in range(a, b + 1)} == left & wanted
        left -= wanted
    kept = {n for gap in gaps.frozen() for n in range(gap.seq_from, gap.seq_to + 1)}
    assert kept == left


@pytest.mark.parametrize("late_h", [1, 5])
def test_box_was_last_seen_when_its_latest_message_was_received(late_h: int) -> None:
    history = History()
    history.take(record(1))
    earlier = Arrival("gw-2", FRIDAY - timedelta(hours=late_h))
    intake = take_in(
        history.state,
        [record(2)],
        held={},
        summaries={},
        epoch_ends={},
        came=earlier,
        now=FRIDAY,
    )
    assert (intake.state.last_seen_at, intake.state.gateway) == (FRIDAY, "gw-2")
