"""A notification is read under every name that acquirers use, without its donor."""

import contextlib
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.money_errors import Fault, NotificationMalformed
from jimpitan_server.domain.notification import (
    PaymentStatus,
    parse_instant,
    read_notification,
)
from jimpitan_server.domain.rupiah import Rupiah

MINIMAL = {
    "originalReferenceNo": "REF-0001",
    "latestTransactionStatus": "00",
    "amount": {"value": "25000.00", "currency": "IDR"},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)


def body(**changes: object) -> bytes:
    fields = {key: value for key, value in (MINIMAL | changes).items() if value != "absent"}
    return json.dumps(fields).encode()


def test_the_core_of_service_52_is_enough() -> None:
    read = read_notification(body())
    assert read.status is PaymentStatus.SUCCESS
    assert read.reference == "REF-0001"
    assert read.amount == Rupiah(25_000)
    assert read.payment_key(date(2026, 1, 9)) == "reference:REF-0001"


@pytest.mark.parametrize(
    "extra",
    [
        {"rrn": "123456789012", "mpan": "9360045100000976310", "nmid": "ID 1023262832646"},
        {
            "retrievalReferenceNo": "123456789012",
            "merchantAccountNumber": "936004510000097631",
            "merchantNmid": "ID1023262832646",
        },
        {"RRN": "123456789012", "merchantPan": "9360045100000976310", "NMID": "id1023262832646"},
    ],
)
def test_every_spelling_of_a_field_is_found(extra: dict[str, object]) -> None:
    for message in (body(additionalInfo=extra), body(**extra)):
        read = read_notification(message)
        assert read.rrn == "123456789012"
        assert read.keys.mpan18 == "936004510000097631"
        assert read.keys.nmid == "ID1023262832646"


def test_a_terminal_is_found_where_acquirers_put_it() -> None:
    nested = {"additionalInfo": {"qrDetail": {"terminalId": "A01"}}}
    assert read_notification(body(**nested)).keys.terminal == "A01"
    outer = nested | {"terminalId": "B02", "externalStoreID": "STORE-9"}
    assert read_notification(body(**outer)).keys.terminal == "B02"
    assert read_notification(body(**outer)).keys.store == "STORE-9"


def test_without_a_reference_the_rrn_counts_with_account_amount_and_day() -> None:
    info = {
        "rrn": "123456789012",
        "mpan": "936009990000000017",
        "paidTime": "2026-01-09T23:30:00Z",
    }
    read = read_notification(body(originalReferenceNo="", additionalInfo=info))
    key = read.payment_key(date(2026, 1, 12))
    assert key == "rrn:123456789012:936009990000000017:25000:2026-01-10"


def test_the_donor_stays_in_the_raw_body() -> None:
    info = {
        "customerName": "Siti Contoh",
        "cpan": "9360091512345678901",
        "issuer": "DANA",
        "customerNumber": "081200000000",
    }
    read = read_notification(body(additionalInfo=info))
    assert read.issuer == "DANA"
    assert "Siti" not in repr(read)
    assert "0812" not in repr(read)
    numbered = read_notification(body(additionalInfo={"cpan": "9360091512345678901"}))
    assert numbered.issuer == "93600915"


@pytest.mark.parametrize(
    ("value", "amount"),
    [("10000.0", 10_000), ("10000", 10_000), (10_000, 10_000), ("5784701", 5_784_701)],
)
def test_amounts_are_read_as_acquirers_write_them(value: object, amount: int) -> None:
    message = body(amount={"value": value, "currency": "IDR"})
    assert read_notification(message).amount == Rupiah(amount)
    assert read_notification(body(amount=f"IDR {amount}.00")).amount == Rupiah(amount)


def test_a_fee_that_cannot_be_read_refuses_no_payment() -> None:
    assert read_notification(body(feeAmount={"value": "70.00"})).fee == Rupiah(70)
    assert read_notification(body(additionalInfo={"FeeAmount": "70.00"})).fee == Rupiah(70)
    assert read_notification(body(feeAmount={"value": "37.04"})).fee == Rupiah(0)


@pytest.mark.parametrize("status", [status for status in PaymentStatus if status != "00"])
def test_a_status_without_money_needs_no_amount(status: PaymentStatus) -> None:
    read = read_notification(body(latestTransactionStatus=status, amount="absent"))
    assert read.status is status
    assert read.amount == Rupiah(0)


@pytest.mark.parametrize(
    ("message", "fault", "field"),
    [
        (b"", Fault.UNPARSABLE, "body"),
        (b"[]", Fault.UNPARSABLE, "body"),
        (b"{", Fault.UNPARSABLE, "body"),
        (b"\xff", Fault.UNPARSABLE, "body"),
        (b"[" * 60_000, Fault.UNPARSABLE, "body"),
        (body(latestTransactionStatus="absent"), Fault.MANDATORY, "latestTransactionStatus"),
        (body(latestTransactionStatus="99"), Fault.FORMAT, "latestTransactionStatus"),
        (body(amount="absent"), Fault.MANDATORY, "amount.value"),
        (body(amount={"currency": "IDR"}), Fault.MANDATORY, "amount.value"),
        (body(amount={"value": "0.00"}), Fault.FORMAT, "amount.value"),
        (body(amount={"value": "-5.00"}), Fault.FORMAT, "amount.value"),
        (body(amount={"value": "1.5"}), Fault.FORMAT, "amount.value"),
        (body(amount={"value": "1000000001"}), Fault.FORMAT, "amount.value"),
        (body(amount={"value": "1e3"}), Fault.FORMAT, "amount.value"),
        (body(amount={"value": True}), Fault.FORMAT, "amount.value"),
        (body(amount={"value": "5.00", "currency": "USD"}), Fault.FORMAT, "amount.currency"),
        (body(originalReferenceNo="absent"), Fault.MANDATORY, "originalReferenceNo"),
        (body(originalReferenceNo="x" * 65), Fault.FORMAT, "originalreferenceno"),
        (body(originalReferenceNo="a\x00b"), Fault.FORMAT, "originalreferenceno"),
        (body(originalReferenceNo="\ud800"), Fault.FORMAT, "originalreferenceno"),
    ],
)
def test_what_cannot_be_read_names_its_field(message: bytes, fault: Fault, field: str) -> None:
    with pytest.raises(NotificationMalformed) as caught:
        read_notification(message)
    assert (caught.value.fault, caught.value.field) == (fault, field)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_notification_or_refused(message: bytes) -> None:
    with contextlib.suppress(NotificationMalformed):
        read_notification(message)


@given(st.dictionaries(st.sampled_from([*MINIMAL, "additionalInfo", "rrn", "paidTime"]), JSON))
def test_any_fields_are_a_notification_or_refused(fields: dict[str, object]) -> None:
    with contextlib.suppress(NotificationMalformed):
        read_notification(json.dumps(MINIMAL | fields).encode())


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-09T11:14:17+07:00",
        "2026-01-09T04:14:17Z",
        "2026-01-09T11:14:17.000+07:00",
        "2026-01-09 11:14:17",
    ],
)
def test_one_moment_in_every_usual_writing(text: str) -> None:
    moment = parse_instant(text)
    assert moment is not None
    assert moment.isoformat() == "2026-01-09T11:14:17+07:00"


@pytest.mark.parametrize(
    "text", [None, "", "09/01/2026", "2026-01-09T11:14:17+5.5:30", "0001-01-01"]
)
def test_a_moment_that_cannot_be_read_is_no_moment(text: str | None) -> None:
    assert parse_instant(text) is None or text == "0001-01-01"
