"""The doors of people: the admin's list, one's own logins, and the page of an invitation."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from jimpitan_server.adapters.people_desk import PeopleDesk
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import NotAuthenticated, NotFound, ServerError
from jimpitan_server.domain.person import Person
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.form import form_fields
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import check_origin, cookie_name, require
from jimpitan_server.entrypoints.http.receipt_door import public_url
from jimpitan_server.entrypoints.http.table import Column
from jimpitan_server.entrypoints.http.table_page import table_page
from jimpitan_server.services.enrol import fingerprint
from jimpitan_server.services.people import Invited

router = APIRouter(tags=["people"], default_response_class=HTMLResponse)
Admin = Annotated[Session, Depends(require(Role.ADMIN))]
Anybody = Annotated[Session, Depends(require())]
Token = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
UserId = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9-]+$")]
Handle = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
HERE, OWN = "/admin/orang", "/saya"
FORM_BYTES_MAX = 16 * 1024
ROLES = {
    Role.ADMIN: "admin",
    Role.TREASURER: "bendahara",
    Role.COLLECTOR: "kolektor",
    Role.AUDITOR: "auditor",
}
FAULTS = {
    "invitation_unknown": "Tautan ini sudah dipakai atau terlalu lama. Mintalah yang baru.",
    "user_exists": "Nama itu sudah dipakai.",
    "malformed": "Nama masuk terdiri dari 1 sampai 32 huruf kecil, angka, titik, _ atau -.",
    "password_length": "Kata sandi terdiri dari 10 sampai 200 huruf.",
    "password_name": "Kata sandi jangan sama dengan nama masuk.",
    "password_twice": "Kedua isian kata sandi tidak sama.",
    "person_own": "Akun sendiri tidak dapat ditutup: admin lain yang melakukannya.",
    "person_last_admin": "Ini admin terakhir yang dapat masuk; akunnya tetap terbuka.",
    "person_disabled": "Akun ini ditutup. Buka dahulu, lalu buat tautan.",
    "person_unknown": "Orang itu tidak dikenal.",
    "login": "Kata sandi lama itu salah.",
}


def state_of(person: Person) -> str:
    """Return how somebody stands, in a word of the templates."""
    if person.disabled_at is not None:
        return "ditutup"
    return "dapat masuk" if person.has_password else "menunggu kata sandi"


COLUMNS: tuple[Column[Person], ...] = (
    Column("nama", "Nama masuk", lambda one: one.login_name),
    Column("peran", "Peran", lambda one: ROLES[one.role], is_word=True),
    Column("keadaan", "Keadaan", state_of, is_word=True),
    Column("sejak", "Ditambahkan", lambda one: one.created_at),
    Column("masuk", "Terakhir masuk", lambda one: one.last_login_at),
    Column("perangkat", "Sedang masuk", lambda one: one.logins, is_number=True),
)


def desk_of(program: Program) -> PeopleDesk:
    """Return the desk of people."""
    return PeopleDesk(program.database, program.clock, program.passwords)


@router.get(HERE, response_class=Response)
async def get_people(request: Request, program: TheProgram, _: Admin) -> Response:
    """List who may log in, and offer the form to invite somebody."""
    return await _list(request, program)


@router.post(HERE, max_body_size=FORM_BYTES_MAX)
async def post_person(request: Request, program: TheProgram, session: Admin) -> Response:
    """Invite somebody; the link is shown once."""
    form = await form_fields(request)
    try:
        invited = await desk_of(program).invite(
            form.get("nama", ""), role=form.get("peran", ""), actor=session.user_id
        )
    except ServerError as error:
        return await _list(request, program, error=error, typed=form)
    return await _list(request, program, invited=invited)


@router.get(HERE + "/{user_id}")
async def get_person(
    user_id: UserId, request: Request, program: TheProgram, _: Admin
) -> HTMLResponse:
    """Show one person, the logins that hold, and what can be done."""
    return await _one(request, program, user_id)


@router.post(HERE + "/{user_id}/{act}", max_body_size=FORM_BYTES_MAX)
async def post_act(
    user_id: UserId,
    act: Annotated[str, Path(pattern=r"^(tautan|tutup|buka|keluarkan)$")],
    request: Request,
    program: TheProgram,
    session: Admin,
) -> Response:
    """Make a fresh link, disable, enable, or end the logins of a person."""
    desk, actor = desk_of(program), session.user_id
    try:
        if act == "tautan":
            invited = await desk.invite_again(user_id, actor=actor)
            return await _one(request, program, user_id, invited=invited)
        if act == "tutup":
            await desk.disable(user_id, actor=actor)
        elif act == "buka":
            await desk.enable(user_id, actor=actor)
        else:
            await desk.end_logins(user_id, handle=None, actor=actor)
    except ServerError as error:
        return await _one(request, program, user_id, error=error)
    return RedirectResponse(f"{HERE}/{user_id}", 303)


@router.get("/undangan/{token}")
async def get_invitation(token: Token, request: Request, program: TheProgram) -> HTMLResponse:
    """Show the form of a link; nothing is used up by looking at it."""
    return await _invitation(request, program, token)


@router.post("/undangan/{token}", max_body_size=FORM_BYTES_MAX)
async def post_invitation(token: Token, request: Request, program: TheProgram) -> Response:
    """Set the password of whoever holds the link; then the person logs in with it."""
    check_origin(request)
    form = await request.form(max_files=0, max_fields=10)
    password = str(form.get("sandi", ""))
    if password != form.get("sandi-lagi", ""):
        return await _invitation(request, program, token, fault=FAULTS["password_twice"])
    try:
        await desk_of(program).set_password(token, password)
    except ServerError as error:
        fault = FAULTS.get(error.code, error.sentence)
        return await _invitation(request, program, token, fault=fault, status=error.status)
    return RedirectResponse("/masuk?next=/admin", 303)


@router.get(OWN)
async def get_own(request: Request, program: TheProgram, session: Anybody) -> HTMLResponse:
    """Show one's own logins, and the form for another password."""
    return await _own(request, program, session)


