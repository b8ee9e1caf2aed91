"""The words all parts of Jimpitan share: records, down messages, topics, CBOR, COSE, errors.

MicroPython-clean and without input or output. Import the modules by name; this file stays
empty of imports so that a small device loads only what it uses.
"""
