"""A box on a real board: read edges, step, feed the watchdog, for ever. Unverified on hardware."""

import os
import time

import machine
from jimpitan_board import port_esp32
from jimpitan_board.files import FolderStore
from jimpitan_box.box import Box, Identity
from jimpitan_box.config import Config

STEP_MS = 10


def main() -> None:
    """Wire the parts and run until the power goes."""
    settings = port_esp32.Settings()
    watchdog = machine.WDT(timeout=port_esp32.WATCHDOG_MS)
    wifi = port_esp32.Wifi(settings.wifi_name, settings.wifi_password)
    edges = port_esp32.Edges()
    box = Box(
        identity=Identity(
            settings.box,
            settings.epoch,
            settings.key,
            (settings.box, settings.broker_password),
        ),
        config=Config(),
        store=FolderStore("/journal"),
        floor=port_esp32.NvsFloor(),
        net=port_esp32.SocketNet(wifi, settings.broker_host, settings.broker_port),
        sensors=port_esp32.Sensors(wifi),
        ticks_us=port_esp32.ticks_us(),
        cause=machine.reset_cause(),
        seed=int.from_bytes(os.urandom(4), "big"),
    )
    box.step(port_esp32.ticks_us(), edges.first())
    while True:
        box.step(port_esp32.ticks_us(), edges.take())
        watchdog.feed()
        time.sleep_ms(STEP_MS)


main()
