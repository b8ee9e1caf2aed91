"""Asking banks: where secrets may go, when it is time, and what of an answer is believed."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from components import ROOT
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters import snap
from jimpitan_server.adapters.bank_profiles import profile_named
from jimpitan_server.domain.bank_connection import (
    BankConnection,
    is_safe_base,
    next_night,
    next_query,
    statement_window,
)
from jimpitan_server.domain.bank_day import WIB
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.services.ask_bank import (
    Answer,
    BankRefused,
    BankSilent,
    Line,
    Outside,
    Unanswered,
    ask,
)
from jimpitan_server.services.bank_statement import statement_file, statement_question
from server_boxes import FRIDAY, StepClock

BASE = "https://api.bank.example"
SAFE = (BASE, BASE + ":8443", "http://127.0.0.1:80", "http://[::1]:8080", "http://localhost")
UNSAFE = (
    "http://api.bank.example",
    "ftp://api.bank.example",
    BASE + "/path",
    BASE + "?a=b",
    BASE + "#a",
    "https://user:secret@api.bank.example",
    "https://",
    "https://[",
    "https://a:99999",
    "https://bänk.example",
    "https://" + "a" * 200,
    "http://127.0.0.1.example",
)


def connection(**changed: Any) -> BankConnection:
    given: dict[str, Any] = {
        "partner_id": "B1",
        "base_url": BASE,
        "client_id": "US",
        "profile": profile_named("snap-symmetric"),
        "query_path": "/q",
    }
    return BankConnection(**given | changed)


def test_secrets_leave_by_https_to_one_host_only() -> None:
    assert all(is_safe_base(url) for url in SAFE)
    assert not any(is_safe_base(url) for url in UNSAFE)


@pytest.mark.parametrize(
    "changed",
    [
        {"base_url": UNSAFE[0]},
        {"query_path": "q"},
        {"query_path": "/a b"},
        {"token_path": "//evil.example"},
        {"query_path": None},
        {"statement_path": "/s"},
        {"statement_path": "/s", "account_no": "1"},
        {"client_id": ""},
        {"profile": profile_named("nicepay-like")},
        {"profile": profile_named("ifortepay-like")},
    ],
)
def test_a_connection_that_could_not_work_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        connection(**changed)


@given(attempts=st.integers(0, 50), draw=st.floats(0, 1))
def test_a_query_waits_its_time_and_longer_each_time_up_to_a_day(
    attempts: int, draw: float
) -> None:
    wait = next_query(FRIDAY, attempts=attempts, draw=draw) - FRIDAY
    whole = min(timedelta(minutes=15) * 2 ** min(attempts, 10), timedelta(days=1))
    assert whole * 0.75 <= wait <= whole * 1.25


def test_the_night_is_over_at_two() -> None:
    night = datetime(2026, 11, 20, 2, tzinfo=WIB)
    assert next_night(night - timedelta(seconds=1)) == night
    assert next_night(night) == night + timedelta(days=1)


@given(first_ago=st.integers(-2, 200), done_ago=st.none() | st.integers(-2, 200))
def test_windows_are_whole_past_days_and_lose_none(first_ago: int, done_ago: int | None) -> None:
    today = date(2026, 11, 20)
    first = today - timedelta(days=first_ago)
    done = None if done_ago is None else max(today - timedelta(days=done_ago), first)
    window = statement_window(first=first, done_until=done, now=FRIDAY)
    if window is None:
        assert first >= today or (done is not None and done >= today - timedelta(days=1))
        return
    since, until = window
    assert first <= since <= until < today
    assert (until - since).days < 31
    assert since <= (first if done is None else done + timedelta(days=1))
    assert done is None or until > done


KEY = "the-secret-of-our-requests"


def outside(clock: StepClock, answers: list[Answer | None], waits: list[float]) -> Outside:
    """Return a world that gives these answers, None for silence, and notes each wait."""

    async def send(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        assert url.startswith(BASE)
        answer = answers.pop(0)
        if answer is None:
            raise Unanswered
        return answer

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        clock.step(microseconds=int(seconds * 1_000_000))

    return Outside(
        send=send,
        pause=pause,
        now=clock.now,
        draw=lambda: 0.5,
        external_id=lambda: "000000001",
        sign=snap.sign,
    )


def line() -> Line:
    """Return a line to a bank that wants no token."""
    profile = replace(profile_named("yokke-like"), text="POST:{path}:{digest}:{timestamp}")
    return Line(connection(profile=profile), b"", KEY.encode())


async def test_waits_grow_and_questions_keep_their_distance() -> None:
    clock, waits = StepClock(), list[float]()
    busy = Answer(503, b"")
    world = outside(clock, [busy, None, Answer(429, b""), Answer(200, b"{}")], waits)
    quiet = line()
    assert await ask(quiet, world, path="/q", content={}) == b"{}"
    assert waits == [1.0, 2.0, 4.0]
    again = outside(clock, [Answer(200, b"[]")], waits)
    assert await ask(quiet, again, path="/q", content={}) == b"[]"
    assert waits[3:] == [1.0]
    with pytest.raises(BankSilent):
        await ask(line(), outside(clock, [None] * 4, waits), path="/q", content={})


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(400, b'{"responseCode": "4005102"}'), "4005102"),
        (Answer(403, b"<html>"), "403"),
        (Answer(401, b"[]"), "401"),
        (Answer(302, b""), "302"),
    ],
)
async def test_a_refusal_is_not_tried_again(answer: Answer, code: str) -> None:
    with pytest.raises(BankRefused) as refused:
        await ask(line(), outside(StepClock(), [answer], []), path="/q", content={})
    assert refused.value.response_code == code


async def test_a_token_that_is_none_is_a_refusal() -> None:
    vectors = (ROOT / "tests/contract/snap-s2-vectors.json").read_text(encoding="utf-8")
    key = json.loads(vectors)["private_key_pem"].encode()
    world = outside(StepClock(), [Answer(200, b'{"accessToken": 7}')], [])
    with pytest.raises(BankRefused):
        await ask(Line(connection(), key, KEY.encode()), world, path="/q", content={})


DAY = date(2026, 11, 20)
LINE = {
    "amount": {"value": "5000.00", "currency": "IDR"},
    "transactionDate": "2026-11-20T09:00:00+07:00",
    "remark": 'QRIS "NICE";\n0001',
    "transactionId": "T1",
    "type": "CREDIT",
}


def file_of(*lines: object, **more: object) -> bytes | None:
    return statement_file(
        json.dumps({"detailData": list(lines)} | more).encode(), since=DAY, until=DAY
    )


def test_lines_become_a_file_of_the_plainest_layout() -> None:
    debit = LINE | {"type": "debet", "transactionDate": "2026-11-20", "amount": "700"}
    found = file_of(LINE, debit, totalCreditEntries={"amount": {"value": "5000.00"}})
    assert found is not None
    assert found.decode().splitlines() == [
        "date,amount,description,reference",
        '2026-11-20,5000,"QRIS ""NICE""; 0001",T1',
        '2026-11-20,-700,"QRIS ""NICE""; 0001",T1',
    ]
    assert file_of() is None
    assert statement_file(b'{"responseCode": "2001400"}', since=DAY, until=DAY) is None


@pytest.mark.parametrize(
    "line",
    [
        "text",
        LINE | {"transactionDate": "kemarin"},
        LINE | {"transactionDate": "2026-11-19"},
        LINE | {"type": "HOLD"},
        LINE | {"amount": {"value": "5000.50", "currency": "IDR"}},
        LINE | {"amount": {"value": "5000.00", "currency": "USD"}},
        LINE | {"amount": {"value": "-5.00"}},
        LINE | {"amount": None},
    ],
)
def test_half_a_statement_is_none(line: object) -> None:
    with pytest.raises(Malformed):
        file_of(LINE, line)


def test_a_statement_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(Malformed, match="another sum"):
        file_of(LINE, totalCreditEntries={"amount": {"value": "6000.00"}})
    for body in (b"{", b"[]", b'{"detailData": 7}'):
        with pytest.raises(Malformed):
            statement_file(body, since=DAY, until=DAY)


def test_a_question_names_whole_days_of_wib() -> None:
    assert statement_question("7123", DAY, DAY) == {
        "accountNo": "7123",
        "fromDateTime": "2026-11-20T00:00:00+07:00",
        "toDateTime": "2026-11-20T23:59:59+07:00",
    }
