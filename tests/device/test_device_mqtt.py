"""The MQTT client: windows, wraps, half-open connections, back-off."""

from broker_stub import StubNet
from jimpitan_box import packets
from jimpitan_box.config import Config
from jimpitan_box.jitter import Backoff, Jitter
from jimpitan_box.mqtt import Client
from jimpitan_wire.errors import Malformed, TooLarge


def a_client(net, **settings):
    config = Config()
    for name in settings:
        setattr(config, name, settings[name])
    return Client(
        client_id="box-0007",
        will=("state", b"offline"),
        down_topic="down",
        login=("box-0007", b"secret"),
        net=net,
        config=config,
        jitter=Jitter(1),
    )


def run(client, start_ms, end_ms, step_ms=50):
    for now_ms in range(start_ms, end_ms, step_ms):
        client.step(now_ms)


def test_connect_names_will_login_and_a_kept_session():
    raw = packets.connect("box-1", 60, ("t", b"gone"), ("user", b"pw"))
    assert raw == (
        b"\x10\x24\x00\x04MQTT\x04\xec\x00\x3c\x00\x05box-1\x00\x01t\x00\x04gone"
        b"\x00\x04user\x00\x02pw"
    )


def test_lengths_are_written_and_read_in_one_to_four_bytes():
    for length in (0, 1, 127, 128, 4000):
        raw = packets.packet(packets.PUBLISH, 0, bytes(length))
        assert packets.Reader().feed(raw) == [(packets.PUBLISH, 0, bytes(length))]


def test_a_stream_in_single_bytes_is_the_same_stream():
    raw = packets.publish("a/b", b"x" * 300, 7, False) + packets.puback(9) + packets.pingreq()
    reader = packets.Reader()
    found = []
    for index in range(len(raw)):
        found += reader.feed(raw[index : index + 1])
    assert found == packets.Reader().feed(raw)
    assert len(found) == 3


def test_a_packet_larger_than_any_of_ours_ends_the_connection():
    for raw, kind in ((b"\x30\xff\x7f", TooLarge), (b"\x30\xff\xff\xff\xff\x01", TooLarge)):
        try:
            packets.Reader().feed(raw)
        except kind:
            continue
        raise AssertionError(raw)
    try:
        packets.Reader().feed(b"\x30\x80\x80\x80\x80\x00")
    except Malformed:
        return
    raise AssertionError("five length bytes")


def test_it_connects_subscribes_and_publishes():
    net = StubNet()
    client = a_client(net)
    run(client, 0, 300)
    assert client.is_up
    assert client.publish("t", b"hello", False, 300) > 0
    run(client, 300, 500)
    assert [message[:2] for message in net.published] == [("t", b"hello")]
    assert client.in_flight == 0


def test_a_broker_that_answers_byte_by_byte_is_understood():
    net = StubNet()
    net.chunk = 1
    client = a_client(net)
    run(client, 0, 300)
    assert client.is_up


def test_the_window_is_a_bound():
    net = StubNet()
    client = a_client(net, window_messages_max=3)
    run(client, 0, 300)
    net.is_silent = True
    ids = [client.publish("t", b"x", False, 300) for _ in range(5)]
    assert [packet_id > 0 for packet_id in ids] == [True, True, True, False, False]


def test_packet_ids_wrap_after_65535_and_skip_those_in_flight():
    net = StubNet()
    client = a_client(net)
    run(client, 0, 300)
    seen = []
    for number in range(66000):
        packet_id = client.publish("t", b"", False, 300)
        seen.append(packet_id)
        client.step(300)
        if number % 1000 == 0:
            net.published.clear()
            net.sent = b""
    assert min(seen) == 1 and max(seen) == 65535
    assert client.is_up


def test_a_half_open_connection_is_noticed_by_a_ping():
    net = StubNet()
    client = a_client(net, keepalive_s=20, reply_ms_max=5000)
    run(client, 0, 300)
    net.is_silent = True
    run(client, 300, 14000)
    assert client.is_up
    run(client, 14000, 18000)
    assert net.opens >= 2


def test_a_quiet_connection_is_kept_alive():
    net = StubNet()
    client = a_client(net, keepalive_s=20)
    run(client, 0, 120000)
    assert net.opens == 1 and client.is_up
    assert net.sent.count(packets.pingreq()) >= 9


def test_a_broker_that_never_greets_or_acknowledges_is_left():
    net = StubNet()
    net.is_silent = True
    client = a_client(net, reply_ms_max=3000)
    run(client, 0, 8000)
    assert net.opens >= 2
    net.is_silent = False
    run(client, 8000, 30000)
    assert client.is_up
    net.is_silent = True
    client.publish("t", b"x", False, 30000)
    run(client, 30000, 37000)
    assert not client.is_up


def test_a_refused_login_waits_and_tries_again():
    net = StubNet()
    client = a_client(net)
    client.step(0)
    net.is_silent = True
    client.step(50)
    net.inject(packets.packet(packets.CONNACK, 0, b"\x00\x05"))
    client.step(100)
    assert not client.is_up
    net.is_silent = False
    run(client, 150, 5000)
    assert client.is_up


def test_waits_double_to_their_bound_with_jitter_on_top():
    waits = []
    backoff = Backoff(1000, 8000, Jitter(3))
    for _ in range(6):
        waits.append(backoff.next_ms())
    for wait_ms, base_ms in zip(waits, (1000, 2000, 4000, 8000, 8000, 8000)):
        assert base_ms <= wait_ms <= base_ms + base_ms // 4
    backoff.reset()
    assert backoff.next_ms() < 1300


def test_a_connection_that_hangs_up_forgets_what_was_in_flight():
    net = StubNet()
    client = a_client(net)
    run(client, 0, 300)
    net.is_silent = True
    client.publish("t", b"x", False, 300)
    client.step(300)
    net.hang_up()
    net.is_silent = False
    client.step(350)
    assert client.in_flight == 0 and not client.is_up
    run(client, 350, 5000)
    assert client.is_up and client.connects == 2
