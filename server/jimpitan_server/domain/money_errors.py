"""What can be wrong with what a bank, a sticker or a person hands in about money.

MoneyError
├── MoneyMalformed       a text is no amount of rupiah; correct it at the source
├── CountMalformed       a cash count that no purse can hold; count again
├── QrisMalformed        a text that is no QRIS payload at all; scan again
├── NotificationMalformed   an authentic message without what a payment needs
└── ProfileMalformed     a statement profile that could read no statement
"""

from enum import StrEnum

from jimpitan_server.domain.errors import Malformed


class MoneyError(Malformed):
    """Root of every error that reading money raises; findings are values, not errors."""

    code = "money_malformed"


class MoneyMalformed(MoneyError):
    """A text is no amount of whole rupiah: correct it at the source, nothing was taken."""


class CountMalformed(MoneyError):
    """A cash count with an unknown denomination or an impossible number of pieces."""


class QrisMalformed(MoneyError):
    """A text that does not have the shape of a QRIS payload: scan again."""


class ProfileMalformed(MoneyError):
    """A statement profile that contradicts itself: correct the profile."""


class Fault(StrEnum):
    """What is wrong with one field of a bank's message."""

    UNPARSABLE = "unparsable"
    """The whole message cannot be read."""
    FORMAT = "format"
    """The field is there, in a form that cannot be read."""
    MANDATORY = "mandatory"
    """The field is missing."""


class NotificationMalformed(MoneyError):
    """A bank's message without what a payment needs: kept, answered, looked at."""

    def __init__(self, fault: Fault, field: str) -> None:
        """Name the `fault` and the bank's own name of the `field`."""
        super().__init__(f"{field}: {fault}")
        self.fault = fault
        self.field = field
