"""The doors of custody: what one holds, hands over and is asked to receive, as API and page."""

import re
import uuid
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from jimpitan_server.adapters.database import handover_rows
from jimpitan_server.adapters.database.user_store import login_names
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.rupiah import ENTRY_IDR_MAX, Rupiah, total
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.form import form_fault, form_fields, form_status
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.services.hand_over import COLLECTIONS_MAX, NOTE_LENGTH_MAX
from jimpitan_server.services.ports_handover import HandoverOffer, HandoverView, InHand

PEOPLE = (Role.COLLECTOR, Role.TREASURER, Role.ADMIN)
HERE = "/serah"
NO_NUL = r"^[^\x00]*$"  # PostgreSQL keeps no text with a NUL in it
WHOLE_RUPIAH = re.compile(r"[0-9]{1,12}|[0-9]{1,3}(?:\.[0-9]{3}){1,3}")
router = APIRouter(tags=["custody"])
Person = Annotated[Session, Depends(allow(*PEOPLE))]
PersonAtPage = Annotated[Session, Depends(require(*PEOPLE))]
FAULTS = {
    "receiver_unknown": "Pilih penerima dahulu.",
    "receiver_wrong": "Serahkan kepada orang lain, yaitu bendahara.",
    "handover_offered": "Ada hitungan yang sudah ditawarkan. Muat ulang halaman.",
    "handover_holder": "Ada hitungan yang sudah di tangan orang lain. Muat ulang halaman.",
    "handover_answered": "Serah terima ini sudah dijawab.",
    "handover_changed": "Ada hitungan yang sudah disetor atau dibatalkan. Tolak serah terima ini.",
}
FORM_FAULT = "Pilih hitungan dan penerima, atau isi jumlah yang diterima dalam rupiah bulat."


class OfferIn(BaseModel):
    """What is handed over to whom; the id was made where it was typed."""

    model_config = ConfigDict(extra="forbid")

    handover_id: UUID
    receiver: Annotated[str, Field(max_length=64, pattern=r"^[\x21-\x7e]+$")]
    collection_ids: Annotated[list[UUID], Field(min_length=1, max_length=COLLECTIONS_MAX)]


class AnswerIn(BaseModel):
    """What the receiver found; without a sum the handover is refused, with a note why."""

    model_config = ConfigDict(extra="forbid")

    received_idr: Annotated[StrictInt, Field(ge=0, le=ENTRY_IDR_MAX)] | None = None
    note: Annotated[str, Field(max_length=NOTE_LENGTH_MAX, pattern=NO_NUL)] = ""


def of_view(view: HandoverView) -> dict[str, object]:
    """Return one handover; what was counted is told only once the receiver has confirmed."""
    answer = view.answer
    return {
        "handover_id": view.offer.handover_id,
        "giver": view.offer.giver,
        "receiver": view.offer.receiver,
        "collection_ids": list(view.offer.collection_ids),
        "offered_at": view.offer.offered_at.isoformat(),
        "answered_at": answer.answered_at.isoformat() if answer else None,
        "received_idr": _amount(answer.received) if answer else None,
        "counted_idr": view.total.amount if answer and answer.received is not None else None,
    }


def _amount(received: Rupiah | None) -> int | None:
    return None if received is None else received.amount


@router.get("/api/v1/handovers")
async def get_handovers(program: TheProgram, session: Person) -> dict[str, object]:
    """Return the handovers that one gives or receives, the latest first."""
    async with program.database.read() as connection:
        views = await handover_rows.views_of(connection, session.user_id)
    return {"handovers": [of_view(view) for view in views]}


@router.post("/api/v1/handovers", status_code=201)
async def post_handover(body: OfferIn, program: TheProgram, session: Person) -> JSONResponse:
    """Offer counts that one holds to a treasurer; 201 the first time, 200 again."""
    ids = tuple(str(one) for one in body.collection_ids)
    is_new = await _offer(program, session, str(body.handover_id), body.receiver, ids)
    answer = {"handover_id": str(body.handover_id), "is_new": is_new}
    return JSONResponse(answer, 201 if is_new else 200)


