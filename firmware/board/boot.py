"""Runs before main: no prompt, no web prompt, nothing that answers a stranger."""

import esp

esp.osdebug(None)
