"""Builds the web application around a wired program."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from jimpitan_server.bootstrap import Program
from jimpitan_server.entrypoints.http import (
    admin_door,
    alert_door,
    audit_door,
    bank_door,
    bank_page_door,
    bearer,
    box_door,
    box_page_door,
    calendar_door,
    case_door,
    case_page_door,
    collector_door,
    configuration_door,
    confirmation_door,
    day_door,
    dossier_door,
    enrolment_door,
    gateway_door,
    handover_door,
    import_door,
    ledger_door,
    ledger_page_door,
    login_door,
    loss_door,
    matching_door,
    money_door,
    people_door,
    phone_door,
    phone_login_door,
    phone_page_door,
    public_door,
    receipt_door,
    remittance_page_door,
    report_door,
    rollout_door,
    rollout_page_door,
    setup_door,
    statement_page_door,
    sticker_door,
    visit_door,
    visit_page_door,
    wall_door,
    witness_door,
    workbench_door,
)
from jimpitan_server.entrypoints.http.body import BodyLimit
from jimpitan_server.entrypoints.http.errors import install_error_answers
from jimpitan_server.entrypoints.http.headers import SafeHeaders
from jimpitan_server.entrypoints.http.pages import BUILT
from jimpitan_server.entrypoints.http.rate import RateLimit
from jimpitan_server.entrypoints.http.static import BuiltFiles

BODY_BYTES_MAX = 20 * 1024 * 1024
ROUTERS = (
    gateway_door.router,
    enrolment_door.router,
    box_door.router,
    case_door.router,
    configuration_door.router,
    rollout_door.router,
    login_door.router,
    bearer.router,
    money_door.router,
    matching_door.router,
    handover_door.router,
    remittance_page_door.router,
    workbench_door.router,
    report_door.router,
    wall_door.router,
    bank_door.router,
    ledger_door.router,
    public_door.router,
    receipt_door.router,
    admin_door.router,
    alert_door.router,
    case_page_door.router,
    dossier_door.router,
    loss_door.router,
    box_page_door.router,
    rollout_page_door.router,
    bank_page_door.router,
    import_door.router,
    ledger_page_door.router,
    statement_page_door.router,
    sticker_door.router,
    confirmation_door.router,
    visit_door.router,
    visit_page_door.router,
    witness_door.router,
    day_door.router,
    phone_door.router,
    phone_login_door.router,
    audit_door.router,
    calendar_door.router,
    people_door.router,
    setup_door.router,
    phone_page_door.router,
    collector_door.router,
)


def create_app(program: Program) -> FastAPI:
    """Return the application; while it runs, the program works in the background."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with program.at_work():
            yield

    app = FastAPI(
        title="Jimpitan",
        description="Did every rupiah that people gave reach the account?",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.program = program
    install_error_answers(app)
    app.add_middleware(BodyLimit, bytes_max=BODY_BYTES_MAX)
    app.add_middleware(RateLimit, metrics=program.metrics)
    app.add_middleware(SafeHeaders, https=program.settings.https)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", BuiltFiles(directory=BUILT, check_dir=False), "static")
    return app
