"""The doors for money that people bring: counts, remittances, statements, and the dossier."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt
from starlette.datastructures import UploadFile

from jimpitan_server.adapters.money_desk import ImportWish
from jimpitan_server.adapters.statement_profiles import profiles_named
from jimpitan_server.domain.books import RemittanceMethod
from jimpitan_server.domain.cash import PIECES_MAX, CashCount
from jimpitan_server.domain.container import Container, Tier
from jimpitan_server.domain.errors import Malformed, TooLarge
from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.domain.rupiah import ENTRY_IDR_MAX, Rupiah
from jimpitan_server.domain.statement_sheet import FILE_LENGTH_MAX
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http import money_answers
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.journey_answers import of_journey
from jimpitan_server.entrypoints.http.parts import TheProgram, read_body
from jimpitan_server.services.close_collection import Counted
from jimpitan_server.services.remit import COLLECTIONS_MAX, Paid

router = APIRouter(prefix="/api/v1", tags=["money"])

Text = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x20-\x7e]+$")]
Denomination = Annotated[str, Field(pattern=r"^[1-9][0-9]{1,5}$")]
Pieces = Annotated[StrictInt, Field(ge=0, le=PIECES_MAX)]
MULTIPART_EXTRA_MAX = 64 * 1024

Counting = Annotated[Session, Depends(allow(Role.COLLECTOR, Role.TREASURER, Role.ADMIN))]
Banking = Annotated[Session, Depends(allow(Role.TREASURER, Role.ADMIN))]
Looking = Annotated[Session, Depends(allow(Role.ADMIN, Role.TREASURER, Role.AUDITOR))]


class CollectionIn(BaseModel):
    """A count made at the lid; the id was made on the phone before anything was sent."""

    model_config = ConfigDict(extra="forbid")

    collection_id: UUID
    box: Annotated[str, Field(max_length=32)]
    lid_at: AwareDatetime
    cash: Annotated[dict[Denomination, Pieces], Field(max_length=20)]
    seal: Text | None = None
    witness: Text | None = None
    witness_pin: Annotated[str, Field(max_length=64)] | None = None
    seal_found: Annotated[str, Field(max_length=64, pattern=r"^[\x20-\x7e]*$")] | None = None
    bag: Text | None = None


class RemittanceIn(BaseModel):
    """Counted cash that was paid in, by slip or by QRIS."""

    model_config = ConfigDict(extra="forbid")

    remittance_id: UUID
    collection_ids: Annotated[list[UUID], Field(min_length=1, max_length=COLLECTIONS_MAX)]
    amount_idr: Annotated[StrictInt, Field(gt=0, le=ENTRY_IDR_MAX)]
    method: RemittanceMethod
    reference: Text
    paid_at: AwareDatetime
    account: Text | None = None


class StatementQuery(BaseModel):
    """Whose statement it is and how it is laid out; a dry run only looks."""

    model_config = ConfigDict(extra="forbid")

    account: Text
    profile: Annotated[str | None, Field(max_length=40)] = None
    dry_run: bool = False
    accept_warnings: bool = False
    file_name: Annotated[str, Field(max_length=200)] = "statement.csv"


class VoidIn(BaseModel):
    """Why an entry shall not count."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=500)]


@router.post("/collections")
async def post_collection(
    counted: CollectionIn, program: TheProgram, session: Counting
) -> JSONResponse:
    """Keep a blind count; 201 the first time, 200 when the same one comes again."""
    receipt, state = await program.collections.close(
        Counted(
            collection_id=str(counted.collection_id),
            box=_box(counted.box),
            collector=session.user_id,
            lid_at=counted.lid_at,
            count=CashCount.of({int(value): n for value, n in counted.cash.items()}),
            seal=counted.seal,
            witness=counted.witness,
            seal_found=counted.seal_found,
            bag=counted.bag,
        ),
        pin=counted.witness_pin,
    )
    answer = money_answers.of_receipt(receipt) | {"witness_state": state}
    return JSONResponse(answer, 201 if receipt.is_new else 200)


