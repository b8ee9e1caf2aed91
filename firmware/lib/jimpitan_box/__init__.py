"""What a box is: it detects, stamps, keeps and publishes, stepped with time and readings.

Pure logic for MicroPython and CPython alike: no pins, no clock of its own, no sleep. All input
and output is handed in as the objects that `ports` describes.
"""
