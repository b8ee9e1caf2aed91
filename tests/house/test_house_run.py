"""The one way in ends what it started: nothing goes on running when it is told to stop."""

import os
import signal
import subprocess
import sys

import pytest
from components import ROOT

CHILD = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
PARENT = f"import run, sys; run.run([sys.executable, '-c', {CHILD!r}], must=False)"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_who_ends_the_way_in_ends_what_it_runs():
    words = [sys.executable, "-c", PARENT]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGTERM)
        parent.wait(30)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
