"""The door for everybody: the public figures as a page, as JSON and as a stream."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from jimpitan_server.entrypoints.http.live_response import LiveResponse
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram

router = APIRouter(tags=["public"])
TOTALS_AGE_S = 2


@router.get("/totals.json")
async def get_totals(request: Request, program: TheProgram) -> Response:
    """Return the public figures, with a tag by which a reader saves asking twice."""
    totals = await program.live.latest()
    headers = {
        "ETag": f'"{totals.content_tag()}"',
        "Cache-Control": f"public, max-age={TOTALS_AGE_S}",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return JSONResponse(totals.as_json(), headers=headers)


@router.get("/series.json")
async def get_series(program: TheProgram) -> JSONResponse:
    """Return the curve of the last two hours: [Unix s, deposits, counted, QRIS known]."""
    await program.live.publish()
    return JSONResponse(
        {"points": list(program.live.history)},
        headers={"Cache-Control": f"public, max-age={TOTALS_AGE_S}"},
    )


@router.get("/", response_class=HTMLResponse)
async def get_board(request: Request, program: TheProgram) -> Response:
    """Show the public board, complete without any script."""
    totals = await program.live.latest()
    return page(request, program, "papan.html", totals=totals)


@router.get("/live", response_class=Response)
async def get_live(program: TheProgram) -> Response:
    """Stream the public figures as they change."""
    await program.live.publish()
    program.live.enter()
    return LiveResponse(program.live)


@router.get("/healthz")
async def get_health(program: TheProgram) -> dict[str, str]:
    """Say that the program runs and its database answers."""
    await program.check_database()
    return {"status": "ok"}


@router.get("/metrics", response_class=Response)
async def get_metrics(request: Request, program: TheProgram) -> Response:
    """Return the counters for Prometheus: to this machine, or to who has the token."""
    program.allow_metrics(
        client=request.client.host if request.client else "",
        authorization=request.headers.get("authorization", ""),
    )
    program.metrics.viewers.set(program.live.viewers)
    return Response(program.metrics.page(), media_type="text/plain; version=0.0.4")
