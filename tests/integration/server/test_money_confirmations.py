"""A donor tells at which box he paid: noted once, compared with the bank, and never money."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from jimpitan_server.adapters.database.confirmation_rows import donor_confirmations
from jimpitan_server.adapters.database.money_schema import payments
from jimpitan_server.domain.sticker import CodeMode
from jimpitan_server.services import confirm_payment
from money_town import Town, qris_of, town
from server_town import rows
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

__all__ = ["town"]
pytestmark = pytest.mark.integration


async def confirm(town: Town, **changed: str) -> httpx.Response:
    """Fill in the form as it is shown, with some fields changed."""
    shown = (await town.client.get("/konfirmasi?kotak=box-0017")).text
    form = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', shown))
    assert form["kotak"] == "box-0017"
    return await town.client.post("/konfirmasi", data=form | {"jumlah": "1.000"} | changed)


async def matched(town: Town) -> list[tuple[str, str | None]]:
    await town.send("treasurer", "/api/v1/reconcile")
    found = await town.client.get(
        "/api/v1/matches?relation=confirmation_payment", headers=await town.authorized("auditor")
    )
    return [(one["state"], one["box"]) for one in found.json()["matches"]]


async def share_the_codes(town: Town) -> None:
    for box in ("box-0017", "box-0018"):
        await town.program.money.register_code(
            box=box,
            payload=qris_of(None),
            store_id=None,
            merchant_id=None,
            mode=CodeMode.SHARED_CONFIRMED,
            replace=True,
        )


async def test_what_a_donor_tells_finds_its_payment_and_moves_nothing(town: Town) -> None:
    await share_the_codes(town)
    await town.pay("ref-100001", 1_000)
    before = await town.money()
    assert "sudah kami catat" in (await confirm(town)).text
    assert await matched(town) == [("matched", "box-0017")]
    assert await town.money() == before
    assert await rows(town.program, payments, "box_id") == [(None,)]


async def test_the_same_form_sent_twice_is_noted_once(town: Town) -> None:
    number = {"nomor": "5b0f7a52-94c3-4a62-9c2f-3f3a55c1d001"}
    for _ in range(2):
        assert (await confirm(town, **number)).status_code == 200
    assert await town.count(donor_confirmations) == 1
    other = await confirm(town, **number, jumlah="2000")
    assert other.status_code == 409


async def test_what_the_bank_does_not_know_becomes_a_case_after_two_days(town: Town) -> None:
    await confirm(town)
    assert await matched(town) == [("expected", "box-0017")]
    assert await town.open_kinds() == []
    town.clock.step(days=3)
    assert await matched(town) == [("missing", "box-0017")]
    assert await town.open_kinds() == ["donor_payment_missing"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"kotak": "Ä"}, "Isi kode kotak"),
        ({"kotak": "box-0099"}, "tidak ada kode QRIS yang terdaftar"),
        ({"jumlah": "seribu"}, "angka saja"),
        ({"jumlah": "0"}, "angka saja"),
        ({"jumlah": "10000001"}, "angka saja"),
        ({"waktu": "kemarin"}, "31 hari terakhir"),
        ({"waktu": "2026-01-01T10:00"}, "31 hari terakhir"),
        ({"waktu": "2030-01-01T10:00+00:00"}, "31 hari terakhir"),
        ({"nomor": "1"}, "Muat ulang"),
    ],
)
async def test_what_cannot_be_is_one_sentence_and_the_form_stays_filled(
    town: Town, changed: dict[str, str], sentence: str
) -> None:
    answer = await confirm(town, referensi="QR-771", **changed)
    assert answer.status_code in {404, 422}
    assert sentence in answer.text
    assert 'value="QR-771"' in answer.text
    assert await town.count(donor_confirmations) == 0


async def test_the_time_is_that_of_the_programmes_zone(town: Town) -> None:
    local = town.clock.now().astimezone(ZoneInfo("Asia/Jakarta")) - timedelta(hours=1)
    await confirm(town, waktu=f"{local:%Y-%m-%dT%H:%M}")
    ((paid_at,),) = await rows(town.program, donor_confirmations, "paid_at")
    assert paid_at == local.replace(second=0, microsecond=0).astimezone(ZoneInfo("UTC"))
    assert isinstance(paid_at, datetime)


async def test_a_flood_is_answered_and_not_kept(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirm_payment, "CONFIRMATIONS_KEPT_MAX", 2)
    first = {"nomor": "5b0f7a52-94c3-4a62-9c2f-3f3a55c1d001"}
    answers = [(await confirm(town, **changed)).text for changed in (first, {}, {}, first)]
    assert ["tidak kami catat" in one for one in answers] == [False, False, True, False]
    assert await town.count(donor_confirmations) == 2
    codes = [(await confirm(town)).status_code for _ in range(25)]
    assert codes[-1] == 429


async def test_nobody_changes_or_removes_what_was_told(town: Town) -> None:
    await confirm(town)
    for statement in (
        update(donor_confirmations).values(amount_idr=1),
        delete(donor_confirmations),
    ):
        with pytest.raises(DBAPIError):
            async with town.program.database.write() as connection:
                await connection.execute(statement)


async def test_donors_find_the_form_and_another_site_cannot_fill_it_in(town: Town) -> None:
    answer = await town.client.post(
        "/konfirmasi", data={}, headers={"Origin": "https://elsewhere.test"}
    )
    assert answer.status_code == 403
    checked = (await town.client.get("/cek?kotak=box-0017")).text
    assert 'href="/konfirmasi?kotak=box-0017"' in checked
    english = (await town.client.get("/konfirmasi?bahasa=en")).text
    assert "Tell us at which" in english
