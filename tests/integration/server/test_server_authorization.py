"""Who may do what: every route with every role, held against a table that a person can read.

`yes`: the role gets in; `no`: it is refused; `key`: neither login helps, the door wants another
credential (a gateway's token, a bank's signature). A route that is not in the table fails.
"""

import csv
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from jimpitan_server.adapters.database.user_store import DatabaseUsers
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.ids import UserId
from jimpitan_server.domain.user import Role, User
from jimpitan_server.entrypoints.http.app import create_app
from jimpitan_server.services.login import open_session
from money_town import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.integration
TABLE = Path(__file__).with_name("authorization.csv")
NOBODY = "anonymous"
WHO = (NOBODY, *(role.value for role in Role))
# What a path names does not exist: whoever is let in is told so, and nothing happens.
NAMES = {
    "box": "box-9999",
    "day": "2020-01-01",
    "number": "999999",
    "kind": "collection",
    "act": "keluarkan",
    "handle": "0" * 64,
}
ANY_ID = "00000000-0000-4000-8000-000000000000"
# Never ends: its door is tested in test_server_live.py.
STREAMS = {("GET", "/live")}


def told() -> dict[tuple[str, str], dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {(row["method"], row["path"]): row for row in csv.DictReader(file)}


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            yield method.upper(), path


def address(path: str) -> str:
    return re.sub(r"\{([a-z_]+)(?::path)?\}", lambda found: NAMES.get(found[1], ANY_ID), path)


class Visitors:
    """One client a role, each logged in anew whenever it was logged out."""

    def __init__(self, program: Program, app: FastAPI) -> None:
        self.program, self.app = program, app
        self.people: dict[str, User] = {}
        self.asked = 0

    async def ask(self, who: str, method: str, path: str) -> int:
        self.asked += 1  # each from an address of its own, or we are asked to wait
        origin = (f"10.0.{self.asked // 250}.{self.asked % 250}", 1024)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=origin)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {} if who == NOBODY else await self._enter(client, who)
            answer = await client.request(method, address(path), headers=headers)
        is_sent_to_log_in = answer.headers.get("location", "").startswith("/masuk")
        return 401 if is_sent_to_log_in else answer.status_code

    async def _enter(self, client: httpx.AsyncClient, who: str) -> dict[str, str]:
        now = self.program.clock.now()
        async with self.program.database.write() as connection:
            store = DatabaseUsers(connection)
            if who not in self.people:
                self.people[who] = User(
                    user_id=UserId(f"visitor-{who}"),
                    login_name=f"visitor-{who}",
                    role=Role(who),
                    password_hash="none that any password has",
                )
                await store.add_user(self.people[who], now=now)
            entered = await open_session(
                store, self.people[who], now=now, valid=timedelta(hours=1)
            )
        client.cookies.set("jimpitan", entered.token)
        return {"X-CSRF-Token": entered.session.csrf_token}


@pytest.fixture
async def visitors(town: Town) -> Visitors:
    return Visitors(town.program, create_app(town.program))


async def test_every_route_stands_in_the_table_and_no_other(visitors: Visitors) -> None:
    there = set(routes(visitors.app))
    assert sorted(there - told().keys()) == [], "say in authorization.csv who may do this"
    assert sorted(told().keys() - there) == [], "these doors are gone"


async def test_each_role_gets_in_where_the_table_says_so_and_nowhere_else(
    visitors: Visitors,
) -> None:
    wrong = []
    for (method, path), row in told().items():
        for who in WHO:
            status = 0 if (method, path) in STREAMS else await visitors.ask(who, method, path)
            found = "no" if status in {401, 403} else "yes"
            if found == "no" and row[who] == "key":
                found = "key"
            if status >= 500 or found != row[who]:
                wrong.append(f"{method} {path} {who}: {status}, the table says {row[who]}")
    assert wrong == []


def test_nobody_without_a_login_changes_anything_but_through_a_door_of_his_own() -> None:
    open_to_all = {
        path for (method, path), row in told().items() if method != "GET" and row[NOBODY] == "yes"
    }
    assert open_to_all == OPEN_TO_ALL


def test_an_auditor_only_looks() -> None:
    acts = {
        path
        for (method, path), row in told().items()
        if method != "GET" and row[Role.AUDITOR] == "yes" and row[NOBODY] != "yes"
    }
    assert acts == AUDITOR_ACTS


# Donors, and doors with a credential of their own (the last column of the table).
OPEN_TO_ALL = {
    "/api/v1/boxes/enrol",
    "/api/v1/sessions",
    "/cek",
    "/hp/{token}",
    "/konfirmasi",
    "/masuk",
    "/pin/{token}",
    "/undangan/{token}",
    "/{beginning}/access-token/b2b",
    "/{beginning}/qr-mpm-notif",
    "/{beginning}/qr-mpm-notify",
}
# How the auditor is told of alerts, what is said of a case, a trial that keeps nothing, and the
# auditor's own login.
AUDITOR_ACTS = {
    "/admin/peringatan/alamat",
    "/admin/peringatan/alamat/{address_id}/coba",
    "/admin/peringatan/alamat/{address_id}/hapus",
    "/admin/peringatan/atur",
    "/admin/temuan/massal",
    "/admin/temuan/{number}",
    "/api/v1/discrepancies/bulk",
    "/api/v1/discrepancies/{number}/events",
    "/api/v1/reconcile/what-if",
    "/keluar",
    "/pin",
    "/saya/sandi",
    "/saya/{handle}/akhiri",
}
