"""The libraries of the bench, imported when first needed: a gateway in the field lives without."""

import importlib
from typing import Any

from jimpitan_gateway.errors import ToolMissing


def library(name: str) -> Any:
    """Return a library of the extra `bench`, or say how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ToolMissing(
            f"The bench needs {name.partition('.')[0]}, which is not installed here."
            ' Install it: pip install "jimpitan[bench]".'
        ) from error
