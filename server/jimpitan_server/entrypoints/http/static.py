"""Serves the built scripts and styles: their names carry a hash, so they are kept for ever."""

from pathlib import Path

from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

SQUEEZED = ".gz"
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


class BuiltFiles(StaticFiles):
    """Static files that never change under their name, as the build squeezed them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, to be kept for a year; squeezed for whoever can take it so."""
        media_type = MEDIA_TYPES.get(Path(path).suffix)
        is_squeezed = (
            media_type is not None
            and "gzip" in Headers(scope=scope).get("accept-encoding", "")
            and self.lookup_path(path + SQUEEZED)[1] is not None
        )
        answer = await super().get_response(path + SQUEEZED if is_squeezed else path, scope)
        if is_squeezed and answer.status_code == 200:
            answer.headers["Content-Encoding"] = "gzip"
            answer.headers["Content-Type"] = str(media_type)
        if media_type is not None:
            answer.headers["Vary"] = "Accept-Encoding"
        if answer.status_code == 200:
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer
