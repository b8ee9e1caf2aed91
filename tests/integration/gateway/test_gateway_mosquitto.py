"""The files we write for mosquitto, held against a real mosquitto."""

import threading

import paho.mqtt.client as mqtt
import pytest
from jimpitan_gateway import mosquitto
from jimpitan_gateway.broker import Broker
from jimpitan_gateway.settings import Settings
from paho.mqtt.enums import CallbackAPIVersion
from structlog.testing import capture_logs

PASSWORDS = {"gateway": "gate-secret", "box-0001": "one-secret", "box-0002": "two-secret"}


@pytest.fixture
def broker_port(start_mosquitto):
    return start_mosquitto(PASSWORDS, tls=False)


class Person:
    """One login at the broker."""

    def __init__(self, port, name, password=None, listen=""):
        self.got = []
        self.connected, self.subscribed, self.heard = (threading.Event() for _ in range(3))
        self.code = None
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name)
        self.client.username_pw_set(name, password or PASSWORDS[name])
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.listen = listen
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self.connected.wait(5)

    def _on_connect(self, client, _userdata, _flags, code, _properties):
        self.code = code
        self.connected.set()
        if self.listen and not code.is_failure:
            client.subscribe(self.listen, 1)

    def _on_message(self, _client, _userdata, message):
        self.got.append((message.topic, message.payload))
        self.heard.set()

    def stop(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.mark.integration
def test_a_box_writes_its_own_records_and_nobody_elses(broker_port):
    gateway = Person(broker_port, "gateway", listen="jimpitan/1/+/records")
    assert gateway.subscribed.wait(5)
    for topic in ("jimpitan/1/box-0002/records", "jimpitan/1/box-0001/down"):
        box = Person(broker_port, "box-0001")
        box.client.publish(topic, b"forged", 0)
        box.stop()
    box = Person(broker_port, "box-0001")
    box.client.publish("jimpitan/1/box-0001/records", b"mine", 1).wait_for_publish(5)
    assert gateway.heard.wait(5)
    box.stop()
    gateway.stop()
    assert gateway.got == [("jimpitan/1/box-0001/records", b"mine")]


@pytest.mark.integration
def test_a_box_hears_what_is_meant_for_it_only(broker_port):
    box = Person(broker_port, "box-0001", listen="jimpitan/1/+/down")
    gateway = Person(broker_port, "gateway")
    gateway.client.publish("jimpitan/1/box-0002/down", b"two", 1).wait_for_publish(5)
    gateway.client.publish("jimpitan/1/box-0001/down", b"one", 1).wait_for_publish(5)
    box.heard.wait(5)
    box.stop()
    gateway.stop()
    assert [payload for _, payload in box.got if payload == b"two"] == []


@pytest.mark.integration
def test_a_wrong_password_is_refused(broker_port):
    stranger = Person(broker_port, "box-0001", password="guessed")
    assert stranger.code.is_failure
    stranger.stop()


def test_a_box_id_that_is_no_topic_is_refused(tmp_path):
    with pytest.raises(Exception, match="a box id"):
        mosquitto.access_rules("gateway", ["box/#"])


@pytest.fixture(autouse=True)
def quiet_log():
    """Keep log lines away from a standard error that an earlier test may have closed."""
    with capture_logs() as lines:
        yield lines


def gateway_at(port, **changed):
    """Return a gateway's session at the broker, not connected yet."""
    secrets = {"broker_password": PASSWORDS["gateway"]} | changed
    return Broker(Settings(broker_port=port, **secrets), lambda: 1)


def deliveries(broker, steps=50):
    """Step until something is delivered, or for so many tenths of a second."""
    for _ in range(steps):
        broker.step(0.1)
        found = broker.take(10)
        if found:
            return found
    return []


def say(port, payload):
    box = Person(port, "box-0001")
    box.client.publish("jimpitan/1/box-0001/records", payload, 1).wait_for_publish(5)
    box.stop()


@pytest.mark.integration
def test_only_an_acknowledged_message_is_not_delivered_again(broker_port):
    broker = gateway_at(broker_port)
    assert deliveries(broker, 3) == []  # subscribed: from now on the broker keeps for us
    say(broker_port, b"coin")
    first = deliveries(broker)
    broker.reconnect()
    broker.acknowledge(first)  # too late: its connection is gone, and the number with it
    again = deliveries(broker)
    assert [one.content for one in first + again] == [b"coin", b"coin"]
    broker.acknowledge(again)
    broker.reconnect()
    assert deliveries(broker, 3) == []
    broker.stop()


@pytest.mark.integration
def test_a_message_left_by_another_thread_reaches_its_box(broker_port):
    broker = gateway_at(broker_port)
    deliveries(broker, 3)
    box = Person(broker_port, "box-0001", listen="jimpitan/1/box-0001/down")
    assert box.subscribed.wait(5)
    left = [("box-0001", b"thanks"), ("box/#", b"nobody")]
    other = threading.Thread(target=broker.publish, args=(left,))
    other.start()
    other.join()
    deliveries(broker, 3)
    assert box.heard.wait(5)
    assert box.got == [("jimpitan/1/box-0001/down", b"thanks")]
    box.stop()
    broker.stop()


@pytest.mark.integration
def test_a_refused_gateway_says_why_and_waits_before_it_tries_again(broker_port, quiet_log):
    broker = gateway_at(broker_port, broker_password="guessed")
    deliveries(broker, 8)
    refused = [line for line in quiet_log if line["event"] == "broker_refused"]
    assert len(refused) == 1
    assert refused[0]["reason"] == "Not authorized"
    broker.stop()


def test_deliveries_beyond_the_bound_are_counted_and_not_kept():
    broker = gateway_at(1, queue_messages_max=1)
    for mid in (1, 2):
        message = mqtt.MQTTMessage(mid, b"jimpitan/1/box-0001/records")
        broker._on_message(None, None, message)
    assert (len(broker.take(9)), broker.overflows) == (1, 1)
    broker.stop()
