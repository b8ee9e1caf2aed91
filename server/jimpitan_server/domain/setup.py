"""The first run: what an office needs before the first rupiah can be followed, in order."""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """One thing to set up; the order is that of the guide."""

    ACCOUNT = "account"
    """The bank account to which all money goes."""
    BOX = "box"
    """A box or plain can, with its site and host institution."""
    CODE = "code"
    """The QRIS code that is printed on it."""
    COLLECTOR = "collector"
    """Somebody who opens it and counts."""
    WITNESS = "witness"
    """A second person who confirms counts with a PIN."""
    PLAN = "plan"
    """When it is collected."""
    GATEWAY = "gateway"
    """What brings the records of sensor boxes; plain cans need none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many of each thing there are."""

    accounts: int
    boxes: int
    cans: int
    codes: int
    collectors: int
    witnesses: int
    plans: int
    gateways: int

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was set up yet."""
        return not (self.accounts or self.boxes or self.cans or self.codes)


@dataclass(frozen=True, slots=True)
class Guide:
    """The steps in order, each done or not."""

    done: dict[Step, bool]

    @property
    def is_complete(self) -> bool:
        """Return whether every step is done."""
        return all(self.done.values())

    @property
    def next(self) -> Step | None:
        """Return the first step that is not done."""
        return next((step for step, is_done in self.done.items() if not is_done), None)

    @property
    def done_count(self) -> int:
        """Return how many steps are done."""
        return sum(self.done.values())


def guide_of(standing: Standing) -> Guide:
    """Return the steps as they stand; the gateway is a step only where a box has sensors."""
    done = {
        Step.ACCOUNT: standing.accounts > 0,
        Step.BOX: standing.boxes + standing.cans > 0,
        Step.CODE: standing.codes > 0,
        Step.COLLECTOR: standing.collectors > 0,
        Step.WITNESS: standing.witnesses > 0,
        Step.PLAN: standing.plans > 0,
    }
    if standing.boxes > 0 or standing.cans == 0:
        done[Step.GATEWAY] = standing.gateways > 0
    return Guide(done)