@router.post(OWN + "/sandi", max_body_size=FORM_BYTES_MAX)
async def post_own_password(request: Request, program: TheProgram, session: Anybody) -> Response:
    """Set another password; all logins end, this one too."""
    form = await request.form(max_files=0, max_fields=10)
    if form.get("sandi", "") != form.get("sandi-lagi", ""):
        return await _own(request, program, session, fault=FAULTS["password_twice"], status=422)
    try:
        await desk_of(program).change_password(
            session, old=str(form.get("sandi-lama", "")), new=str(form.get("sandi", ""))
        )
    except NotAuthenticated as error:
        return await _own(request, program, session, fault=FAULTS[error.code], status=401)
    except ServerError as error:
        fault = FAULTS.get(error.code, error.sentence)
        return await _own(request, program, session, fault=fault, status=error.status)
    return RedirectResponse(f"/masuk?next={OWN}", 303)


@router.post(OWN + "/{handle}/akhiri", max_body_size=FORM_BYTES_MAX)
async def post_own_end(handle: Handle, program: TheProgram, session: Anybody) -> Response:
    """End one of one's own logins."""
    await desk_of(program).end_logins(session.user_id, handle=handle, actor=session.user_id)
    return RedirectResponse(OWN, 303)


async def _list(
    request: Request,
    program: Program,
    *,
    error: ServerError | None = None,
    invited: Invited | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    answer = table_page(
        request,
        program,
        "orang.html",
        name="orang",
        columns=COLUMNS,
        rows=await desk_of(program).people(),
        here=HERE,
        roles=ROLES,
        state_of=state_of,
        fault=FAULTS.get(error.code, error.sentence) if error else "",
        typed=typed or {},
        **_link(request, program, invited),
    )
    answer.status_code = error.status if error else 200
    return answer


async def _one(
    request: Request,
    program: Program,
    user_id: str,
    *,
    error: ServerError | None = None,
    invited: Invited | None = None,
) -> HTMLResponse:
    desk = desk_of(program)
    person = next((one for one in await desk.people() if one.user_id == user_id), None)
    if person is None:
        raise NotFound("There is no such person.", code="person_unknown")
    return page(
        request,
        program,
        "orang_satu.html",
        error.status if error else 200,
        here=HERE,
        person=person,
        role=ROLES[person.role],
        state=state_of(person),
        logins=await desk.logins(user_id),
        fault=FAULTS.get(error.code, error.sentence) if error else "",
        **_link(request, program, invited),
    )


def _link(request: Request, program: Program, invited: Invited | None) -> dict[str, object]:
    link = f"{public_url(request, program)}/undangan/{invited.token}" if invited else ""
    return {"invited": invited, "link": link}


async def _invitation(
    request: Request, program: Program, token: str, *, fault: str = "", status: int = 200
) -> HTMLResponse:
    try:
        person = await desk_of(program).look_at_link(token)
    except NotFound as error:
        return page(request, program, "undangan.html", 404, person=None, fault=FAULTS[error.code])
    status = 422 if fault and status == 200 else status
    return page(request, program, "undangan.html", status, person=person, fault=fault)


async def _own(
    request: Request, program: Program, session: Session, *, fault: str = "", status: int = 200
) -> HTMLResponse:
    token = request.cookies.get(cookie_name(https=program.settings.https), "")
    return page(
        request,
        program,
        "saya.html",
        status,
        here=OWN,
        logins=await desk_of(program).logins(session.user_id),
        this=fingerprint(token).hex(),
        role=ROLES[session.role],
        fault=fault,
    )
