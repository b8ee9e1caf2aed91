"""What tests of the gateway share: commands leave no log behind that writes to a closed file."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """Give the log back as it was: a command run inside a test binds it to that test's stderr."""
    yield
    structlog.reset_defaults()
