"""For any seed: what the books give to boxes is what can be known, to the rupiah.

Seeds that once failed are kept; what was wrong with each has a direct test of its own beside the
matcher (tests/unit/server_money).
"""

import pytest
from money_of_a_town import judge_money

pytestmark = pytest.mark.scenario

# By what went wrong: an equal sum of another day, a remittance whose batch held a lost payment,
# a refund that was debited and yet taken for kept back, a line too small taken for a batch.
FAILED_ONCE = [139, 154, 170, 223, 471]


@pytest.mark.parametrize("seed", [*FAILED_ONCE, *range(2000, 2012)])
def test_books_give_to_boxes_what_can_be_known(seed: int) -> None:
    verdict = judge_money(seed=seed, boxes=24, weeks=12)
    assert verdict.differs == {}
    assert (verdict.misattributed_idr, verdict.strangers) == (0, [])
    assert verdict.missing_idr > 0
    assert verdict.recovered_idr >= verdict.missing_idr
