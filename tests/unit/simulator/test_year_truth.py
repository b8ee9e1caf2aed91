"""The year's own truth and judge: what the town knows, and that a wrong book is noticed."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from jimpitan_simulator.year.accounts import YearBank, evidence_of, statement_of
from jimpitan_simulator.year.plan import ACCOUNTS, BEGIN, make_plan
from jimpitan_simulator.year.truth import Emptied, Paid, Truth, day_of


def test_same_seed_makes_the_same_town() -> None:
    assert make_plan(seed=4, boxes=30, weeks=20) == make_plan(seed=4, boxes=30, weeks=20)
    assert make_plan(seed=4, boxes=30, weeks=20) != make_plan(seed=5, boxes=30, weeks=20)


def test_every_account_has_own_and_shared_codes_and_somebody_skims() -> None:
    plan = make_plan(seed=1, boxes=12, weeks=8)
    for account in ACCOUNTS:
        modes = {one.mode for one in (*plan.places, *plan.offices) if one.account == account}
        assert "own" in modes
        assert modes - {"own"}
    assert any(one.skims for one in plan.collectors)


def test_no_two_places_give_payments_the_same_number() -> None:
    """References are made of the place's number; an office once shared that of the first box."""
    plan = make_plan(seed=6068, boxes=24, weeks=12)
    numbers = [one.number for one in (*plan.places, *plan.offices)]
    assert len(set(numbers)) == len(numbers)


def bank_with(*amounts: int, account: str, terminal: str | None) -> YearBank:
    bank = YearBank()
    draw = random.Random(3)
    for number, amount in enumerate(amounts):
        paid = Paid(
            reference=f"REF{number:09d}",
            box="box-0001",
            at=BEGIN + timedelta(days=1, hours=number),
            amount_idr=amount,
        )
        bank.take(draw, paid, account, terminal)
    bank.close()
    return bank


@pytest.mark.parametrize("account", ACCOUNTS)
def test_bank_s_account_holds_every_payment_once(account: str) -> None:
    bank = bank_with(1000, 2000, 1000, account=account, terminal="TRM00001")
    credits_ = [line for line in bank.lines if line.amount_idr > 0]
    assert sum(line.amount_idr for line in credits_) == 4000
    assert Counter(name for line in credits_ for name in line.payments) == Counter(
        one.paid.reference for one in bank.customers
    )


@pytest.mark.parametrize("account", ACCOUNTS)
def test_statement_shows_the_lines_of_its_days(account: str) -> None:
    bank = bank_with(1000, 2000, account=account, terminal="TRM00001")
    _, whole = statement_of(account, bank.lines, since=BEGIN, until=BEGIN + timedelta(days=30))
    _, before = statement_of(account, bank.lines, since=BEGIN, until=BEGIN)
    assert len(whole.splitlines()) == 1 + len(bank.lines)
    assert len(before.splitlines()) == 1


def test_evidence_tells_own_codes_apart_and_shared_ones_not() -> None:
    plan = make_plan(seed=1, boxes=12, weeks=8)
    (one,) = bank_with(1000, account="acc-daily", terminal="TRM00001").customers
    first, second = plan.places[0], plan.places[1]
    own = [replace(place, account="acc-daily", mode="own") for place in (first, second)]
    shared = [replace(place, mode="shared") for place in own]
    told = replace(one, fate=replace(one.fate, missing=False))
    lost = replace(one, fate=replace(one.fate, missing=True))
    assert evidence_of(told, own[0]) != evidence_of(told, own[1])
    assert evidence_of(told, shared[0]) == evidence_of(told, shared[1])
    assert evidence_of(lost, own[0]) == evidence_of(lost, own[1])  # a batch names nobody


def test_difference_is_counted_less_given() -> None:
    emptied = Emptied(
        collection_id="c1",
        box="box-0001",
        at=BEGIN,
        given=Counter({("coin", 1000): 3, ("note", 5000): 1}),
        taken_idr=1000,
        typed={1000: 2, 5000: 1},
        miscounted=False,
    )
    assert (emptied.given_idr, emptied.typed_idr, emptied.difference_idr) == (8000, 7000, -1000)
    truth = Truth(emptied=[emptied, emptied])
    assert truth.typed_by_box_and_day() == {("box-0001", day_of(BEGIN)): 14_000}
