"""Two runs of the tests on one machine leave each other alone."""

from pathlib import Path

import asyncpg
import pytest


async def test_postgresql_outlives_the_beginning_of_another_run(
    postgresql_server: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # A run of pytest closes the folder of all runs to other users (`pytest-of-root`), so nothing
    # that PostgreSQL reads as such a user may lie in it.
    runs = tmp_path_factory.getbasetemp()
    assert not any(Path(postgresql_server).is_relative_to(one) for one in (runs, runs.parent))
    connection = await asyncpg.connect(
        host=postgresql_server, user="postgres", database="postgres"
    )
    assert Path(await connection.fetchval("SHOW data_directory")) == Path(postgresql_server)
    await connection.close()
