"""The firmware of the whole box, imported on its board and apart from what plays with it.

So the heap that a real board would need is what these imports take, and no bench. The application
is imported for that; its main loop, which never ends, is played by whole_box.py.
"""

import whole_board

BOARD = whole_board.the_board()
BOARD.plug_in()
from jimpitan_board import application, cues, port_esp32  # noqa: E402
from jimpitan_board.files import FolderStore  # noqa: E402
from jimpitan_board.parts import Parts  # noqa: E402
from jimpitan_box.box import Box, Identity  # noqa: E402
from jimpitan_box.config import Config  # noqa: E402
from jimpitan_box.logbook import ENTRIES_MAX, Logbook  # noqa: E402

BOARD.unplug()
__all__ = [
    "BOARD",
    "Box",
    "Config",
    "FolderStore",
    "Identity",
    "Logbook",
    "Parts",
    "application",
    "cues",
]
__all__ += ["ENTRIES_MAX", "port_esp32"]
