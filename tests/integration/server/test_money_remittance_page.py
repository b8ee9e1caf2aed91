"""Paying in on a page: only what one holds, kept once, and followed until it is in the account."""

from uuid import uuid4

import pytest
from money_town import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.integration


async def counted(town: Town, box: str = "box-0017") -> str:
    answer = await town.count_cash(box)
    return str(answer.json()["collection_id"])


async def slip(town: Town, *counts: str, **changed: str) -> dict[str, object]:
    form = await town.form(
        "/setor",
        nomor=str(uuid4()),
        cara="slip",
        jumlah="20.500",
        bukti="SLIP-000123",
        waktu="2026-11-20T10:00",
    )
    return form | changed | {"hitungan": list(counts)}


async def test_what_one_holds_is_paid_in_once(town: Town) -> None:
    count = await counted(town)
    await town.enter("collector")
    assert "Rp\u00a020.500" in await town.page("/setor")
    form = await slip(town, count)
    for _ in range(2):
        assert (await town.client.post("/setor", data=form)).status_code == 303
    shown = await town.page("/setor")
    assert "belum dicocokkan" in shown
    assert shown.count("SLIP-000123") == 1
    assert "Tidak ada hitungan" in shown
    await town.program.money.reconcile()
    assert "menunggu mutasi rekening" in await town.page("/setor")
    await town.statement("20,10:30,20500,SETOR SLIP-000123")
    await town.program.money.reconcile()
    assert "masuk rekening" in await town.page("/setor")


async def test_two_slips_of_one_credit_are_both_followed(town: Town) -> None:
    """The bank adds two slips of equal sums up to nobody knows which: each says so."""
    counts = [await counted(town, "box-0017"), await counted(town, "box-0018")]
    await town.enter("collector")
    for number, count in enumerate(counts):
        form = await slip(town, count, bukti=f"TIDAK-{number}")
        assert (await town.client.post("/setor", data=form)).status_code == 303
    await town.statement("20,10:30,20500,SETORAN TUNAI", "20,10:31,20500,SETORAN TUNAI")
    await town.program.money.reconcile()
    assert (await town.page("/setor")).count("pasangannya belum pasti") == 2


async def test_what_another_holds_is_refused_and_what_was_typed_stays(town: Town) -> None:
    count = await counted(town)
    await town.enter("treasurer")
    assert "Tidak ada hitungan" in await town.page("/setor")
    own = await town.send("treasurer", "/api/v1/collections", own_count(town))
    assert own.status_code == 201
    form = await slip(town, count, bukti="BUKTI-7")
    answer = await town.client.post("/setor", data=form)
    assert answer.status_code == 409
    assert "di tangan orang lain" in answer.text
    assert 'value="BUKTI-7"' in answer.text
    assert str(form["nomor"]) in answer.text


def own_count(town: Town) -> dict[str, object]:
    return {
        "collection_id": str(uuid4()),
        "box": "box-0018",
        "lid_at": town.clock.now().isoformat(),
        "cash": {"1000": 3},
        "seal": "S-2",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("jumlah", "1.5"),
        ("jumlah", "-1"),
        ("jumlah", ""),
        ("bukti", ""),
        ("bukti", "x" * 65),
        ("bukti", "a\nb"),
        ("cara", "cash"),
        ("waktu", "kemarin"),
        ("waktu", "2019-01-01T10:00"),
        ("waktu", "2030-01-01T10:00"),
        ("nomor", "x"),
    ],
)
async def test_what_no_slip_says_is_refused_with_a_sentence(
    town: Town, field: str, value: str
) -> None:
    count = await counted(town)
    await town.enter("collector")
    answer = await town.client.post("/setor", data=await slip(town, count, **{field: value}))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Rp\u00a020.500" in answer.text, "the count is still to be paid in"


async def test_nothing_ticked_is_refused(town: Town) -> None:
    await counted(town)
    await town.enter("collector")
    answer = await town.client.post("/setor", data=await slip(town))
    assert answer.status_code == 422
    assert "Centang hitungan" in answer.text


async def test_an_auditor_pays_nothing_in(town: Town) -> None:
    await town.enter("auditor")
    assert (await town.client.get("/setor")).status_code == 403


async def test_a_slip_sent_again_is_answered_whatever_became_of_its_count(town: Town) -> None:
    count = await counted(town)
    paid = {"remittance_id": str(uuid4()), "paid_at": town.clock.now().isoformat()}
    first = await town.remit(20_500, count, **paid)
    await town.send("admin", f"/api/v1/remittances/{paid['remittance_id']}/void", {"reason": WHY})
    await town.send("admin", f"/api/v1/collections/{count}/void", {"reason": WHY})
    again = await town.remit(20_500, count, **paid)
    assert (first.status_code, again.status_code) == (201, 200)
    other = await town.remit(20_000, count, **paid)
    assert (other.status_code, other.json()["error"]) == (409, "remittance_differs")


WHY = "typed twice by mistake"
