"""The files of the page that works without a network: its shell, its worker, its description.

They hold nothing of a person, so a phone may fetch them anew also when its login is over.
"""

import hashlib
import json
from functools import cache

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.pages import BUILT, assets, environment, page
from jimpitan_server.entrypoints.http.parts import TheProgram

router = APIRouter(prefix="/kolektor", tags=["collector"])
SHELL = "kolektor_aplikasi.html"
DIGEST = "__DIGEST__"
# A worker is looked at anew with every visit; browsers bound its age themselves besides.
NOT_KEPT = {"Cache-Control": "no-cache"}


@cache
def sentences() -> tuple[str, ...]:
    """Return what the page's scripts say, as the build found it; empty where nothing is built."""
    found = BUILT / "sentences.json"
    return tuple(json.loads(found.read_text(encoding="utf-8"))) if found.exists() else ()


def sentences_in(language: str) -> dict[str, str]:
    """Return what the scripts say in another language than their own."""
    if language == words.INDONESIAN:
        return {}
    known = words.catalogue(language)
    return {one: known[one] for one in sentences() if one in known}


@router.get("/shell.html", response_class=HTMLResponse)
async def get_shell(request: Request, program: TheProgram) -> HTMLResponse:
    """Return the page without anything of a person, for the worker to keep."""
    said = sentences_in(words.language_of(request))
    return page(request, program, SHELL, sentences=said, is_listed=False, day=None)


@router.get("/sw.js", response_class=Response)
async def get_worker(program: TheProgram) -> Response:
    """Return the worker; it changes when the page or any of its files does."""
    name = assets().get("worker.js")
    if name is None:
        raise NotFound("The web assets are not built.")
    content = (BUILT / name).read_text(encoding="utf-8")
    return Response(
        content.replace(DIGEST, _digest(program, name)),
        media_type="text/javascript",
        headers=NOT_KEPT | {"Service-Worker-Allowed": "/kolektor"},
    )


def _digest(program: Program, worker: str) -> str:
    """Return what changes when the kept page does: its source, its words, its name, its files."""
    source, _, _ = environment().loader.get_source(environment(), SHELL)  # type: ignore[union-attr]
    parts = [worker, source, program.settings.programme_name, sentences_in(words.ENGLISH)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@router.get("/app.webmanifest", response_class=Response)
async def get_manifest(program: TheProgram) -> Response:
    """Return what a phone needs to install the page (W3C Web Application Manifest)."""
    icons = [
        {
            "src": f"/static/{assets()[f'icon-{size}.png']}",
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
        if f"icon-{size}.png" in assets()
    ]
    described = {
        "id": "/kolektor",
        "name": f"{program.settings.programme_name} – Kolektor",
        "short_name": "Kolektor",
        "start_url": "/kolektor",
        "scope": "/kolektor",
        "display": "standalone",
        "lang": "id",
        "background_color": "#fbf7ee",
        "theme_color": "#1f5b4c",
        "icons": icons,
    }
    return Response(
        json.dumps(described, ensure_ascii=False),
        media_type="application/manifest+json",
        headers=NOT_KEPT,
    )
