"""What every test of the server leaves behind: a log that goes where it went before."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """Undo what a command set up, whose stream is closed when the command is over."""
    yield
    structlog.reset_defaults()
