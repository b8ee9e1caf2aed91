"""A release over a real broker: retained by the gateway, fetched by the real firmware."""

import pytest
from bench_box import MemoryStore, Sensors
from bench_release import MemoryShelf, Release
from jimpitan_box.box import Box, Identity
from jimpitan_box.config import Config
from jimpitan_gateway.broker import Broker
from jimpitan_gateway.settings import Settings
from jimpitan_simulator.sockets import SocketNet
from jimpitan_simulator.unit import Nvs
from jimpitan_wire import cose, down, topics
from test_gateway_mosquitto import PASSWORDS, Person

BOX, SECRET = "box-0001", bytes(range(32))
STEPS_MAX = 6_000
STEP_S = 0.005


@pytest.fixture
def broker_port(start_mosquitto):
    return start_mosquitto(PASSWORDS, tls=False)


@pytest.fixture
def gateway(broker_port):
    settings = Settings(broker_port=broker_port, broker_password=PASSWORDS["gateway"])
    broker = Broker(settings, lambda: 1)
    yield broker
    broker.stop()


def box_on(net, shelf):
    config = Config()
    config.restart_calm_ms = 100
    return Box(
        identity=Identity(BOX, 1, SECRET, (BOX, PASSWORDS[BOX].encode())),
        config=config,
        store=MemoryStore(),
        floor=Nvs(),
        net=net,
        sensors=Sensors(),
        ticks_us=0,
        cause=1,
        seed=7,
        shelf=shelf,
    )


def order(made):
    aad = cose.external_aad(BOX, 1, cose.DOWN)
    payload = down.payload(1, 1, down.UPDATE, made.order())
    return [(BOX, cose.seal(cose.Key(SECRET), aad, payload))]


@pytest.mark.integration
def test_a_box_fetches_what_the_gateway_retains_and_wants_to_restart(broker_port, gateway):
    shelf, made = MemoryShelf(), Release()
    net = SocketNet("127.0.0.1", broker_port)
    box = box_on(net, shelf)
    gateway.step(0.1)
    gateway.retain(made.blocks().items())
    is_ordered = False
    for step in range(STEPS_MAX):
        box.step(step * 5_000 % (1 << 30), [])
        gateway.step(STEP_S)
        if box.is_online and not is_ordered:
            is_ordered = True
            gateway.publish(order(made))
        if box.is_restart_wanted:
            break
    net.close()
    assert box.is_restart_wanted
    assert shelf.restart() == 1
    assert shelf.slots.fingerprint == made.fingerprint
    assert shelf.stores[1].files["manifest"] == made.manifest


@pytest.mark.integration
def test_a_box_cannot_put_blocks_before_other_boxes(broker_port, gateway):
    topic = topics.block_topic(bytes(32), 0)
    thief = Person(broker_port, "box-0002")
    thief.client.publish(topic, b"evil", 1, retain=True)
    thief.stop()
    gateway.step(0.1)
    gateway.step(0.1)
    gateway.retain([(topics.block_topic(bytes(32), 1), b"good")])
    for _ in range(10):
        gateway.step(0.05)
    reader = Person(broker_port, "box-0001", listen=topics.ALL_BLOCKS)
    assert reader.heard.wait(5)
    reader.stop()
    assert reader.got == [(topics.block_topic(bytes(32), 1), b"good")]