async def _offer(
    program: TheProgram, session: Session, handover_id: str, receiver: str, ids: tuple[str, ...]
) -> bool:
    return await program.money.offer_handover(
        HandoverOffer(
            handover_id=handover_id,
            giver=session.user_id,
            receiver=receiver,
            collection_ids=ids,
            offered_at=program.clock.now(),
        )
    )


@router.post("/api/v1/handovers/{handover_id}/answer")
async def post_answer(
    handover_id: UUID, body: AnswerIn, program: TheProgram, session: Person
) -> dict[str, object]:
    """Confirm what was received, or refuse; only the receiver can."""
    received = None if body.received_idr is None else Rupiah(body.received_idr)
    answer = await program.money.answer_handover(
        str(handover_id), received=received, note=body.note, actor=session.user_id
    )
    return {
        "handover_id": answer.handover_id,
        "received_idr": _amount(answer.received),
    }


@router.get(HERE, response_class=HTMLResponse)
async def get_page(request: Request, program: TheProgram, session: PersonAtPage) -> HTMLResponse:
    """Show what one holds, and what one is asked to receive."""
    return await _page(request, program, session)


@router.post(HERE, response_class=HTMLResponse)
async def post_page_offer(
    request: Request, program: TheProgram, session: PersonAtPage
) -> Response:
    """Offer what was ticked in the form."""
    form = await request.form()
    try:
        ids = tuple(str(UUID(str(one))) for one in form.getlist("hitungan"))
        handover_id = str(UUID(str(form.get("nomor", ""))))
        receiver = _plain(str(form.get("penerima", "")))[:64]
        await _offer(program, session, handover_id, receiver, ids)
    except (ServerError, ValueError) as error:
        return await _page(request, program, session, error=error)
    return RedirectResponse(HERE, 303)


@router.post(HERE + "/{handover_id}", response_class=HTMLResponse)
async def post_page_answer(
    handover_id: UUID, request: Request, program: TheProgram, session: PersonAtPage
) -> Response:
    """Confirm or refuse what the form says."""
    form = await form_fields(request)
    try:
        received = None if form.get("tolak") else _rupiah(form.get("jumlah", ""))
        await program.money.answer_handover(
            str(handover_id),
            received=received,
            note=_plain(form.get("catatan", "")),
            actor=session.user_id,
        )
    except ServerError as error:
        return await _page(request, program, session, error=error)
    return RedirectResponse(HERE, 303)


def _plain(text: str) -> str:
    return text.replace("\x00", "")


def _rupiah(text: str) -> Rupiah:
    """Return whole rupiah, with or without dots between thousands; 1.5 is neither."""
    if not WHOLE_RUPIAH.fullmatch(text):
        raise Malformed(FORM_FAULT)
    return Rupiah(int(text.replace(".", "")))


async def _page(
    request: Request,
    program: TheProgram,
    session: Session,
    *,
    error: Exception | None = None,
) -> HTMLResponse:
    async with program.database.read() as connection:
        store = handover_rows.DatabaseHandovers(connection)
        held = [one for one in await store.in_hand() if one.holder == session.user_id]
        views = await handover_rows.views_of(connection, session.user_id)
        people = await handover_rows.receivers(connection)
        givers = [view.offer.giver for view in views] + [view.offer.receiver for view in views]
        names = await login_names(connection, givers)
    free: list[InHand] = [one for one in held if not one.is_offered and one.total]
    return page(
        request,
        program,
        "serah.html",
        form_status(error),
        here=HERE,
        fault=form_fault(error, FAULTS, FORM_FAULT),
        new_id=str(uuid.uuid4()),
        held=free,
        held_total=total(one.total for one in held),
        people={one: name for one, name in people.items() if one != session.user_id},
        to_answer=[v for v in views if v.answer is None and v.offer.receiver == session.user_id],
        given=[view for view in views if view.offer.giver == session.user_id],
        names=names,
    )
