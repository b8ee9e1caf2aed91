"""A sticker is ours only if merchant, terminal and name are the registered ones."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.qris import compose
from jimpitan_server.domain.sticker import (
    CodeMode,
    RegisteredCode,
    Verdict,
    judge_scan,
)
from jimpitan_server.domain.tlv import CRC_HEAD, crc_of, write_tlv
from server_boxes import FRIDAY

OURS = {
    "mpan": "936009990000000017",
    "nmid": "ID0000000000017",
    "merchant_name": "KOTAK CONTOH 0017",
    "city": "LEBAK",
    "terminal_label": "A17",
}
PLAIN = compose(**OURS)
HOUR = timedelta(hours=1)


def registered(payload: str = PLAIN, **changed: object) -> RegisteredCode:
    fields = {"mode": CodeMode.OWN, "registered_at": FRIDAY, "withdrawn_at": None} | changed
    return RegisteredCode(box=BoxId("box-0017"), payload=payload, **fields)  # type: ignore[arg-type]


def verdict(text: str, *codes: RegisteredCode) -> Verdict:
    return judge_scan(text, codes or (registered(),)).verdict


def closed(body: str) -> str:
    return body + CRC_HEAD + crc_of(body + CRC_HEAD)


def with_tag(tag: str, value: str) -> str:
    return closed(PLAIN[: PLAIN.rindex(CRC_HEAD)] + write_tlv(tag, value))


def test_the_registered_code_is_the_same_however_it_is_printed() -> None:
    assert verdict(PLAIN) is Verdict.SAME
    assert verdict(f" {PLAIN}\n") is Verdict.SAME
    assert verdict(PLAIN[:-4] + PLAIN[-4:].lower()) is Verdict.SAME
    assert verdict(compose(**OURS | {"city": "RANGKASBITUNG"})) is Verdict.SAME


@pytest.mark.parametrize(
    "change", [{"mpan": "936009990000000025"}, {"nmid": "ID0000000000025"}], ids=["mpan", "nmid"]
)
def test_another_merchant_is_a_swap_whatever_name_it_shows(change: dict[str, str]) -> None:
    judged = judge_scan(compose(**OURS | change), [registered()])
    assert judged.verdict is Verdict.SWAPPED
    ((name, (ours, found)),) = judged.differences.items()
    assert (ours, found) == (OURS[name], change[name])


def test_a_second_acquirer_beside_ours_is_a_swap() -> None:
    parts = {"00": "ID.CO.LAIN.WWW", "01": "936009990000000025", "02": "X", "03": "URE"}
    block = "".join(write_tlv(tag, value) for tag, value in parts.items())
    assert verdict(with_tag("27", block)) is Verdict.SWAPPED


@pytest.mark.parametrize(
    "text",
    [
        compose(**OURS | {"terminal_label": "A18"}),
        compose(**OURS | {"merchant_name": "KOTAK CONTOH 0018"}),
        with_tag("54", "50000"),
        with_tag("55", "01"),
        PLAIN[:-1] + ("0" if PLAIN[-1] != "0" else "1"),
        compose(**OURS, mcc="8661"),
    ],
    ids=["label", "name", "amount", "tip", "checksum", "category"],
)
def test_our_merchant_with_other_fields_is_altered(text: str) -> None:
    assert verdict(text) is Verdict.ALTERED


def test_what_is_no_code_is_unreadable_and_a_box_without_a_code_unknown() -> None:
    assert verdict("https://example.org") is Verdict.UNREADABLE
    assert verdict("") is Verdict.UNREADABLE
    assert judge_scan(PLAIN, []).verdict is Verdict.UNKNOWN


def test_of_several_codes_on_a_box_the_closest_counts() -> None:
    other = registered(compose(**OURS | {"mpan": "936009990000000025", "nmid": "ID0"}))
    assert verdict(PLAIN, other, registered()) is Verdict.SAME
    altered = compose(**OURS | {"terminal_label": "A99"})
    assert verdict(altered, other, registered()) is Verdict.ALTERED


def test_a_withdrawn_code_counts_for_scans_made_before() -> None:
    code = registered(withdrawn_at=FRIDAY)
    assert code.is_valid_at(FRIDAY - HOUR)
    assert not code.is_valid_at(FRIDAY)
    assert registered().is_valid_at(FRIDAY + 1_000 * HOUR)


@given(st.text(max_size=300), st.integers(0, len(PLAIN)))
def test_any_text_has_a_verdict_and_only_ours_is_the_same(text: str, at: int) -> None:
    for scanned in (text, PLAIN[:at] + text + PLAIN[at:]):
        judged = judge_scan(scanned, [registered()])
        if judged.verdict is Verdict.SAME:
            assert judged.read is not None
            assert judged.read.crc_valid
            assert judged.read.nmid == OURS["nmid"]
