"""The bank's door: genuine money in, once; nothing else."""

import asyncio
import json

import pytest
from jimpitan_server.adapters.database.bank_schema import sealed_bodies
from jimpitan_server.adapters.database.money_schema import notifications, payments
from jimpitan_server.domain.partner import DEFAULT_PATH
from money_town import ACCOUNT, MERCHANT, Town, town
from sqlalchemy import select

__all__ = ["town"]
pytestmark = pytest.mark.integration


async def test_a_genuine_payment_is_provisional_and_belongs_to_its_box(town: Town) -> None:
    assert await town.pay("R1", 25_000, terminalId="A17") == "2005200"
    assert await town.pay("R2", 5_000) == "2005200"
    assert await town.money() == (0, 0, 30_000, 5_000)
    async with town.program.database.read() as connection:
        rows = (
            await connection.execute(select(payments).order_by(payments.c.payment_id))
        ).mappings()
        first, second = rows.all()
    assert (first["box_id"], first["account_id"]) == ("box-0017", ACCOUNT)
    assert second["box_id"] is None


async def test_the_answer_echoes_the_timestamp(town: Town) -> None:
    body = town.body("R1", 1_000)
    headers = town.headers(body)
    answer = await town.client.post(DEFAULT_PATH, content=body, headers=headers)
    assert answer.json() == {"responseCode": "2005200", "responseMessage": "Successful"}
    assert answer.headers["x-timestamp"] == headers["X-TIMESTAMP"]


async def test_a_hundred_at_once_are_one_payment(town: Town) -> None:
    body = town.body("R1", 1_000)
    same = await asyncio.gather(*(town.notify(body, X_EXTERNAL_ID="same") for _ in range(50)))
    other = await asyncio.gather(*(town.notify(body) for _ in range(50)))
    assert {*same, *other} == {"2005200"}
    assert await town.count(payments) == 1
    assert await town.count(notifications) == 51
    assert await town.count(sealed_bodies) == 51
    assert (await town.money())[2] == 1_000


async def test_a_replay_on_another_day_under_another_id_changes_nothing(town: Town) -> None:
    body = town.body("R1", 1_000)
    headers = town.headers(body)
    await town.client.post(DEFAULT_PATH, content=body, headers=headers)
    town.clock.step(days=1)
    again = await town.client.post(
        DEFAULT_PATH, content=body, headers=headers | {"X-EXTERNAL-ID": "another"}
    )
    assert again.json()["responseCode"] == "2005200"
    assert await town.count(payments) == 1


async def test_without_a_reference_the_rrn_of_a_day_is_one_payment(town: Town) -> None:
    body = town.body("", 1_000, rrn="123456789012", mpan="9360099900000000170")
    assert [await town.notify(body), await town.notify(body)] == ["2005200", "2005200"]
    assert await town.count(payments) == 1
    await town.notify(town.body("", 2_000, rrn="123456789012", mpan="9360099900000000170"))
    assert await town.count(payments) == 2


NOT_GENUINE = (
    {"X_TIMESTAMP": "2026-11-20T10:00:01+07:00"},
    {"X_SIGNATURE": "AAAA"},
    {"X_PARTNER_ID": "SOMEBODY"},
)


async def test_what_is_not_genuine_is_refused_and_leaves_nothing(town: Town) -> None:
    for changed in NOT_GENUINE:
        assert await town.notify(town.body("R1", 1_000), **changed) == "4015200"
    assert await town.count(notifications) == 0
    assert await town.count(payments) == 0


async def test_an_altered_body_or_path_is_refused(town: Town) -> None:
    body = town.body("R1", 1_000)
    headers = town.headers(body)
    altered = body.replace(b"1000.00", b"9000.00")
    answer = await town.client.post(DEFAULT_PATH, content=altered, headers=headers)
    assert answer.json()["responseCode"] == "4015200"
    answer = await town.client.post("/v1.1/qr/qr-mpm-notify", content=body, headers=headers)
    assert answer.json()["responseCode"] == "4015200"
    assert await town.count(payments) == 0
    behind_a_proxy = await town.client.post("/qr/qr-mpm-notify", content=body, headers=headers)
    assert behind_a_proxy.json()["responseCode"] == "2005200"


