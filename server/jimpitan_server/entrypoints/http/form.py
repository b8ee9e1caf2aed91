"""Reads the forms of pages, and tells what was wrong with one."""

from collections.abc import Mapping

from fastapi import Request

from jimpitan_server.domain.errors import ServerError


async def form_fields(request: Request) -> dict[str, str]:
    """Return the fields of a form as texts, without the blanks around them."""
    return {name: str(value).strip() for name, value in (await request.form()).items()}


def form_status(error: Exception | None) -> int:
    """Return the status of a page whose form met an error, or none; a ValueError is malformed."""
    return error.status if isinstance(error, ServerError) else 422 if error else 200


def form_fault(error: Exception | None, faults: Mapping[str, str], otherwise: str) -> str:
    """Return the sentence of a page for an error by its code; empty without an error."""
    return faults.get(getattr(error, "code", ""), otherwise) if error else ""
