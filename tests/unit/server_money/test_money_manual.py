"""The manual names every code, kind, route and field there is."""

import re

import pytest
from components import ROOT
from jimpitan_server.adapters.bank_profiles import ready_made
from jimpitan_server.adapters.statement_profiles import known_profiles
from jimpitan_server.domain.bank_profile import SigningProfile
from jimpitan_server.domain.match import State
from jimpitan_server.domain.money_discrepancies import BankFinding, MoneyFinding
from jimpitan_server.domain.statement_gaps import StatementFinding
from jimpitan_server.domain.statement_profile import StatementProfile
from jimpitan_server.domain.sticker import CodeMode, StickerFinding, Verdict
from jimpitan_server.entrypoints.http import bearer, money_door
from jimpitan_server.services import issue_token, notify
from jimpitan_server.services.bank_message import BankAnswer, RefusalReason

PAGES = [(ROOT / "server" / name).read_text(encoding="utf-8") for name in ("money.md", "bank.md")]
MANUAL = "\n".join(PAGES)
STATEMENTS = (ROOT / "server" / "statements.md").read_text(encoding="utf-8")
STICKERS = (ROOT / "server" / "stickers.md").read_text(encoding="utf-8")
RULES = "".join(
    (ROOT / "server" / "jimpitan_server" / "domain" / name).read_text(encoding="utf-8")
    for name in ("qris_rules.py", "qris_fields.py")
)
REMARKS = sorted(set(re.findall(r'Remark\(\s*"(\w+)"', RULES)))
PROFILE_FIELDS = [k for k, one in StatementProfile.__dataclass_fields__.items() if one.init]
ANSWERS = [*vars(notify).values(), *vars(issue_token).values()]
CODES = [value.code for value in ANSWERS if isinstance(value, BankAnswer)]


@pytest.mark.parametrize("name", [*MoneyFinding, *BankFinding, *State, *RefusalReason])
def test_each_kind_and_state_is_named(name: str) -> None:
    assert re.search(rf"\b{name}\b", MANUAL)


@pytest.mark.parametrize("name", [*StatementFinding, *known_profiles()])
def test_each_layout_and_finding_of_statements_is_named(name: str) -> None:
    assert f"`{name}`" in STATEMENTS


@pytest.mark.parametrize("code", [*CODES, "4005201", "4005202", "4015200", "4007301", "4007302"])
def test_each_answer_to_banks_is_named(code: str) -> None:
    assert code in MANUAL


@pytest.mark.parametrize("field", sorted(set(PROFILE_FIELDS) - {"name"}))
def test_each_field_of_a_layout_is_named(field: str) -> None:
    assert f"`{field}`" in STATEMENTS


@pytest.mark.parametrize(
    "word",
    [*StickerFinding, *Verdict, *CodeMode, *sorted(set(re.findall(r'Remark\(\s*"(\w+)"', RULES)))],
)
def test_each_word_about_codes_and_stickers_is_named(word: str) -> None:
    assert f"`{word}`" in STICKERS


@pytest.mark.parametrize("profile", ready_made().values(), ids=lambda one: one.name)
def test_each_way_of_signing_is_named_with_what_it_signs(profile: SigningProfile) -> None:
    text = profile.text.replace("|", "\\|")
    assert f"`{profile.name}` | {profile.scheme} | `{text}`" in MANUAL or profile.scheme == "S1h"
    assert f"| `{profile.name}` |" in MANUAL


def test_each_route_is_named() -> None:
    for router in (money_door.router, bearer.router):
        for route in router.routes:
            path = getattr(route, "path", "")
            ids = "{collections,remittances,payments}/{id}"
            assert path.replace("{kind}s/{subject_id}", ids) in MANUAL
