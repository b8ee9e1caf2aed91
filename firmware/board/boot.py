"""Runs before main: no prompt, no web prompt, nothing that answers a stranger.

It lies in the files and in the bench's ROM image: with ROM the interpreter may begin there. Then
main.py would be looked for in ROM too, so the place to begin is set to the files.
"""

import os

import esp

esp.osdebug(None)
os.chdir("/")
