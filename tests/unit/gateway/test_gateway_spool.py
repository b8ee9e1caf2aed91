"""The spool keeps what it committed, once, until the server has it."""

import sqlite3

import pytest
from jimpitan_gateway.errors import SpoolFull
from jimpitan_gateway.intake import Delivery, take_in
from jimpitan_gateway.spool import DeadLetter, Message, Spool


@pytest.fixture
def spool(tmp_path):
    opened = Spool(tmp_path / "spool.db")
    yield opened
    opened.close()


def delivery(topic="jimpitan/1/box-0001/records", content=b"abc", mid=1):
    return Delivery(topic, content, 1_000, mid, 1)


def test_it_writes_as_the_trials_said_it_must(spool):
    connection = spool._connection
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_messages_come_back_oldest_first(spool):
    spool.keep([Message("box-0002", 5, b"two"), Message("box-0001", 1, b"one")])
    assert [message.content for message in spool.oldest(10)] == [b"two", b"one"]


def test_a_message_that_waits_already_is_kept_once(spool):
    spool.keep([Message("box-0001", 1, b"one")])
    spool.keep([Message("box-0001", 9, b"one"), Message("box-0002", 9, b"one")])
    assert spool.waiting() == 2


def test_what_the_server_holds_goes_and_what_it_refused_is_buried(spool):
    spool.keep([Message("box-0001", 1, b"one"), Message("box-0001", 2, b"two")])
    one, two = spool.oldest(10)
    spool.settle([one], [(two, "bad tag")])
    assert spool.waiting() == 0
    assert spool.dead_letters() == [DeadLetter("box-0001", 2, b"two", "bad tag")]
    assert spool.progress()["dead_letters"] == 1


def test_everything_survives_the_process(spool, tmp_path):
    spool.keep([Message("box-0001", 1, b"one")])
    again = Spool(tmp_path / "spool.db")
    assert again.oldest(1)[0].content == b"one"
    again.close()


def test_a_full_disk_keeps_nothing_of_the_batch_and_says_so(spool):
    spool._connection.execute("PRAGMA max_page_count = 12")
    with pytest.raises(SpoolFull):
        spool.keep(
            [Message("box-0001", number, b"x" * 2000 + bytes([number])) for number in range(99)]
        )
    assert spool.waiting() == 0
    spool._connection.execute("PRAGMA max_page_count = 100000")
    spool.keep([Message("box-0001", 1, b"one")])
    assert spool.waiting() == 1


def test_dead_letters_are_bounded(spool, monkeypatch):
    monkeypatch.setattr("jimpitan_gateway.spool.DEAD_LETTERS_MAX", 3)
    for number in range(5):
        spool.keep([], [DeadLetter("t", number, b"x", "why")])
    assert [letter.received_ms for letter in spool.dead_letters()] == [4, 3, 2]
    assert spool.progress()["dead_letters"] == 5


@pytest.mark.parametrize(
    "bad",
    [
        delivery(topic="jimpitan/1/BOX/records"),
        delivery(topic="jimpitan/1/box-0001/state"),
        delivery(topic="elsewhere"),
        delivery(content=b""),
        delivery(content=b"x" * 2049),
    ],
    ids=["box id", "leaf", "topic", "empty", "too long"],
)
def test_a_message_of_no_use_is_buried_and_blocks_nobody(spool, bad):
    assert take_in(spool, [bad, delivery()]) == 1
    assert spool.waiting() == 1
    assert len(spool.dead_letters()) == 1


def test_nothing_is_promised_when_the_commit_failed(spool, monkeypatch):
    def refuse(*_):
        raise SpoolFull("full")

    monkeypatch.setattr(spool, "keep", refuse)
    with pytest.raises(SpoolFull):
        take_in(spool, [delivery()])


def test_a_spool_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "spool.db").write_bytes(b"not a database at all, but long enough to be read" * 40)
    with pytest.raises(sqlite3.DatabaseError):
        Spool(tmp_path / "spool.db")
