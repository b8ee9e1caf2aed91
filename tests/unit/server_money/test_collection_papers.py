"""PINs, seals and bags: what the papers of a count say by themselves."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.books import Books
from jimpitan_server.domain.collection_discrepancies import collection_discrepancies
from jimpitan_server.domain.count_papers import CountPapers, number_read
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.witness import LOCKED_FOR, TRIES_MAX, Tries, check_pin
from server_boxes import FRIDAY

WEEK = timedelta(days=7)


def papers(number: int, box: str = "box-1", **values: object) -> CountPapers:
    content = {"witness_demanded": True, "is_witnessed": True} | values
    return CountPapers(
        collection_id=f"count-{number}", box=BoxId(box), lid_at=FRIDAY + number * WEEK, **content
    )


def found(*several: CountPapers) -> list[Discrepancy]:
    return list(collection_discrepancies(Books(now=FRIDAY, papers=several)))


def kinds(*several: CountPapers) -> list[tuple[str, str]]:
    return [(str(one.kind), one.subject) for one in found(*several)]


@pytest.mark.parametrize("pin", ["12345", "1234567", "12a456", "１２３４５６", ""])
def test_what_is_no_pin_is_refused(pin: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_pin(pin)
    assert refused.value.code == "pin_malformed"


@pytest.mark.parametrize("pin", ["111111", "123456", "654321", "012345", "987654"])
def test_what_everybody_tries_first_is_refused(pin: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_pin(pin)
    assert refused.value.code == "pin_weak"


def test_other_pins_are_taken() -> None:
    for pin in ("121212", "470921", "135790", "112345"):
        check_pin(pin)


@given(st.lists(st.integers(min_value=0, max_value=3600), max_size=60))
def test_nobody_gets_more_than_five_tries_in_a_quarter_of_an_hour(waits_s: list[int]) -> None:
    tries, now, looked_at = Tries(), FRIDAY, []
    for wait_s in waits_s:
        now += timedelta(seconds=wait_s)
        if not tries.is_locked(now):
            tries = tries.after_one_more(now)
            looked_at.append(now)
    for first, later in zip(looked_at, looked_at[TRIES_MAX:], strict=False):
        assert later - first >= LOCKED_FOR


def test_a_lock_ends_and_the_tries_begin_anew() -> None:
    tries = Tries()
    for _ in range(TRIES_MAX):
        tries = tries.after_one_more(FRIDAY)
    assert tries.is_locked(FRIDAY + LOCKED_FOR - timedelta(seconds=1))
    later = FRIDAY + LOCKED_FOR
    assert not tries.is_locked(later)
    assert tries.after_one_more(later) == Tries(wrong=1)


def test_a_count_without_a_witness_is_a_notice_only_where_one_is_demanded() -> None:
    alone = papers(1, is_witnessed=False)
    (one,) = found(alone, papers(2), papers(3, witness_demanded=False, is_witnessed=False))
    assert (one.kind, one.severity, one.subject) == ("count_unwitnessed", "notice", "count-1")


def test_a_seal_is_used_once_whatever_its_spelling() -> None:
    same = [papers(1, seal_put_on="S-10"), papers(2, "box-2", seal_put_on="s 10")]
    (one,) = found(*same, papers(3, seal_put_on="S-11"))
    assert (one.kind, one.subject, one.box) == ("seal_repeated", "seal/S10", "box-2")
    assert one.evidence["counts"] == ["count-1", "count-2"]


def test_a_bag_is_used_once_and_is_no_seal() -> None:
    assert kinds(papers(1, bag="7"), papers(2, bag="7")) == [("seal_repeated", "bag/7")]
    assert kinds(papers(1, bag="7"), papers(2, seal_put_on="7")) == []
    assert kinds(papers(1, bag="-"), papers(2, bag="-")) == []


def test_the_seal_found_is_the_one_last_put_on() -> None:
    first = papers(1, seal_put_on="S-1")
    assert kinds(papers(2, seal_found="s1", seal_put_on="S-2"), first) == []
    assert kinds(first, papers(2, seal_found="S-9")) == [("seal_differs", "count-2")]
    (one,) = found(first, papers(2, seal_found=""))
    assert one.evidence["reason"] == "A seal was put on, and none was found on the box."
    assert kinds(first, papers(2, "box-2", seal_found="S-9")) == []


def test_where_nobody_told_a_seal_nothing_is_said_and_the_old_one_is_gone() -> None:
    first, silent = papers(1, seal_put_on="S-1"), papers(2)
    assert kinds(first, silent, papers(3, seal_found="S-9")) == []


@given(st.text(max_size=20))
def test_reading_a_number_twice_changes_nothing(text: str) -> None:
    assert number_read(number_read(text)) == number_read(text) or not text.isascii()
