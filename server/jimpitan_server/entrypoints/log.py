"""Writes the log: one JSON object per line on stderr, a fixed event name and fields."""

import logging
import sys

import structlog


def configure_log() -> None:
    """Set the log up; call it once, when the program starts."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
