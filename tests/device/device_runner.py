"""Run every test of this folder on the interpreter that runs this; no pytest needed.

Prints one line a test: `ok module.name`, or `FAILED module.name` with the traceback.
"""

import gc
import sys

MODULES = (
    "test_device_wire",
    "test_device_detector",
    "test_device_mqtt",
    "test_device_box",
    "test_device_console",
    "test_device_bench_line",
    "test_device_senses",
    "test_device_thanks",
    "test_device_power",
    "test_device_configuration",
    "test_device_update",
    "test_device_update_hardships",
    "test_device_slots",
    "test_device_rom",
    "test_device_before",
)


def run_module(name):
    """Run one module's tests and forget the module, so that the heap tells of one at a time."""
    module = __import__(name)
    for test in sorted(dir(module)):
        if not test.startswith("test_"):
            continue
        try:
            getattr(module, test)()
        except Exception as error:
            print("FAILED", name + "." + test)
            sys.print_exception(error)
        else:
            print("ok", name + "." + test)
        gc.collect()
    del sys.modules[name]
