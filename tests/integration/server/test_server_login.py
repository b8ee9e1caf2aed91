"""People log in, stay in for a while, and nobody can make their browser act for them."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated

import httpx
import pytest
from fastapi import Depends
from jimpitan_server.adapters.database.schema import audit, sessions, users
from jimpitan_server.adapters.database.user_store import append_audit, first_broken_audit
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.app import create_app
from jimpitan_server.entrypoints.http.people import require
from server_boxes import FRIDAY, StepClock
from server_town import rows
from sqlalchemy import text, update

NAME, PASSWORD = "siti", "nasi liwet hangat"
HTML = {"Accept": "text/html"}
LogIn = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def browser(program: Program) -> httpx.AsyncClient:
    """Return a client with cookies, and two routes for certain roles beside the real ones."""
    app = create_app(program)

    @app.get("/only-admins")
    @app.post("/only-admins")
    async def only_admins(
        session: Annotated[Session, Depends(require(Role.ADMIN))],
    ) -> dict[str, str]:
        return {"name": session.login_name}

    @app.post("/only-collectors")
    async def only_collectors(
        session: Annotated[Session, Depends(require(Role.COLLECTOR))],
    ) -> dict[str, str]:
        return {"name": session.login_name}

    await program.add_user(NAME, role="admin", password=PASSWORD)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://jimpitan.test")


async def log_in(
    browser: httpx.AsyncClient, name: str = NAME, password: str = PASSWORD, **form: str
) -> httpx.Response:
    page = await browser.get("/masuk")
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert token is not None
    fields = {"login_name": name, "password": password, "form_token": token[1]} | form
    return await browser.post("/masuk", data=fields)


async def csrf(browser: httpx.AsyncClient) -> str:
    return str((await browser.get("/api/v1/me")).json()["csrf_token"])


async def test_login_opens_a_session_until_logout(
    program: Program, browser: httpx.AsyncClient
) -> None:
    answer = await log_in(browser, next="/keluar")
    assert (answer.status_code, answer.headers["location"]) == (303, "/keluar")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await browser.get("/only-admins")).json() == {"name": NAME}
    page = (await browser.get("/keluar")).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = await browser.post("/keluar", data={"csrf_token": token[1]})
    assert answer.status_code == 303
    assert await rows(program, sessions, "user_id") == []
    assert (await browser.get("/only-admins")).status_code == 401


async def test_neither_password_nor_token_is_kept_readable(
    program: Program, browser: httpx.AsyncClient
) -> None:
    await log_in(browser)
    ((password_hash,),) = await rows(program, users, "password_hash")
    assert str(password_hash).startswith("$argon2id$")
    ((kept,),) = await rows(program, sessions, "token_sha256")
    assert browser.cookies["jimpitan"].encode() not in bytes(kept)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "password"),
    [(NAME, "wrong"), ("budi", PASSWORD), ("", ""), ("x" * 99, PASSWORD), ("a\0b", "c")],
)
async def test_wrong_name_and_wrong_password_are_answered_alike(
    program: Program, browser: httpx.AsyncClient, name: str, password: str
) -> None:
    answer = await log_in(browser, name, password or "x")
    assert answer.status_code in {401, 422}
    if answer.status_code == 401:
        assert "Nama atau kata sandi salah." in answer.text
    assert await rows(program, sessions, "user_id") == []


async def test_disabled_person_is_out_at_once(
    program: Program, browser: httpx.AsyncClient
) -> None:
    await log_in(browser)
    async with program.database.write() as connection:
        await connection.execute(update(users).values(disabled_at=FRIDAY))
    assert (await browser.get("/only-admins")).status_code == 401
    assert (await log_in(browser)).status_code == 401


async def test_session_runs_out(
    program: Program, browser: httpx.AsyncClient, clock: StepClock
) -> None:
    await log_in(browser)
    clock.step(hours=program.settings.session_hours)
    assert (await browser.get("/only-admins")).status_code == 401
    await program.maintain()
    assert await rows(program, sessions, "user_id") == []


async def test_person_without_session_is_led_to_the_login_page(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/only-admins", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/masuk?next=/only-admins")
    answer = await browser.get("/only-admins")
    assert (answer.status_code, answer.json()["error"]) == (401, "login_needed")


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\r\nb"]
)
async def test_login_never_leads_to_another_site(browser: httpx.AsyncClient, wanted: str) -> None:
    assert (await log_in(browser, next=wanted)).headers["location"] == "/"


async def test_role_of_another_is_refused(browser: httpx.AsyncClient) -> None:
    await log_in(browser)
    headers = {"X-CSRF-Token": await csrf(browser)}
    answer = await browser.post("/only-collectors", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "not_allowed")


async def test_unsafe_method_needs_the_token_of_the_session(
    browser: httpx.AsyncClient,
) -> None:
    await log_in(browser)
    token = await csrf(browser)
    assert (await browser.post("/only-admins")).json()["error"] == "csrf"
    wrong = {b"X-CSRF-Token": f"{token[:-1]}é".encode()}
    answer = await browser.post("/only-admins", headers=wrong)
    assert answer.json()["error"] == "csrf"
    answer = await browser.post("/only-admins", headers={"X-CSRF-Token": token})
    assert answer.status_code == 200
    answer = await browser.post("/only-admins", data={"csrf_token": token})
    assert answer.status_code == 200
    answer = await browser.post("/only-admins", json={"csrf_token": token})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://jimpitan.test.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_request_from_another_site_is_refused(
    browser: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await log_in(browser)
    token = {"X-CSRF-Token": await csrf(browser)}
    answer = await browser.post("/only-admins", headers=headers | token)
    assert (answer.status_code, answer.json()["error"]) == (403, "origin")
    answer = await browser.post(
        "/masuk", headers=headers, data={"login_name": NAME, "password": PASSWORD}
    )
    assert answer.status_code == 403


async def test_login_form_of_another_browser_is_refused(browser: httpx.AsyncClient) -> None:
    answer = await log_in(browser, form_token="of somebody else")
    assert (answer.status_code, answer.json()["error"]) == (403, "csrf")


async def test_guessing_is_slowed_down(browser: httpx.AsyncClient) -> None:
    answers = [await browser.post("/masuk") for _ in range(11)]
    assert answers[-1].status_code == 429


async def test_audit_log_tells_what_was_changed_in_it(program: Program) -> None:
    for number in range(5):
        async with program.database.write() as connection:
            await append_audit(
                connection,
                at=FRIDAY,
                actor="user-1",
                action="test",
                subject=f"thing-{number}",
                detail={"number": number},
            )
    async with program.database.read() as connection:
        assert await first_broken_audit(connection) is None
    drop = (
        "DROP TRIGGER audit_no_update"
        if program.database.dialect == "sqlite"
        else "ALTER TABLE audit DISABLE TRIGGER ALL"
    )
    async with program.database.write() as connection:
        await connection.execute(text(drop))
        changed = update(audit).where(audit.c.subject == "thing-2").values(detail="{}")
        await connection.execute(changed)
        assert await first_broken_audit(connection) == 3
