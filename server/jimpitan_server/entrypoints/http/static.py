"""Serves the built scripts and styles: their names carry a hash, so they are kept for ever."""

from fastapi.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class BuiltFiles(StaticFiles):
    """Static files that never change under their name."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, to be kept for a year."""
        answer = await super().get_response(path, scope)
        if answer.status_code == 200:
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer
