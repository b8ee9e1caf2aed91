"""A payload is read in any order, judged by rule, and never trusted for its CRC."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.money_errors import QrisMalformed
from jimpitan_server.domain.qris import compose, parse
from jimpitan_server.domain.qris_payload import PointOfInitiation
from jimpitan_server.domain.qris_rules import mpan_has_check_digit
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.tlv import CRC_HEAD, Tlv, crc_of, read_tlvs, write_tlv

NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789-&", min_size=1, max_size=25)
PLAIN = compose(
    mpan="936009990000000017",
    nmid="ID0000000000017",
    merchant_name="KOTAK CONTOH 0017",
    city="LEBAK",
    terminal_label="A01",
)


def closed(body: str) -> str:
    return body + CRC_HEAD + crc_of(body + CRC_HEAD)


def without_crc(payload: str) -> str:
    return payload[: payload.rindex(CRC_HEAD)]


def account(mpan: str, merchant: str = "M", domain: str = "ID.CO.CONTOH.WWW") -> str:
    parts = {"00": domain, "01": mpan, "02": merchant, "03": "URE"}
    return "".join(write_tlv(tag, value) for tag, value in parts.items())


def codes(payload: str) -> set[str]:
    read = parse(payload)
    return {remark.code for remark in (*read.errors, *read.warnings)}


def test_the_check_value_of_the_crc_is_the_published_one() -> None:
    assert crc_of("123456789") == "29B1"


def test_a_printed_code_says_what_was_composed() -> None:
    read = parse(PLAIN)
    assert read.crc_valid
    assert (read.errors, read.warnings) == ((), ())
    assert read.nmid == "ID0000000000017"
    assert read.mpan == "936009990000000017"
    assert read.merchant_name == "KOTAK CONTOH 0017"
    assert read.city == "LEBAK"
    assert read.terminal_label == "A01"
    assert read.point_of_initiation is PointOfInitiation.STATIC
    assert read.amount is None
    assert read.mcc == "8398"
    assert read.accounts[0].mpan18 == read.mpan
    assert read.additional("07") == "A01"


@given(
    st.integers(0, 10**10 - 1),
    NAMES,
    NAMES,
    st.none() | NAMES,
    st.none() | st.integers(1, 10**7),
)
def test_whatever_is_composed_reads_back(
    number: int, name: str, city: str, label: str | None, amount: int | None
) -> None:
    payload = compose(
        mpan=f"93600999{number:010d}",
        nmid=f"ID{number:013d}",
        merchant_name=name,
        city=city[:15],
        terminal_label=label,
        amount=Rupiah(amount) if amount else None,
    )
    read = parse(payload)
    assert read.crc_valid
    assert not read.errors
    assert read.mpan == f"93600999{number:010d}"
    assert read.merchant_name == name
    assert read.terminal_label == label
    assert read.amount == (Rupiah(amount) if amount else None)


@given(st.permutations(list(read_tlvs(without_crc(PLAIN)))))
def test_tags_may_come_in_any_order(tags: list[Tlv]) -> None:
    read = parse(closed("".join(write_tlv(tag.tag, tag.value) for tag in tags)))
    assert read.crc_valid
    assert read.nmid == "ID0000000000017"
    assert read.terminal_label == "A01"


@given(st.text(max_size=600) | st.binary(max_size=600))
def test_anything_is_a_payload_or_refused(anything: str | bytes) -> None:
    with contextlib.suppress(QrisMalformed):
        parse(anything)


@given(st.lists(st.tuples(st.integers(0, 99), st.text(max_size=30)), max_size=12))
def test_any_tags_are_read_and_judged(tags: list[tuple[int, str]]) -> None:
    text = "".join(write_tlv(f"{tag:02d}", value) for tag, value in tags)
    with contextlib.suppress(QrisMalformed):
        parse(text)


@given(st.integers(0, len(PLAIN) - 1), st.characters(codec="ascii"))
def test_one_changed_character_never_passes_unseen(at: int, sign: str) -> None:
    altered = PLAIN[:at] + sign + PLAIN[at + 1 :]
    if altered.strip(" \r\n\t").upper() == PLAIN.upper():
        return
    try:
        read = parse(altered)
    except QrisMalformed:
        return
    assert read.errors


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (without_crc(PLAIN).replace("000201", "000299", 1), "format_unknown"),
        (without_crc(PLAIN).replace("5303360", "5303840"), "currency_foreign"),
        (without_crc(PLAIN).replace("5802ID", "5802SG"), "country_foreign"),
        (without_crc(PLAIN).replace("010211", "010213"), "initiation_unknown"),
        (without_crc(PLAIN).replace("010211", "010212"), "dynamic"),
        (without_crc(PLAIN) + "5405abcde", "amount_unreadable"),
        (without_crc(PLAIN) + "54045000", "static_with_amount"),
        (without_crc(PLAIN) + "550203", "tip_asked"),
        (without_crc(PLAIN) + "5802ID", "tag_repeated"),
        (without_crc(PLAIN) + "6403abc", "template_unreadable"),
        (without_crc(PLAIN) + write_tlv("27", "0002AB0002CD"), "tag_repeated"),
        (without_crc(PLAIN) + write_tlv("27", "0002AB"), "account_incomplete"),
        (without_crc(PLAIN) + write_tlv("40", "0002AB"), "transfer_code"),
        (without_crc(PLAIN).replace("52048398", "5203111"), "mcc_unusual"),
        (without_crc(PLAIN).replace("62070703A01", "62070703***"), "terminal_asked"),
        (without_crc(PLAIN).replace("62070703A01", ""), "terminal_missing"),
        (without_crc(PLAIN).replace("6005LEBAK", "6016LEBAKLEBAKLEBAKX"), "city_long"),
        (without_crc(PLAIN).replace("5917KOTAK CONTOH 0017", "5926" + "N" * 26), "name_long"),
        (without_crc(PLAIN).replace("62070703A01", "62300726" + "A" * 26), "terminal_long"),
        (without_crc(PLAIN).replace("93600999", "9360A999"), "mpan_malformed"),
        (without_crc(PLAIN).replace("93600999", "12345999"), "mpan_foreign"),
        (without_crc(PLAIN).replace("ID0000000000017", "XX0000000000017"), "nmid_unusual"),
        (without_crc(PLAIN).replace("52048398", "52044829"), "transfer_code"),
        (without_crc(PLAIN).replace("62070703A01", "62150703A010804BOOK"), "transfer_code"),
        (without_crc(PLAIN).replace("52048398", "52045812"), "mcc_no_donation"),
        (without_crc(PLAIN).replace("0303URE52", "0303XYZ52"), "criteria_unknown"),
        (without_crc(PLAIN).replace("0303URE51", "0303XYZ51"), "criteria_unknown"),
        (without_crc(PLAIN).replace("ID.CO.QRIS.WWW", "ID.CO.QRIZ.WWW"), "national_unusual"),
        (without_crc(PLAIN).replace("610542311", ""), "postal_missing"),
        (without_crc(PLAIN).replace("610542311", "611142311423114"), "postal_long"),
        (without_crc(PLAIN) + "540810000001", "amount_large"),
        (without_crc(PLAIN) + "0204abcd", "international"),
        (without_crc(PLAIN) + "8002xy", "tag_unknown"),
        (without_crc(PLAIN) + write_tlv("64", "0002ID"), "language_incomplete"),
        (without_crc(PLAIN) + write_tlv("27", account("936009990000000025")), "mpan_several"),
        (without_crc(PLAIN) + write_tlv("27", account("9360099900000000174")), "mpan_check_digit"),
        (without_crc(PLAIN) + write_tlv("27", account("9360099900000000173")), "mpan_check_wrong"),
        (without_crc(PLAIN) + write_tlv("27", account("93600999")), "mpan_length"),
        (without_crc(PLAIN) + write_tlv("27", account("93600999", "M" * 16)), "merchant_id_long"),
        (without_crc(PLAIN) + write_tlv("27", account("9", domain="D" * 33)), "domain_long"),
    ],
)
def test_each_oddity_has_its_code(body: str, code: str) -> None:
    assert code in codes(closed(body))


def test_whole_second_language_is_nothing_unusual() -> None:
    whole = closed(without_crc(PLAIN) + write_tlv("64", "0002EN0105KOTAK"))
    assert not codes(whole) & {"language_incomplete", "tag_unknown"}


def test_an_empty_code_lacks_everything() -> None:
    assert {
        "account_missing",
        "name_missing",
        "city_missing",
        "nmid_missing",
        "acquirer_missing",
    } <= codes(closed("000201"))


def test_the_checksum_must_be_there_be_right_and_be_last() -> None:
    assert "crc_missing" in codes(without_crc(PLAIN))
    assert "crc_wrong" in codes(PLAIN[:-1] + ("0" if PLAIN[-1] != "0" else "1"))
    assert "crc_not_last" in codes(PLAIN + "5903XYZ")
    assert parse(PLAIN[:-4] + PLAIN[-4:].lower()).crc_valid


@pytest.mark.parametrize("mpan", ["936004510000097631", "9360099900000017", "93600999000000001"])
def test_only_synthetic_codes_are_composed(mpan: str) -> None:
    with pytest.raises(QrisMalformed):
        compose(mpan=mpan, nmid="ID0000000000017", merchant_name="X", city="Y")


def test_the_nineteenth_digit_is_a_luhn_digit() -> None:
    # The pair of an 18-digit code and a 19-digit notification that facts on QRIS name.
    assert mpan_has_check_digit("9360045100000976310")
    assert not mpan_has_check_digit("9360045100000976311")
    assert not mpan_has_check_digit("936004510000097631")
    assert not mpan_has_check_digit("93600451000009763ab")
