"""The door for gateways: they hand over records and fetch what boxes are to be told."""

import asyncio
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from jimpitan_server.adapters.batch import read_batch
from jimpitan_server.domain.ids import GatewayId
from jimpitan_server.entrypoints.http.parts import (
    TheProgram,
    bearer_token,
    need_media_type,
    read_body,
)
from jimpitan_server.services.accept import Accepted, Delivery
from jimpitan_server.services.record import DownMessage

router = APIRouter(prefix="/api/v1", tags=["gateway"])
BODY_BYTES_MAX = 2 * 1024 * 1024
WAIT_S_MAX = 25
# Commands that another process kept are seen after this long.
LOOK_EVERY_S = 2.0


async def gateway_of(request: Request, program: TheProgram) -> GatewayId:
    """Return the gateway whose token this request carries."""
    return await program.gateway_of_token(bearer_token(request))


TheGateway = Annotated[GatewayId, Depends(gateway_of)]


@router.post("/records")
async def post_records(request: Request, program: TheProgram, gateway: TheGateway) -> JSONResponse:
    """Take in messages of boxes: a CBOR array of [box, received_ms, message]."""
    need_media_type(request, "application/cbor")
    body = await read_body(request, bytes_max=BODY_BYTES_MAX)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    deliveries = [
        Delivery(box, epoch + timedelta(milliseconds=received_ms), message)
        for box, received_ms, message in read_batch(body)
    ]
    accepted = await program.accept(deliveries, gateway=gateway)
    return JSONResponse(_answer(accepted))


@router.get("/down")
async def get_down(
    program: TheProgram,
    gateway: TheGateway,
    wait_s: Annotated[int, Query(ge=0, le=WAIT_S_MAX)] = 0,
) -> JSONResponse:
    """Return signed commands for boxes, waiting up to `wait_s` seconds for the first."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + wait_s
    while True:
        turn = program.commands.turn()
        messages = await program.hand_out(gateway)
        left_s = until_s - loop.time()
        if messages or left_s <= 0 or program.commands.is_closed:
            return JSONResponse({"down": down_list(messages)})
        await program.commands.wait(turn, min(left_s, LOOK_EVERY_S))


def _answer(accepted: Accepted) -> dict[str, object]:
    results = [
        {
            "status": "held" if receipt.is_held else "refused",
            "stored": receipt.stored,
            "duplicate": receipt.duplicate,
            "reasons": receipt.reasons,
        }
        for receipt in accepted.receipts
    ]
    return {"results": results, "down": down_list(accepted.down)}


def down_list(messages: list[DownMessage]) -> list[dict[str, str]]:
    """Return signed messages for boxes as JSON can carry them."""
    return [
        {"box": message.box, "message": b64encode(message.message).decode()}
        for message in messages
    ]