@router.post("/remittances")
async def post_remittance(
    paid: RemittanceIn, program: TheProgram, session: Counting
) -> JSONResponse:
    """Keep a remittance; 201 the first time, 200 when the same one comes again."""
    receipt = await program.money.remit(
        Paid(
            remittance_id=str(paid.remittance_id),
            account=paid.account,
            collection_ids=tuple(str(one) for one in paid.collection_ids),
            amount=Rupiah(paid.amount_idr),
            method=paid.method,
            reference=paid.reference,
            paid_at=paid.paid_at,
            actor=session.user_id,
        ),
        only_own=session.role is Role.COLLECTOR,
    )
    return JSONResponse(money_answers.of_remittance(receipt), 201 if receipt.is_new else 200)


@router.post("/{kind}s/{subject_id}/void", status_code=201)
async def post_void(
    kind: Annotated[str, Path(max_length=20)],
    subject_id: Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9-]+$")],
    void: VoidIn,
    program: TheProgram,
    session: Banking,
) -> dict[str, str]:
    """Withdraw a collection, remittance or payment with a reason."""
    await program.money.void(
        kind=kind,
        subject_id=subject_id,
        reason=void.reason,
        actor=session.user_id,
        own_up_to=program.cases.approval_above,
    )
    return {"kind": kind, "id": subject_id}


@router.post("/statements", max_body_size=FILE_LENGTH_MAX + MULTIPART_EXTRA_MAX)
async def post_statement(
    request: Request,
    query: Annotated[StatementQuery, Query()],
    program: TheProgram,
    session: Banking,
) -> JSONResponse:
    """Import a statement file, as the body or as the form field `file`."""
    profiles = profiles_named(query.profile)
    name, content = await _file(request, query.file_name)
    imported = await program.money.import_statement(
        ImportWish(
            account=query.account,
            file_name=name,
            content=content,
            profiles=profiles,
            dry_run=query.dry_run,
            accept_warnings=query.accept_warnings,
            actor=session.user_id,
        )
    )
    if imported.faults:
        return JSONResponse(money_answers.of_faults(imported), 422)
    if imported.import_id is None and not query.dry_run:
        return JSONResponse(money_answers.of_warnings(imported), 409)
    return JSONResponse(money_answers.of_import(imported), 200 if query.dry_run else 201)


async def _file(request: Request, file_name: str) -> tuple[str, bytes]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return file_name, await read_body(request, bytes_max=FILE_LENGTH_MAX)
    declared = request.headers.get("content-length", "")
    if not declared.isdigit() or int(declared) > FILE_LENGTH_MAX + MULTIPART_EXTRA_MAX:
        raise TooLarge(f"A statement file has at most {FILE_LENGTH_MAX} bytes.")
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise Malformed("Send the file in the form field `file`.")
        return upload.filename or file_name, await upload.read()


@router.post("/reconcile")
async def post_reconcile(program: TheProgram, _: Banking) -> dict[str, object]:
    """Match everything that stands anew, and say where the money is."""
    return money_answers.of_matching(await program.money.reconcile())


@router.get("/dossier/{box}")
async def get_dossier(box: str, program: TheProgram, _: Looking) -> JSONResponse:
    """Return both chains of a box; collectors, who count blind, are not shown it."""
    dossier = await program.money.dossier(_box(box))
    known = await program.visits.container(dossier.box)
    container = known or Container(box=dossier.box, tier=Tier.CAN)
    journeys = await program.visits.journeys(container, dossier)
    answer = money_answers.of_dossier(dossier) | {"tier": container.tier, "site": container.site}
    answer["journeys"] = [of_journey(one) for one in journeys]
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _box(box: str) -> BoxId:
    if not is_box_id(box):
        raise Malformed("A box id has 1 to 32 characters of a-z, 0-9 and hyphen.")
    return BoxId(box)
