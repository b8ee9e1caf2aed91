"""How a discrepancy ends."""

from enum import StrEnum


class ResolutionCode(StrEnum):
    """What a person found out about a discrepancy."""

    EXPLAINED = "explained"
    """There was a harmless reason; nothing has to change."""
    CORRECTED = "corrected"
    """Something was wrong and has been put right by a new entry."""
    ACCEPTED_DIFFERENCE = "accepted_difference"
    """The difference is real, its reason cannot be found, and it is not worth more search."""
    DUPLICATE = "duplicate"
    """Another case is about the same thing; the reason names its number."""
    LOSS = "loss"
    """Money or records are gone for good."""
    FALSE_ALARM = "false_alarm"
    """The rule that raised it was wrong here."""
