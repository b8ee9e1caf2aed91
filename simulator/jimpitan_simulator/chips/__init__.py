"""A board without a board: time, wires and chips as their datasheets describe them.

The drivers of the firmware run on it through `board.SimulatedBoard.modules`, which imitates
what MicroPython calls `machine`, `esp32`, `neopixel`, `framebuf`, `micropython` and `time`
(`network` is there to be imported, and empty). What a datasheet forbids raises `Misuse`, so
that a test sees it.
"""
