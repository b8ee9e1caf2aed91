"""Lets `python -m jimpitan_hardware` build everything."""

from jimpitan_hardware.cli import app

app()
