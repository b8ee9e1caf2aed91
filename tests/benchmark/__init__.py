"""Measurements in one run on one machine, with the limits beside them: `python3 run.py bench`."""