async def test_a_missing_header_is_named(town: Town) -> None:
    for header in ("X_PARTNER_ID", "X_TIMESTAMP", "X_SIGNATURE", "X_EXTERNAL_ID"):
        assert await town.notify(town.body("R1", 1_000), **{header: ""}) == "4005202"


async def test_a_header_that_is_no_id_is_named(town: Town) -> None:
    assert await town.notify(town.body("R1", 1_000), X_EXTERNAL_ID="x" * 65) == "4005201"


UNREADABLE = (
    (b"{", "4005200"),
    (b'{"latestTransactionStatus":"00","originalReferenceNo":"R"}', "4005202"),
    (
        b'{"latestTransactionStatus":"00","originalReferenceNo":"R","amount":{"value":"1.5"}}',
        "4005201",
    ),
)


async def test_a_genuine_message_that_cannot_be_read_is_kept(town: Town) -> None:
    for body, code in UNREADABLE:
        assert await town.notify(body) == code
    assert await town.count(sealed_bodies) == len(UNREADABLE)
    assert set(await town.open_kinds()) == {"notification_unreadable"}


async def test_another_body_under_the_same_id_on_the_same_day_is_a_conflict(town: Town) -> None:
    assert await town.notify(town.body("R1", 1_000), X_EXTERNAL_ID="one") == "2005200"
    assert await town.notify(town.body("R2", 1_000), X_EXTERNAL_ID="one") == "4095200"
    assert await town.count(payments) == 1
    town.clock.step(days=1)
    assert await town.notify(town.body("R2", 1_000), X_EXTERNAL_ID="one") == "2005200"


async def test_only_another_merchants_money_is_not_ours(town: Town) -> None:
    assert await town.pay("R1", 1_000, merchantId="SOMEBODY") == "4045208"
    assert await town.pay("R2", 1_000, merchantId=MERCHANT, terminalId="unknown") == "2005200"
    assert await town.count(payments) == 1
    assert await town.open_kinds() == ["merchant_foreign"]
    assert (await town.money())[3] == 1_000


async def test_only_success_is_money(town: Town) -> None:
    for status in ("01", "02", "03", "05", "06", "07"):
        fields = json.loads(town.body("R1", 1_000)) | {"latestTransactionStatus": status}
        assert await town.notify(json.dumps(fields).encode()) == "2005200"
    assert await town.count(payments) == 0
    assert await town.pay("R1", 1_000) == "2005200"
    assert await town.count(payments) == 1


async def test_a_refund_or_another_amount_for_a_payment_is_looked_at(town: Town) -> None:
    await town.pay("R1", 1_000)
    fields = json.loads(town.body("R1", 1_000)) | {"latestTransactionStatus": "04"}
    assert await town.notify(json.dumps(fields).encode()) == "2005200"
    assert await town.pay("R1", 9_000) == "2005200"
    assert await town.open_kinds() == ["payment_contradicted", "payment_refunded"]
    assert (await town.money())[2] == 1_000


async def test_a_genuine_message_out_of_its_time_is_held_and_looked_at(town: Town) -> None:
    body = town.body("R1", 1_000)
    headers = town.headers(body)
    town.clock.step(hours=12)
    answer = await town.client.post(DEFAULT_PATH, content=body, headers=headers)
    assert answer.json()["responseCode"] == "2005200"
    await town.program.money.reconcile()
    assert await town.open_kinds() == ["payment_held"]
    assert (await town.money())[2] == 1_000


async def test_a_body_beyond_the_bound_is_refused(town: Town) -> None:
    assert await town.notify(b" " * (64 * 1024 + 1)) == "4005200"


async def test_terminals_that_contradict_name_no_box(town: Town) -> None:
    await town.pay("R1", 1_000, terminalId="A17", mpan="936009990000000099")
    await town.pay("R2", 1_000, mpan="9360099900000000170")
    assert (await town.money())[3] == 2_000


async def test_rows_of_notifications_and_payments_cannot_be_changed(town: Town) -> None:
    from sqlalchemy import delete, update
    from sqlalchemy.exc import DBAPIError

    await town.pay("R1", 1_000)
    for change in (
        update(payments).values(amount_idr=9_000),
        delete(payments),
        update(notifications).values(held=True),
        delete(notifications),
    ):
        with pytest.raises(DBAPIError):
            async with town.program.database.write() as connection:
                await connection.execute(change)
    assert (await town.money())[2] == 1_000
