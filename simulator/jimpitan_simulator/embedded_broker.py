"""The broker for a demo on a machine without mosquitto: amqtt, on loopback only.

Its sessions live in memory and it delivers nothing again, which is why it serves demos and
tests alone; that nothing is lost even so is the work of the server's acknowledgement.
"""

import asyncio
import contextlib
import logging
import signal
import sys

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType


async def serve(port: int) -> None:
    """Serve MQTT 3.1.1 on loopback until a signal comes."""
    listener = ListenerConfig(type=ListenerType.TCP, bind=f"127.0.0.1:{port}", max_connections=0)
    config = BrokerConfig(
        listeners={"default": listener},
        plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    )
    broker = Broker(config)
    await broker.start()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(broker.shutdown(), 3)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(serve(int(sys.argv[1])))
