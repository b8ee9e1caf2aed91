"""The workbench: what is waited for beside what came, linked by a person who knows."""

import re
from uuid import uuid4

import httpx
import pytest
from money_town import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.integration
HERE = "/admin/cocok"
REASON = "Penyetor memperlihatkan slip aslinya"


async def paid_in(town: Town, amount: int = 20_500) -> str:
    """Return a remittance of the treasurer that no statement names."""
    count = str((await town.count_cash()).json()["collection_id"])
    answer = await town.remit(amount, count, reference="SLIP-000123")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["remittance_id"])


async def waiting(town: Town, *lines: str) -> str:
    """Return a remittance that waits while other credits came unexplained.

    The credit is of a day before the slip: a date that was typed wrong.
    """
    made = await paid_in(town)
    await town.statement(*(lines or ("12,10:30,20500,SETOR TUNAI SESEORANG",)))
    town.clock.step(days=8)
    await town.program.money.reconcile()
    return made


def offered(page: str, side: str) -> list[str]:
    return re.findall(rf'name="{side}" value="([^"]*)"', page)


async def link(town: Town, page: str, **changed: object) -> httpx.Response:
    form = await town.form(HERE, antara="setoran", alasan=REASON, nomor=str(uuid4()))
    sides: dict[str, object] = {
        "kiri": offered(page, "kiri")[:1],
        "kanan": offered(page, "kanan")[:1],
    }
    return await town.client.post(HERE, data=form | sides | changed)


async def test_both_panes_say_what_why_and_how_much(town: Town) -> None:
    made = await waiting(town)
    await town.enter("admin")
    page = await town.page(HERE)
    assert offered(page, "kiri") == [made]
    assert len(offered(page, "kanan")) == 1
    for word in ("Rp\u00a020.500", "SLIP-000123", "SETOR TUNAI SESEORANG", "treasurer"):
        assert word in page
    assert "semua sudah ada pasangannya" in await town.page(HERE + "?antara=qris")


async def test_what_a_person_links_stands_until_it_is_ended(town: Town) -> None:
    await waiting(town)
    await town.enter("admin")
    page = await town.page(HERE)
    number = str(uuid4())
    for _ in range(2):  # the same form again changes nothing
        answer = await link(town, page, nomor=number)
        assert answer.status_code == 303, answer.text
    linked = await town.page(HERE)
    assert offered(linked, "kiri") == offered(linked, "kanan") == []
    assert REASON in linked
    assert len(await town.program.money.links()) == 1
    form = await town.form(HERE, antara="setoran", alasan="Slip itu ternyata milik bulan lain")
    answer = await town.client.post(f"{HERE}/{number}/akhiri", data=form)
    assert answer.status_code == 303
    assert offered(await town.page(HERE), "kiri") == offered(page, "kiri")
    again = await town.client.post(f"{HERE}/{number}/akhiri", data=form)
    assert (again.status_code, "sudah diakhiri" in again.text) == (409, True)


async def test_unequal_sums_want_to_be_forced_and_what_was_typed_stays(town: Town) -> None:
    await waiting(town, "12,10:30,20000,SETOR TUNAI")
    await town.enter("admin")
    page = await town.page(HERE)
    answer = await link(town, page)
    assert answer.status_code == 409
    assert "Jumlah kedua sisi berbeda" in answer.text
    assert f'value="{REASON}"' in answer.text
    assert answer.text.count("checked") == 2
    assert (await link(town, page, paksa="on")).status_code == 303


async def test_who_paid_in_does_not_link_and_an_auditor_only_looks(town: Town) -> None:
    await waiting(town)
    await town.enter("treasurer")
    answer = await link(town, await town.page(HERE))
    assert (answer.status_code, "minta bendahara lain" in answer.text) == (409, True)
    await town.enter("auditor")
    page = await town.page(HERE)
    assert "SLIP-000123" in page
    assert "Hubungkan yang dipilih" not in page
    assert await town.program.money.links() == ()


async def test_credits_nearest_to_an_amount_come_first(town: Town) -> None:
    await waiting(town, "27,10:30,90000,JAUH", "27,10:31,20400,DEKAT", "27,10:32,1000,LAIN")
    await town.enter("admin")
    page = await town.page(HERE + "?dekat=20500")
    assert page.index("DEKAT") < page.index("LAIN") < page.index("JAUH")


@pytest.mark.parametrize(
    "changed",
    [
        {"kiri": []},
        {"kanan": ["x" * 65]},
        {"kanan": [" ".join(str(one) for one in range(101))]},
        {"kanan": ["999999"]},
        {"nomor": "1"},
        {"antara": "lain"},
        {"alasan": "pendek"},
        {"alasan": "\x00" * 20},
    ],
)
async def test_a_form_of_nonsense_is_told_and_links_nothing(
    town: Town, changed: dict[str, object]
) -> None:
    await waiting(town)
    await town.enter("admin")
    answer = await link(town, await town.page(HERE), **changed)
    assert answer.status_code in {404, 422}
    assert 'role="alert"' in answer.text
    assert await town.program.money.links() == ()


async def test_payments_whose_credit_is_missing_wait_on_a_pane_of_their_own(town: Town) -> None:
    await town.pay("R-1", 5_000)
    await town.statement("27,10:30,7000,LAIN")
    town.clock.step(days=8)
    await town.program.money.reconcile()
    await town.enter("admin")
    page = await town.page(HERE + "?antara=qris")
    assert "Rp\u00a05.000" in page
    assert len(offered(page, "kiri")) == 1
    answer = await link(town, page, antara="qris", paksa="on")
    assert answer.status_code == 303, answer.text
    assert offered(await town.page(HERE + "?antara=qris"), "kiri") == []
