"""What a declared count weighs, and when that contradicts the box's own scale."""

from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.cash import DENOMINATIONS, CashCount
from jimpitan_server.domain.cash_mass import MassRange, Weighing, mass_of, weighing_of
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.mass_discrepancies import (
    WeighedCount,
    mass_discrepancies,
    with_masses_joined,
)
from server_boxes import FRIDAY


def weighing(mass_mg: int, **values: object) -> Weighing:
    content = {
        "squares": 50 * 60**2,
        "lost_mg": 0,
        "deposits": 50,
        "deposits_weighed": 50,
        "is_whole": True,
    }
    return Weighing(mass_mg=mass_mg, **(content | values))


def case(count: dict[int, int], scale: Weighing) -> list[tuple[str, str, object]]:
    one = WeighedCount(
        collection_id="count-1",
        box=BoxId("box-1"),
        lid_at=FRIDAY,
        count=CashCount.of(count),
        weighing=scale,
    )
    found = mass_discrepancies([one], FRIDAY)
    return [(str(f.kind), str(f.severity), f.evidence["weighed_low_mg"]) for f in found]


def test_coins_and_notes_weigh_what_the_sources_say() -> None:
    assert mass_of(CashCount.of({})) == MassRange(0, 0)
    assert mass_of(CashCount.of({100: 10})) == MassRange(17_180, 18_620)
    low, high = 151 * 65 * 85 // 1000, 151 * 65 * 119 // 1000 + 1
    assert mass_of(CashCount.of({100_000: 1})) == MassRange(low, high)
    thousand = mass_of(CashCount.of({1_000: 1}))
    assert thousand.low_mg < 750
    assert thousand.high_mg is not None
    assert thousand.high_mg > 4_500


@given(
    st.dictionaries(st.sampled_from(DENOMINATIONS), st.integers(0, 300)),
    st.dictionaries(st.sampled_from(DENOMINATIONS), st.integers(0, 300)),
)
def test_more_pieces_never_weigh_less(some: dict[int, int], more: dict[int, int]) -> None:
    both = {value: some.get(value, 0) + more.get(value, 0) for value in {*some, *more}}
    less, all_ = mass_of(CashCount.of(some)), mass_of(CashCount.of(both))
    assert less.low_mg <= all_.low_mg
    assert (less.high_mg or 0) <= (all_.high_mg or 0)


@given(st.integers(0, 200), st.integers(0, 100), st.integers(0, 40))
def test_an_honest_count_of_fitting_coins_and_notes_is_no_case(
    small: int, half: int, notes: int
) -> None:
    count = {100: small, 500: half, 2_000: notes}
    mass = small * 1_790 + half * 3_100 + notes * 783
    deposits = small + half + notes
    scale = weighing(mass, deposits=deposits, deposits_weighed=deposits)
    assert case(count, scale) == []


def test_coins_that_fell_in_and_are_not_declared_are_missed() -> None:
    ((kind, severity, low),) = case({500: 20}, weighing(50 * 3_100))
    assert (kind, severity) == ("count_mass_differs", "warning")
    assert low == 155_000 - 4 * 424 - 1_550 - 1


def test_a_count_that_is_too_heavy_is_a_notice_and_only_when_all_was_weighed() -> None:
    assert case({500: 80}, weighing(50 * 3_100))[0][1] == "notice"
    assert case({500: 80}, weighing(50 * 3_100, is_whole=False)) == []


def test_what_the_box_said_was_taken_out_is_not_asked_of_the_collector() -> None:
    assert case({500: 20}, weighing(50 * 3_100, lost_mg=30 * 3_100)) == []
    assert weighing(1_000, lost_mg=9_000).range == MassRange(0, -8_000 + 4 * 424 + 11)


def test_a_box_that_weighed_nothing_says_nothing() -> None:
    assert weighing_of([], lost_mg=0, deposits=3, is_gapless=True) is None
    assert weighing_of([(3, 0, 0)], lost_mg=0, deposits=3, is_gapless=True) is None


def test_a_period_is_whole_when_all_was_weighed_and_nothing_is_missing() -> None:
    steps = [(1, 4_500, 60), (2, 1_500, 80)]
    whole = weighing_of(steps, lost_mg=0, deposits=3, is_gapless=True)
    assert whole is not None
    assert (whole.mass_mg, whole.squares, whole.is_whole) == (6_000, 10_000, True)
    partly = weighing_of([*steps, (1, 0, 0)], lost_mg=0, deposits=4, is_gapless=True)
    gapped = weighing_of(steps, lost_mg=0, deposits=3, is_gapless=False)
    assert partly is not None
    assert gapped is not None
    assert (partly.is_whole, gapped.is_whole) == (False, False)


def weighed_case(count: dict[int, int], mass_mg: int) -> Discrepancy:
    one = WeighedCount(
        collection_id="count-1",
        box=BoxId("box-1"),
        lid_at=FRIDAY,
        count=CashCount.of(count),
        weighing=weighing(mass_mg),
    )
    (found,) = mass_discrepancies([one], FRIDAY)
    return found


def sensed_case(kind: str, *counts: str) -> Discrepancy:
    return Discrepancy(
        kind=kind,
        severity=Severity.WARNING,
        subject=f"sensor_count left box-1/{len(counts)}",
        found_at=FRIDAY,
        box=BoxId("box-1"),
        evidence={"reason": "below", "arrived": list(counts), "expected_idr": 5_000},
    )


def test_missing_money_and_missing_mass_of_one_count_are_one_case() -> None:
    light, below = weighed_case({500: 8}, 62_000), sensed_case("count_below_sensor", "count-1")
    (one,) = with_masses_joined((below, light))
    assert (one.kind, one.subject) == ("count_below_sensor", below.subject)
    assert one.evidence["expected_idr"] == 5_000
    assert one.evidence["mass_reason"] == light.evidence["reason"]
    assert one.evidence["weighed_low_mg"] == light.evidence["weighed_low_mg"]


def test_mass_of_another_count_or_of_the_other_side_is_a_case_of_its_own() -> None:
    light = weighed_case({500: 8}, 62_000)
    for other in (
        sensed_case("count_above_sensor", "count-1"),
        sensed_case("count_below_sensor", "count-2"),
        sensed_case("count_below_sensor"),
        sensed_case("count_not_remitted", "count-1"),
    ):
        assert with_masses_joined((other, light)) == (other, light)
    heavy = weighed_case({500: 80}, 62_000)
    assert len(with_masses_joined((sensed_case("count_above_sensor", "count-1"), heavy))) == 1
    assert with_masses_joined(()) == ()
