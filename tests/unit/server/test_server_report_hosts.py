"""Hosts in a report: nobody's single gift can be read off, nor reckoned out of a total."""

from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.report_hosts import (
    GIFTS_MIN,
    TOGETHER,
    HostFigures,
    is_told,
    published_hosts,
)


def host(name: str, gifts: int, each_idr: int = 1_000) -> HostFigures:
    return HostFigures(
        host=name, boxes=1, gifts=gifts, counted_idr=gifts * each_idr, qris_confirmed_idr=gifts
    )


def shown(*hosts: HostFigures) -> dict[str, int]:
    return {one.host: one.gifts for one in published_hosts(hosts)}


def test_a_small_host_is_told_only_inside_a_sum() -> None:
    assert shown(host("a", 40), host("b", 3), host("c", 4)) == {"a": 40, TOGETHER: 7}


def test_a_single_small_host_takes_the_next_larger_one_with_it() -> None:
    assert shown(host("a", 40), host("b", 3), host("c", 9)) == {"a": 40, TOGETHER: 12}
    assert shown(host("a", 40), host("b", 1)) == {TOGETHER: 41}


def test_large_hosts_stand_alone_in_the_order_of_their_names() -> None:
    found = published_hosts([host("b", 5), host("a", 6)])
    assert [one.host for one in found] == ["a", "b"]
    assert shown(host("a", 6), host(TOGETHER, 50)) == {"a": 6, TOGETHER: 50}


def test_a_host_without_gifts_betrays_nobody_and_hides_nobody() -> None:
    assert shown(host("a", 40), host("b", 0)) == {"a": 40, TOGETHER: 0}
    assert shown(host("a", 40), host("b", 0), host("c", 2)) == {TOGETHER: 42}
    assert published_hosts([]) == ()


def test_sums_of_one_to_four_gifts_are_not_told() -> None:
    assert [gifts for gifts in range(8) if not is_told(gifts)] == [1, 2, 3, 4]


@given(st.lists(st.integers(0, 12), max_size=8))
def test_nothing_is_lost_and_no_small_sum_stands_alone(gifts: list[int]) -> None:
    hosts = [host(f"host-{at}", one, 500 + at) for at, one in enumerate(gifts)]
    found = published_hosts(hosts)
    for name in ("boxes", "gifts", "counted_idr", "qris_confirmed_idr"):
        assert sum(getattr(one, name) for one in found) == sum(getattr(one, name) for one in hosts)
    named = [one for one in found if one.host != TOGETHER]
    assert all(one.gifts >= GIFTS_MIN for one in named)
    if is_told(sum(gifts)) and sum(gifts):
        assert all(is_told(one.gifts) for one in found)
        hidden = {one.host for one in hosts} - {one.host for one in named}
        small = [one for one in hosts if one.host in hidden and 0 < one.gifts < GIFTS_MIN]
        others = [one for one in hosts if one.host in hidden and one.gifts > 0]
        assert not small or len(others) > 1 or not named
