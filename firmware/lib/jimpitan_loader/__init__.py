"""Which firmware a box runs: as flashed at the bench, or one of two slots that updates fill.

No update touches this package: it must start a box whose newest firmware does not start. It
imports nothing but the interpreter's own modules.
"""
