"""The only code that touches the chip: pins, Wi-Fi, sockets, flash, watchdog."""
