"""Reads the forms of pages."""

from fastapi import Request


async def form_fields(request: Request) -> dict[str, str]:
    """Return the fields of a form as texts, without the blanks around them."""
    return {name: str(value).strip() for name, value in (await request.form()).items()}
