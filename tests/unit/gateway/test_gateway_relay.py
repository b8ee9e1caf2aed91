"""The relay lets go only of what the server promised to hold."""

import pytest
from jimpitan_gateway.errors import ServerFailed, ServerRefused, ServerUnreachable, TokenRefused
from jimpitan_gateway.relay import Answer, Relay, Verdict, step_relay
from jimpitan_gateway.spool import Message, Spool


class Door:
    """A server that answers as it is told and remembers what came."""

    def __init__(self):
        self.batches = []
        self.refuse = lambda message: False
        self.raises = None
        self.down = []

    def post(self, messages):
        if self.raises:
            raise self.raises
        self.batches.append([message.content for message in messages])
        return Answer(
            [Verdict(not self.refuse(message), "bad tag") for message in messages], self.down
        )


@pytest.fixture
def spool(tmp_path):
    opened = Spool(tmp_path / "spool.db")
    yield opened
    opened.close()


def fill(spool, count):
    spool.keep([Message("box-0001", number, b"m%03d" % number) for number in range(count)])


def test_batches_go_oldest_first_and_are_bounded(spool):
    fill(spool, 7)
    door, relay = Door(), Relay(3)
    for _ in range(3):
        step_relay(relay, spool, door, 1)
    assert [len(batch) for batch in door.batches] == [3, 3, 1]
    assert door.batches[0][0] == b"m000"
    assert spool.waiting() == 0
    step_relay(relay, spool, door, 1)
    assert relay.wait_ms == -1


def test_what_is_refused_is_buried_and_the_rest_is_held(spool):
    fill(spool, 3)
    door = Door()
    door.refuse = lambda message: message.content == b"m001"
    relay = Relay(10)
    step_relay(relay, spool, door, 1)
    assert spool.waiting() == 0
    assert [letter.reason for letter in spool.dead_letters()] == ["bad tag"]
    assert (relay.relayed, relay.refused) == (2, 1)


@pytest.mark.parametrize("error", [ServerUnreachable("down"), TokenRefused("who")])
def test_without_an_answer_everything_stays_and_the_wait_grows(spool, error):
    fill(spool, 3)
    door, relay = Door(), Relay(10)
    door.raises = error
    waits = []
    for _ in range(9):
        step_relay(relay, spool, door, 1)
        waits.append(relay.wait_ms)
    assert spool.waiting() == 3
    assert waits == sorted(waits)
    assert waits[-1] == 15_000
    door.raises = None
    step_relay(relay, spool, door, 1)
    assert spool.waiting() == 0
    assert relay.wait_ms == 0


def test_a_refused_batch_is_halved_until_the_one_bad_message_is_found(spool):
    fill(spool, 8)

    class Picky(Door):
        def post(self, messages):
            if any(message.content == b"m005" for message in messages):
                raise ServerRefused("cannot be read")
            return super().post(messages)

    door, relay = Picky(), Relay(8)
    for _ in range(30):
        step_relay(relay, spool, door, 1)
    assert spool.waiting() == 0
    assert [letter.content for letter in spool.dead_letters()] == [b"m005"]
    assert sum(len(batch) for batch in door.batches) == 7


def test_a_message_that_the_server_falls_over_blocks_nobody_and_is_kept(spool):
    fill(spool, 8)

    class Fragile(Door):
        def post(self, messages):
            if any(message.content == b"m002" for message in messages):
                raise ServerFailed("500")
            return super().post(messages)

    door, relay = Fragile(), Relay(8)
    for _ in range(30):
        step_relay(relay, spool, door, 1)
    assert [message.content for message in spool.oldest(9)] == [b"m002"]
    assert spool.dead_letters() == []
    assert relay.wait_ms == 15_000


def test_messages_for_boxes_are_handed_on(spool):
    fill(spool, 1)
    door = Door()
    door.down = [("box-0001", b"signed")]
    assert step_relay(Relay(10), spool, door, 7) == [("box-0001", b"signed")]
    assert spool.progress()["relayed_ms"] == 7
