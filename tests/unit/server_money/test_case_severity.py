"""How severe a case is: limits, who lacks money, thieves' signs, time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.discrepancy import Discrepancy, Severity, TamperFinding
from jimpitan_server.domain.money_discrepancies import BankFinding, MoneyFinding
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.severity import (
    CRITICAL_FROM,
    DUE_AFTER,
    OLD_AFTER,
    THIEVES_SIGNS,
    WARNING_FROM,
    at_stake,
    present_severity,
    severity_at_stake,
)

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
ORDER = list(Severity)


def found(kind: str, severity: Severity = Severity.WARNING, **evidence: object) -> Discrepancy:
    return Discrepancy(
        kind=kind, severity=severity, subject="s", found_at=NOW, evidence=dict(evidence)
    )


def short_by(amount: int) -> Discrepancy:
    sums = {"expected_idr": 1_000_000, "arrived_idr": 1_000_000 - amount}
    return found(MoneyFinding.REMITTANCE_DIFFERS, Severity.CRITICAL, **sums)


@pytest.mark.parametrize(
    ("amount", "severity"),
    [
        (2_000, Severity.NOTICE),
        (19_999, Severity.NOTICE),
        (20_000, Severity.WARNING),
        (499_999, Severity.WARNING),
        (500_000, Severity.CRITICAL),
        (-2_000, Severity.NOTICE),
        (-5_000_000, Severity.WARNING),
    ],
)
def test_severity_follows_the_rupiah_that_are_missing(amount: int, severity: Severity) -> None:
    assert severity_at_stake(short_by(amount)) is severity


@pytest.mark.parametrize("kind", sorted(THIEVES_SIGNS))
def test_a_thiefs_sign_is_critical_whatever_the_amount(kind: str) -> None:
    for evidence in ({}, {"expected_idr": 1_000, "arrived_idr": 0}):
        assert severity_at_stake(found(kind, Severity.NOTICE, **evidence)) is Severity.CRITICAL
    assert TamperFinding.FISHING in THIEVES_SIGNS


@pytest.mark.parametrize(
    ("kind", "evidence", "stake"),
    [
        (MoneyFinding.COUNT_WITHOUT_LID, {"expected_idr": 5, "arrived_idr": 5}, None),
        (MoneyFinding.PAYMENT_REPEATED, {"amount_idr": 7, "expected_idr": 0}, 7),
        (MoneyFinding.FEE_UNEXPECTED, {"fee_idr": 3}, 3),
        (BankFinding.PAYMENT_REFUNDED, {"kept_idr": None, "told_idr": 9}, 9),
        (BankFinding.PAYMENT_REFUNDED, {}, None),
        (BankFinding.PAYMENT_CONTRADICTED, {"kept_idr": 10, "told_idr": 4}, 6),
        (BankFinding.MERCHANT_FOREIGN, {"answered": "4045208"}, None),
        (MoneyFinding.REMITTANCE_DIFFERS, {"expected_idr": True, "arrived_idr": 1}, None),
    ],
)
def test_what_is_at_stake_is_read_from_the_evidence(
    kind: str, evidence: dict[str, object], stake: int | None
) -> None:
    assert at_stake(kind, evidence) == (None if stake is None else Rupiah(stake))


def test_a_case_without_a_sum_keeps_the_severity_of_its_kind() -> None:
    for severity in Severity:
        assert severity_at_stake(found("chain_break", severity)) is severity


@given(
    st.sampled_from(Severity),
    st.timedeltas(timedelta(0), timedelta(days=400)),
    st.timedeltas(timedelta(days=-400), timedelta(days=400)),
)
def test_time_raises_by_one_step_at_most_and_never_lowers(
    by_stake: Severity, age: timedelta, left: timedelta
) -> None:
    now = present_severity(by_stake, found_at=NOW - age, due_at=NOW + left, now=NOW)
    rises = left < timedelta(0) or age > OLD_AFTER
    expected = min(ORDER.index(by_stake) + rises, 2)
    assert ORDER.index(now) == expected


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_more_missing_is_never_less_severe(one: int, other: int) -> None:
    less, more = sorted((one, other))
    severities = [
        ORDER.index(severity_at_stake(found("remittance_differs", expected_idr=x, arrived_idr=0)))
        for x in (less, more)
    ]
    assert severities == sorted(severities)
    assert WARNING_FROM < CRITICAL_FROM
    assert DUE_AFTER[Severity.CRITICAL] < DUE_AFTER[Severity.WARNING] < DUE_AFTER[Severity.NOTICE]
