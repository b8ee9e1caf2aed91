"""What a box should be set to, what it says it is set to, and what remains to be told to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import BoxId

REVISION_MAX = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class OptionBounds:
    """One option as boxes know it: its number on the wire, its bounds and its default."""

    name: str
    number: int
    value_min: int
    value_max: int
    default: int


class ConfigurationFinding(StrEnum):
    """The kinds of discrepancy that a configuration can raise."""

    CONFIGURATION_REFUSED = "configuration_refused"
    """The box does not know an option or its value: its firmware is older than the wish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A whole configuration that somebody wished for a box; an option left out has its default."""

    box: BoxId
    revision: int
    options: Mapping[str, int]
    actor: str
    set_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationReport:
    """One record in which a box answered: it took a revision on, or refused these options."""

    seq: int
    revision: int
    received_at: datetime
    refused: tuple[str, ...] = ()

    @property
    def is_refusal(self) -> bool:
        """Say whether the box stayed with what it had."""
        return bool(self.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a box says of its configuration, in heartbeats and in answers.

    `revision` is None for a box that never said; `since` is when the server first knew of it.
    """

    heartbeat_seq: int = 0
    heartbeat_revision: int | None = None
    applied: ConfigurationReport | None = None
    refusals: Mapping[int, ConfigurationReport] = field(default_factory=dict)

    @property
    def revision(self) -> int | None:
        """Return the revision that the newest word of the box names."""
        if self.applied is not None and self.applied.seq > self.heartbeat_seq:
            return self.applied.revision
        if self.heartbeat_revision is not None:
            return self.heartbeat_revision
        return None if self.applied is None else self.applied.revision

    @property
    def revision_max(self) -> int:
        """Return the highest revision that the box ever named."""
        named = [self.heartbeat_revision or 0, *self.refusals]
        return max(*named, 0 if self.applied is None else self.applied.revision)


def is_waiting(wished: Configuration | None, reported: Reported) -> bool:
    """Say whether the box still has to be told: it has not got the wish and not refused it."""
    if wished is None or reported.revision == wished.revision:
        return False
    return wished.revision not in reported.refusals


def next_revision(wished: Configuration | None, reported: Reported) -> int:
    """Return the number of the next wish, above all that the box may know from before.

    A server that was restored from a backup may have given numbers away that it forgot.
    """
    return max(0 if wished is None else wished.revision, reported.revision_max) + 1


def wrong_options(options: Mapping[str, int], table: Sequence[OptionBounds]) -> list[str]:
    """Return a sentence for each option that no box would take, in the order of their names."""
    by_name = {one.name: one for one in table}
    sentences = []
    for name, value in sorted(options.items()):
        bounds = by_name.get(name)
        if bounds is None:
            sentences.append(f"There is no option {name[:40]!r}.")
        elif not bounds.value_min <= value <= bounds.value_max:
            sentences.append(f"{name} must lie between {bounds.value_min} and {bounds.value_max}.")
    return sentences


def refusal(box: BoxId, report: ConfigurationReport, now: datetime) -> Discrepancy:
    """Return what a person must look at because a box refused a configuration."""
    return Discrepancy(
        kind=ConfigurationFinding.CONFIGURATION_REFUSED,
        severity=Severity.WARNING,
        subject=f"{box}/{report.revision}",
        found_at=now,
        box=box,
        seq_from=report.seq,
        seq_to=report.seq,
        evidence={"revision": report.revision, "options": ", ".join(report.refused)},
    )
