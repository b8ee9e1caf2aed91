"""The bench: flash, provision and read a box over USB, with a laptop and no network."""
