"""Writes the log: one JSON object per line on stderr, a fixed event name and fields."""

import io
import logging
import sys

import structlog


class _Stderr(io.TextIOBase):
    """What is stderr at the moment of writing: a command's may be closed when it has ended."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_log() -> None:
    """Set the log up; call it once, when the program starts.

    The HTTP client would log each address that it asks, and a Telegram bot's token is part of one.
    """
    for client in ("httpx", "httpcore"):
        logging.getLogger(client).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(_Stderr()),  # type: ignore[arg-type]  # it only prints
    )
