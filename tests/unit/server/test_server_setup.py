"""The first run: which steps there are, which are done, and which comes next."""

import pytest
from jimpitan_server.domain.setup import Standing, Step, guide_of

NOTHING = {
    "accounts": 0,
    "boxes": 0,
    "cans": 0,
    "codes": 0,
    "collectors": 0,
    "witnesses": 0,
    "plans": 0,
    "gateways": 0,
}


def test_nothing_is_set_up_at_first_and_the_account_comes_first() -> None:
    standing = Standing(**NOTHING)
    guide = guide_of(standing)
    assert standing.is_empty
    assert (guide.next, guide.done_count, guide.is_complete) == (Step.ACCOUNT, 0, False)
    assert list(guide.done) == list(Step)


def test_who_has_only_cans_needs_no_gateway() -> None:
    cans = Standing(**NOTHING | {"cans": 2})
    assert Step.GATEWAY not in guide_of(cans).done
    both = Standing(**NOTHING | {"cans": 2, "boxes": 1})
    assert guide_of(both).done[Step.GATEWAY] is False


@pytest.mark.parametrize("one", ["accounts", "boxes", "cans", "codes"])
def test_a_server_with_anything_to_follow_is_not_empty(one: str) -> None:
    assert not Standing(**NOTHING | {one: 1}).is_empty
    assert Standing(**NOTHING | {"collectors": 3}).is_empty


def test_the_guide_ends_when_every_step_is_done() -> None:
    guide = guide_of(Standing(**dict.fromkeys(NOTHING, 1)))
    assert (guide.is_complete, guide.next, guide.done_count) == (True, None, len(Step))
