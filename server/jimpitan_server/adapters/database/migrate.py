"""Brings the schema of a database to the version this program was written for."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.engine import POSTGRESQL, Database

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x6A696D70  # "jimp": one migration at a time on one PostgreSQL database


def config_for(connection: Connection | None = None) -> Config:
    """Return the Alembic configuration; nothing of it is read from a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> str:
    """Run every step that is missing, all in one transaction; return the version reached."""
    async with database.write() as connection:
        if database.dialect == POSTGRESQL:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        await connection.run_sync(_upgrade)
        return await connection.run_sync(_current) or ""


async def migrate_to(connection: AsyncConnection, version: str) -> None:
    """Make the schema of one version in an empty database, inside the caller's transaction."""
    await connection.run_sync(lambda one: command.upgrade(config_for(one), version))


async def current(connection: AsyncConnection) -> str | None:
    """Return the version a database has, None when it has no schema of ours."""
    return await connection.run_sync(_current)


def is_known(version: str) -> bool:
    """Tell whether this program knows how to get on from a version."""
    steps = ScriptDirectory.from_config(config_for()).walk_revisions()
    return version in {step.revision for step in steps}


async def version_of(database: Database) -> tuple[str | None, str]:
    """Return the version the database has and the one this program needs."""
    newest = ScriptDirectory.from_config(config_for()).get_current_head() or ""
    async with database.read() as connection:
        return await connection.run_sync(_current), newest


def _upgrade(connection: Connection) -> None:
    command.upgrade(config_for(connection), "head")


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
