"""The statement is the truth: it confirms what was told, and brings what was lost."""

import pytest
from jimpitan_server.adapters.database.money_schema import statement_imports, statement_lines
from jimpitan_server.adapters.database.statement_schema import statement_stretches
from money_town import ACCOUNT, Town, town
from sqlalchemy.exc import DBAPIError

__all__ = ["town"]
pytestmark = pytest.mark.integration

HEADER = "date,time,amount,balance,description,reference\n"


async def test_a_dry_run_shows_everything_and_keeps_nothing(town: Town) -> None:
    answer = await town.statement("20,10:00,1000,QRIS R100000", dry_run=True)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["lines_read"], found["lines_new"], found["import_id"]) == (1, 1, None)
    assert found["preview"][0]["amount_idr"] == 1_000
    assert await town.count(statement_imports) == 0
    assert await town.money() == (0, 0, 0, 0)


async def test_a_file_with_any_fault_brings_nothing(town: Town) -> None:
    text = HEADER + "2026-11-20,10:00,1000,1000,QRIS,\n2026-11-20,10:01,1e3,2000,QRIS,\n"
    answer = await town.csv(text)
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    assert (fault["file"], fault["line"], fault["column"]) == ("statement.csv", 3, "amount")
    assert await town.count(statement_lines) == 0


async def test_overlapping_and_repeated_files_add_every_line_once(town: Town) -> None:
    first = ["20,10:00,1000,QRIS", "20,10:05,1000,QRIS"]
    await town.statement(*first)
    again = (await town.statement(*first)).json()
    assert (again["lines_new"], again["lines_known"]) == (0, 2)
    longer = (await town.statement(*first, "21,09:00,2000,QRIS")).json()
    assert (longer["lines_new"], longer["lines_known"]) == (1, 2)
    assert (await town.money())[1] == 4_000


async def test_lines_that_look_alike_are_all_money(town: Town) -> None:
    header = "Tanggal Transaksi,Keterangan,Jumlah\n"
    row = '20/11/2026,QRIS,"1,000.00 CR"\n'
    assert (await town.csv(header + row * 3, "bca")).json()["lines_new"] == 3
    assert (await town.csv(header + row * 4, "bca")).json()["lines_new"] == 1
    assert (await town.money())[1] == 4_000


async def test_the_same_days_in_another_layout_are_refused(town: Town) -> None:
    await town.statement("20,10:00,1000,QRIS")
    text = 'Tanggal Transaksi,Keterangan,Jumlah\n20/11/2026,QRIS,"1,000.00 CR"\n'
    answer = await town.csv(text, "bca")
    assert answer.status_code == 422
    assert "imported as jimpitan" in answer.json()["message"]
    assert (await town.money())[1] == 1_000


async def test_a_file_may_come_as_a_form(town: Town) -> None:
    text = HEADER + "2026-11-20,10:00,1000,1000,QRIS,\n"
    answer = await town.client.post(
        "/api/v1/statements",
        params={"account": ACCOUNT, "profile": "jimpitan"},
        files={"file": ("mutasi November.csv", text.encode(), "text/csv")},
        headers=await town.authorized("treasurer"),
    )
    assert answer.status_code == 201
    assert answer.json()["file_name"] == "mutasi November.csv"
    empty = await town.client.post(
        "/api/v1/statements",
        params={"account": ACCOUNT, "profile": "jimpitan"},
        files={"other": ("x.csv", b"", "text/csv")},
        headers=await town.authorized("treasurer"),
    )
    assert empty.status_code == 422


IMPOSSIBLE_IMPORTS = (
    ({"account": "nowhere", "profile": "jimpitan"}, 404),
    ({"account": ACCOUNT, "profile": "nothing"}, 422),
    ({"profile": "jimpitan"}, 422),
)


async def test_what_cannot_be_imported_is_said(town: Town) -> None:
    headers = await town.authorized("treasurer")
    for params, status in IMPOSSIBLE_IMPORTS:
        answer = await town.client.post(
            "/api/v1/statements", params=params, content=HEADER.encode(), headers=headers
        )
        assert answer.status_code == status, params


async def test_a_gap_of_balances_must_be_accepted_and_closes_when_it_is_filled(
    town: Town,
) -> None:
    january = HEADER + "2026-01-09,10:00,1000,6000,QRIS A,\n"
    february = HEADER + "2026-02-09,10:00,1000,9000,QRIS B,\n"
    between = HEADER + "2026-01-20,10:00,2000,8000,QRIS C,\n"
    assert (await town.csv(january)).status_code == 201
    dry = (await town.csv(february, dry_run=True)).json()
    assert [one["missing_idr"] for one in dry["warnings"]] == [2_000]
    refused = await town.csv(february)
    assert (refused.status_code, refused.json()["error"]) == (409, "statement_warnings")
    assert "+2000 rupiah moved" in refused.json()["message"]
    assert await town.count(statement_lines) == 1
    assert "statement_gap" not in await town.open_kinds()
    assert (await town.csv(february, accept_warnings=True)).status_code == 201
    assert "statement_gap" in await town.open_kinds()
    assert (await town.csv(between)).status_code == 201
    assert "statement_gap" not in await town.open_kinds()
    assert await town.count(statement_lines) == 3


