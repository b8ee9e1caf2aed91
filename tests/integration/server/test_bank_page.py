"""The admin leads banks by the page: adds, changes keys without a gap, revokes, sees answers."""

import re

import httpx
import pytest
from bank_town import SECRET, Bank
from jimpitan_server.adapters.database.schema import audit
from jimpitan_server.bootstrap import Program
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.bank_page_door import FAULTS, FORM_FAULT, HERE
from money_town import SNAP, Town
from server_boxes import StepClock
from server_town import rows
from test_server_fleet_pages import log_in, token

pytestmark = pytest.mark.integration
FORM = {
    "mitra": "BANK-snap-symmetric",
    "rekening": "bsi-1",
    "profil": "snap-symmetric",
    "kunci": SECRET,
    "kunci_token": SNAP["public_key_pem"],
    "settlement": "payment",
    "jalur": "/snap/v1.0/qr/qr-mpm-notify",
    "jalur_token": "/snap/v1.0/access-token/b2b",
}


async def test_an_admin_leads_a_bank_from_first_key_to_revocation(
    program: Program, client: httpx.AsyncClient, clock: StepClock
) -> None:
    await log_in(program, client, "admin")
    assert "Belum ada bank." in (await client.get(HERE)).text
    own = await token(client, HERE)
    assert (await client.post(HERE, data=own | FORM)).status_code == 303
    bank = Bank(Town(program, clock, client), "snap-symmetric")
    await bank.take_token()
    body = bank.body("R1")
    assert await bank.send(body) == "2005200"
    assert await bank.send(body, bank.headers(body) | {"X-SIGNATURE": "QUJD"}) == "4015200"
    await program.maintain()
    page = (await client.get(HERE)).text
    for shown in (
        "http://jimpitan.test/snap/v1.0/qr/qr-mpm-notify",
        "http://jimpitan.test/snap/v1.0/access-token/b2b",
        "<code>2005200</code> 1",
        "<code>2007300</code> 1",
        "tanda tangan tidak cocok",
        "20/11/2026 10.00 WIB",
    ):
        assert shown in page
    assert SECRET not in page
    await change_key(client, bank, own)
    clock.step(days=30)
    view, *_ = await program.bank.partners()
    assert (view.heard_at is not None, view.answers_by_code) == (True, {})
    actions = [name for (name,) in await rows(program, audit, "action") if "partner" in str(name)]
    assert actions == [
        "partner_added",
        "partner_key_added",
        "partner_key_added",
        "partner_key_revoked",
        "partner_revoked",
    ]


async def change_key(client: httpx.AsyncClient, bank: Bank, own: dict[str, str]) -> None:
    """Let the bank change its secret without a gap, then revoke the bank."""
    key = own | {"guna": "notification", "kunci": "the-next-secret-of-this-bank"}
    path = f"{HERE}/{bank.partner_id}"
    assert (await client.post(f"{path}/kunci", data=key)).status_code == 303
    later = key | {"mulai": "2026-12-01T00:00", "sampai": "2027-12-01T00:00"}
    assert (await client.post(f"{path}/kunci", data=later)).status_code == 303
    page = (await client.get(f"{HERE}?bahasa=en")).text
    assert "01/12/2026 00.00 WIB" in page
    assert "not yet" in page
    assert (await client.post(f"{path}/kunci/1/cabut", data=own)).status_code == 303
    assert await bank.send(bank.body("R2")) == "4015200"
    body = bank.body("R3")
    assert await bank.send(body, bank.headers(body, secret=key["kunci"])) == "2005200"
    reason = own | {"alasan": "kontrak berakhir"}
    assert (await client.post(f"{path}/cabut", data=reason)).status_code == 303
    assert await bank.send(body, bank.headers(body, secret=key["kunci"])) == "4015200"
    assert "revoked" in (await client.get(HERE)).text


async def test_the_page_says_what_is_wrong_and_changes_nothing(
    program: Program, client: httpx.AsyncClient
) -> None:
    await log_in(program, client, "admin")
    own = await token(client, HERE)
    wrong: tuple[tuple[str, dict[str, str], int, str], ...] = (
        (HERE, FORM | {"kunci_token": ""}, 422, FAULTS["key_missing"]),
        (HERE, FORM | {"kunci": "short"}, 422, FORM_FAULT),
        (HERE, FORM | {"profil": "another"}, 422, FORM_FAULT),
        (HERE, FORM | {"settlement": "never"}, 422, FORM_FAULT),
        (HERE, FORM | {"jalur": "/elsewhere"}, 422, FORM_FAULT),
        (f"{HERE}/B9/kunci", {"guna": "token", "kunci": "x"}, 404, FAULTS["partner_unknown"]),
        (f"{HERE}/B9/kunci", {"guna": "else", "kunci": "x"}, 422, FORM_FAULT),
        (f"{HERE}/B9/kunci", {"guna": "token", "mulai": "besok"}, 422, FORM_FAULT),
        (f"{HERE}/B9/kunci/1/cabut", {}, 404, FAULTS["key_unknown"]),
        (f"{HERE}/B9/cabut", {"alasan": "sudah berakhir"}, 404, FAULTS["partner_unknown"]),
        (f"{HERE}/B9/cabut", {"alasan": "x"}, 422, FORM_FAULT),
    )
    for path, form, status, fault in wrong:
        answer = await client.post(path, data=own | form)
        assert (answer.status_code, fault in answer.text) == (status, True), (path, form)
    assert await program.bank.partners() == []
    assert {*FAULTS.values(), FORM_FAULT} <= set(words.catalogue(words.ENGLISH))


async def test_only_an_admin_sees_and_changes_banks(
    program: Program, client: httpx.AsyncClient
) -> None:
    await log_in(program, client, "treasurer")
    assert (await client.get(HERE)).status_code == 403
    page = (await client.get("/admin")).text
    assert HERE not in page
    own = re.search(r'name="csrf_token" value="([^"]+)"', (await client.get("/keluar")).text)
    assert own is not None
    answer = await client.post(HERE, data=FORM | {"csrf_token": own[1]})
    assert answer.status_code == 403
    assert await program.bank.partners() == []
