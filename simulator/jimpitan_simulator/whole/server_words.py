"""The words in which the server's own desks are spoken to: its request types, by name.

The whole package sees the server's wiring and nothing else of it; what the wiring's methods take
is looked up where the server's own doors import it from.
"""

import importlib
from typing import Any

_WORDS = {
    "Delivery": "services.accept",
    "Counted": "services.close_collection",
    "CashCount": "domain.cash",
    "Paid": "services.remit",
    "RemittanceMethod": "domain.books",
    "Rupiah": "domain.rupiah",
    "HandoverOffer": "services.ports_handover",
    "ImportWish": "adapters.money_desk",
    "profiles_named": "adapters.statement_profiles",
    "Message": "services.bank_message",
    "BankPartner": "domain.partner",
    "Account": "domain.partner",
    "KeyPurpose": "domain.partner",
    "NewKey": "services.bank_partner",
    "Settlement": "domain.settlement",
    "CodeMode": "domain.sticker",
    "profile_named": "adapters.bank_profiles",
}


def word(name: str) -> Any:
    """Return a type or function of the server that its desks are spoken to with."""
    return getattr(importlib.import_module(f"jimpitan_server.{_WORDS[name]}"), name)
