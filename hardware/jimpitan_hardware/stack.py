"""What stands on the module board: sockets, controller, plugs; and the room they need.

Places come from `board/carrier.json`, which a pilot's perforated board follows too. The board's
parts look to the cover, so its left lies at the box's right. Heights are as commonly sold.
"""

import json
from typing import Any

from shapely.geometry import Polygon

from jimpitan_hardware import carrier, wiring
from jimpitan_hardware.modules import Module, origin
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, disc, facing

SOCKET_MM = 8.5  # female header of 2.54 mm
PIN_PLASTIC_MM = 2.5  # of the controller's own pins, which rests on the socket
CONTROLLER_BOARD_MM = 1.6
CONTROLLER_PARTS_MM = 3.3  # module can and USB-C socket
CONTROLLER_WIDE_MM, CONTROLLER_BEYOND_MM = 25.4, 3.4  # beyond its rows at both ends
USB_BEYOND_MM = 1.0  # its USB sockets stand out of the board
PLUG_WIDE_MM, PLUG_BEYOND_MM, PLUG_HIGH_MM = 5.8, 2.45, 9.8  # JST-XH, mated
PLUG_PITCH_MM = 2.5
CAPACITOR_MM = (8.0, 11.5)
BEND_MM = 8.0  # wires of 0.25 mm2 leave a plug upwards and turn
WIRE_MM = 2.4  # how wide the row of wires is that leaves a plug
USB_PLUG_MM = (12.0, 9.0, 7.0)  # a plug at a right angle: wide, beyond the socket, thick
USB_CABLE_MM = 4.5


class Stack:
    """The module board in a box of some sizes: turns places of the board into places there."""

    def __init__(self, s: Sizes, module: Module) -> None:
        x, y, z = origin(s, module.plate)
        self._left, self._top = x + module.at[0], z + module.at[1] + module.size[1]
        self._wide = module.size[0]
        self.face_mm = y + module.stands + module.deep  # where parts stand, along y
        self._content: dict[str, Any] = json.loads(carrier.SOURCE.read_text(encoding="utf-8"))

    def flat(self, x0: float, y0: float, x1: float, y1: float) -> Polygon:
        """Return a rectangle of the board, y down from its upper left, as it lies in the box."""
        right = self._left + self._wide
        return bar(right - x1, self._top - y1, right - x0, self._top - y0)

    def _solid(self, name: str, outline: Polygon, start: float, high: float, what: str) -> Solid:
        plane = facing(self.face_mm + start + high)
        return Solid(name=name, outline=outline, plane=plane, height_mm=high, material=what)

    def rows(self) -> tuple[float, float, float, float]:
        """The controller's rows on the board: left, top, right, bottom."""
        left, right = (self._content["rows"][side] for side in ("left", "right"))
        pitch = float(self._content["pitch"])
        top = float(left["y"])
        long = (len(left["pins"]) - 1) * pitch
        return (float(left["x"]), top, float(right["x"]), top + long)

    def controller(self) -> tuple[float, float, float, float]:
        """The controller's own board: left, top, right, bottom."""
        left, top, right, bottom = self.rows()
        middle, half = (left + right) / 2, CONTROLLER_WIDE_MM / 2
        beyond = CONTROLLER_BEYOND_MM
        return (middle - half, top - beyond, middle + half, bottom + beyond)

    def standing(self) -> list[Solid]:
        """Two sockets, and on them the controller with its pins and parts."""
        left, top, right, bottom = self.rows()
        rows = [self.flat(x - 1.25, top - 1.3, x + 1.25, bottom + 1.3) for x in (left, right)]
        sockets = [
            self._solid(f"socket {number}", row, 0, SOCKET_MM, "black part")
            for number, row in enumerate(rows, start=1)
        ]
        start = SOCKET_MM + PIN_PLASTIC_MM
        x0, y0, x1, y1 = self.controller()
        can = self.flat(x0 + 3, y0, x1 - 3, y1 + USB_BEYOND_MM)
        above = start + CONTROLLER_BOARD_MM
        return [
            *sockets,
            self._solid(
                "controller", self.flat(x0, y0, x1, y1), start, CONTROLLER_BOARD_MM, "board"
            ),
            self._solid("top of controller", can, above, CONTROLLER_PARTS_MM, "steel"),
        ]

    @staticmethod
    def under_mm() -> float:
        """How high small parts of the board may be under the controller."""
        return SOCKET_MM + PIN_PLASTIC_MM

    def plugs(self) -> list[Solid]:
        """Every plug in its socket, and the one large capacitor."""
        x, y, pitch = self._content["radial"]["C1"]
        around = self.flat(*((x + pitch / 2, y) * 2)).centroid
        wide, high = CAPACITOR_MM
        c1 = disc(around.x, around.y, wide)
        found = [
            self._solid(f"plug {name}", room, 0, PLUG_HIGH_MM, "black part")
            for name, room in self._rows_of_plugs(PLUG_WIDE_MM).items()
        ]
        return [*found, self._solid("capacitor", c1, 0, high, "steel")]

    def _rows_of_plugs(self, wide: float) -> dict[str, Polygon]:
        """A rectangle as wide as told around the pins of each plug."""
        found = {}
        connectors = wiring.load().connectors
        for name, place in self._content["connectors"].items():
            long = (len(connectors[name].pins) - 1) * PLUG_PITCH_MM
            x, y = float(place["x"]), float(place["y"])
            half, beyond = wide / 2, PLUG_BEYOND_MM
            room = (
                (x - beyond, y - half, x + long + beyond, y + half)
                if place["along"] == "x"
                else (x - half, y - beyond, x + half, y + long + beyond)
            )
            found[name] = self.flat(*room)
        return found

    def bends(self) -> list[Solid]:
        """The room in which the wires of each plug turn, towards the cover."""
        return [
            self._solid(f"the wires of plug {name}", room, PLUG_HIGH_MM, BEND_MM, "room")
            for name, room in self._rows_of_plugs(WIRE_MM).items()
        ]

    def usb(self) -> list[Solid]:
        """The room of an angled USB plug in either socket, and of its cable out of the window."""
        x0, _, x1, y1 = self.controller()
        wide, beyond, thick = USB_PLUG_MM
        middle = SOCKET_MM + PIN_PLASTIC_MM + CONTROLLER_BOARD_MM + CONTROLLER_PARTS_MM / 2
        end = y1 + USB_BEYOND_MM
        found = []
        for number, x in enumerate((x0 + 7.0, x1 - 7.0), start=1):
            body = self.flat(x - wide / 2, end, x + wide / 2, end + beyond)
            found.append(
                self._solid(f"the USB plug {number}", body, middle - thick / 2, thick, "room")
            )
            y = end + beyond - USB_CABLE_MM
            cable = self.flat(x - USB_CABLE_MM / 2, y, x + USB_CABLE_MM / 2, end + beyond)
            start = middle + thick / 2
            found.append(self._solid(f"the USB cable {number}", cable, start, 40.0, "room"))
        return found
