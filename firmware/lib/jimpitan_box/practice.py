"""A board without identity that feels what falls into it: for calibration mode, and no record."""

from jimpitan_box.senses import Senses
from jimpitan_box.uptime import Uptime

MYPY = False
if MYPY:
    from jimpitan_box.config import Config
    from jimpitan_box.detector import Fact

    Edge = tuple[int, bool, int]

LID = 2


class Practice:
    """The senses of one power cycle; what they say is heard by a calibrator or nobody."""

    def __init__(self, config: "Config", ticks_us: int) -> None:
        self._uptime = Uptime(ticks_us)
        self.senses = Senses(config)

    def step(
        self,
        ticks_us: int,
        edges: "list[Edge]",
        conversions: "list[int]",
        tints: "list[tuple[int, int, int, int]]",
    ) -> "list[Fact]":
        """Take what was felt since the last step; return the facts that nobody keeps."""
        now_ms = self._uptime.advance(ticks_us)
        facts: "list[Fact]" = []
        for raw in conversions:
            facts += self.senses.weigh(raw, now_ms)
        for tint in tints:
            self.senses.colour.feed(*tint)
        for channel, level, at_us in edges:
            if channel < LID:
                facts += self.senses.slot.edge(channel, level, at_us, now_ms)
        return facts + self.senses.step(now_ms)