async def test_a_part_of_a_day_that_is_missing_is_a_gap_inside(town: Town) -> None:
    rows = [f"2026-01-09,10:0{at},1000,{at}000,QRIS {at},\n" for at in range(1, 7)]
    assert (await town.csv(HEADER + "".join(rows[:2]))).status_code == 201
    dry = (await town.csv(HEADER + "".join(rows[3:]), dry_run=True)).json()
    assert [(one["inside"], one["missing_idr"]) for one in dry["warnings"]] == [(True, 1_000)]
    assert (await town.csv(HEADER + "".join(rows[2:]))).status_code == 201
    assert (await town.csv(HEADER + "".join(rows))).json()["lines_new"] == 0


async def test_what_an_import_kept_cannot_be_changed(town: Town) -> None:
    await town.csv(HEADER + "2026-01-09,10:00,1000,6000,QRIS A,\n")
    for table in (statement_stretches, statement_lines):
        with pytest.raises(DBAPIError, match="append-only"):
            async with town.program.database.write() as connection:
                await connection.execute(table.delete())


async def test_a_notified_payment_is_confirmed_once(town: Town) -> None:
    await town.pay("R100000", 25_000, terminalId="A17")
    assert await town.money() == (0, 0, 25_000, 0)
    await town.statement("20,10:01,25000,QRIS R100000")
    assert await town.money() == (0, 25_000, 0, 0)
    await town.pay("R100000", 25_000, terminalId="A17")
    assert await town.money() == (0, 25_000, 0, 0)


async def test_a_payment_whose_notification_was_lost_is_money_once(town: Town) -> None:
    await town.statement("20,10:01,25000,QRIS R100000")
    assert await town.money() == (0, 25_000, 0, 25_000)
    assert await town.open_kinds() == ["payment_not_notified"]
    town.clock.step(hours=6)
    await town.pay("R100000", 25_000, terminalId="A17")
    await town.program.money.reconcile()
    assert await town.money() == (0, 25_000, 0, 0)
    assert await town.open_kinds() == []


async def test_a_lost_notification_finds_its_box_by_the_text(town: Town) -> None:
    await town.statement("20,10:01,25000,QRIS A17 LEBAK")
    assert await town.money() == (0, 25_000, 0, 0)


async def test_twins_are_proven_in_sum_and_open_in_person(town: Town) -> None:
    for name in ("R1", "R2", "R3"):
        await town.pay(name, 1_000)
    await town.statement("20,10:01,1000,QRIS", "20,10:02,1000,QRIS")
    assert await town.money() == (0, 2_000, 1_000, 3_000)
    assert await town.open_kinds() == ["payment_ambiguous"]
    await town.statement("20,10:01,1000,QRIS", "20,10:02,1000,QRIS", "20,10:03,1000,QRIS")
    assert await town.money() == (0, 3_000, 0, 3_000)
    assert await town.open_kinds() == []


async def test_a_remittance_by_slip_is_no_payment(town: Town) -> None:
    one = (await town.count_cash()).json()["collection_id"]
    await town.remit(20_500, one)
    await town.statement("20,14:00,20500,SETOR TUNAI SLIP-000123")
    found = (await town.send("treasurer", "/api/v1/reconcile")).json()
    assert found["position"]["remitted_confirmed_idr"] == 20_500
    assert found["matches"]["remittance_credit"] == {"matched": 1}
    assert await town.money() == (20_500, 0, 0, 0)


@pytest.mark.parametrize("remitted_first", [True, False])
async def test_a_remittance_by_qris_is_never_a_second_gift(
    town: Town, remitted_first: bool
) -> None:
    one = (await town.count_cash()).json()["collection_id"]
    if remitted_first:
        await town.remit(20_500, one, method="qris", reference="RQ00000001")
        await town.pay("RQ00000001", 20_500)
    else:
        await town.pay("RQ00000001", 20_500)
        await town.remit(20_500, one, method="qris", reference="RQ00000001")
    assert await town.money() == (20_500, 0, 0, 0)
    await town.statement("20,14:00,20500,QRIS RQ00000001")
    assert await town.money() == (20_500, 0, 0, 0)
    found = (await town.send("treasurer", "/api/v1/reconcile")).json()
    assert found["position"]["remitted_confirmed_idr"] == 20_500
    assert found["discrepancies"] == {"count_without_lid": 1} or not found["discrepancies"]


async def test_matching_twice_changes_nothing(town: Town) -> None:
    await town.pay("R1", 1_000)
    await town.count_cash()
    town.clock.step(days=9)
    first = (await town.send("treasurer", "/api/v1/reconcile")).json()
    second = (await town.send("treasurer", "/api/v1/reconcile")).json()
    assert first == second
    assert await town.money() == (20_500, 0, 1_000, 1_000)
    assert await town.open_kinds() == ["count_not_remitted", "count_without_lid"]
