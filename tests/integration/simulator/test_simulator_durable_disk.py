"""The disk whose power can be cut keeps what was synced and loses the rest."""

import subprocess
import sys

import pytest
from jimpitan_gateway.spool import Spool
from jimpitan_simulator import durable_disk

WRITE = """
import os, sqlite3, sys
from jimpitan_simulator import durable_disk
durable_disk.install()
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("PRAGMA synchronous=FULL")
connection.execute("CREATE TABLE seen (number INTEGER)")
connection.execute("PRAGMA synchronous=" + sys.argv[2])
for number in range(2000):
    connection.execute("INSERT INTO seen VALUES (?)", (number,))
os._exit(0)
"""


def written(path, synchronous):
    subprocess.run([sys.executable, "-c", WRITE, str(path), synchronous], check=True)
    durable_disk.lose_unsynced(path)
    import sqlite3

    connection = sqlite3.connect(path)
    count = connection.execute("SELECT count(*) FROM seen").fetchone()[0]
    connection.close()
    return count


@pytest.mark.integration
def test_full_loses_nothing(tmp_path):
    assert written(tmp_path / "a.db", "FULL") == 2000


@pytest.mark.integration
def test_off_loses_what_was_never_synced(tmp_path):
    assert written(tmp_path / "a.db", "OFF") < 2000


def test_a_power_cut_before_the_first_sync_leaves_no_file(tmp_path):
    spool = Spool(tmp_path / "spool.db")
    spool.close()
    durable_disk.lose_unsynced(tmp_path / "spool.db")
    assert not (tmp_path / "spool.db").exists()
