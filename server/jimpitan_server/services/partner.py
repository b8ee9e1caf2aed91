"""Makes accounts and the codes on boxes known."""

from datetime import date, datetime

from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.ids import BoxId, is_box_id, is_short_name
from jimpitan_server.domain.notification import PaymentKeys
from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.qris import parse
from jimpitan_server.domain.qris_payload import QrisPayload
from jimpitan_server.domain.settlement import SettlementProfile, settlement_named
from jimpitan_server.domain.sticker import CodeMode
from jimpitan_server.services.ports_money import BoxCode, PartnerStore


async def add_account(store: PartnerStore, account: Account, now: datetime) -> None:
    """Make an account known; the same one again changes nothing."""
    if not is_short_name(account.account_id):
        raise Malformed("An account id has 1 to 32 characters of a-z, 0-9, dot, _ and hyphen.")
    known = await store.account(account.account_id)
    if known is None:
        await store.add_account(account, now)
    elif known.settlement is not account.settlement:
        raise Conflict(
            f"Account {account.account_id} settles by {known.settlement}.", code="account_differs"
        )


async def settle_by(
    store: PartnerStore,
    account_id: str,
    *,
    profile: str,
    valid_from: date,
    actor: str,
    now: datetime,
) -> SettlementProfile:
    """Let an account settle by another profile from a day on."""
    found = settlement_named(profile)
    if await store.account(account_id) is None:
        raise NotFound(f"There is no account {account_id}.", code="account_unknown")
    await store.add_settlement(
        account_id, profile=profile, valid_from=valid_from, actor=actor, now=now
    )
    return found


async def register_code(
    store: PartnerStore,
    *,
    box: str,
    payload: str,
    store_id: str | None,
    merchant_id: str | None,
    now: datetime,
    mode: CodeMode = CodeMode.OWN,
    replace: bool = False,
) -> QrisPayload:
    """Register the code that is printed on a box; refuse one that nobody could pay to.

    With `replace` the box carries no other code any more: its sticker was exchanged.
    """
    if not is_box_id(box):
        raise Malformed("A box id has 1 to 32 characters of a-z, 0-9 and hyphen.")
    read = parse(payload)
    if read.errors:
        raise Malformed(read.errors[0].sentence, code="qris_unsound")
    keys = PaymentKeys(
        terminal=read.terminal_label,
        store=store_id,
        nmid=read.nmid,
        mpan18=read.accounts[0].mpan18 if read.accounts else None,
        merchant=merchant_id,
    )
    code = BoxCode(box=BoxId(box), payload=read.text, keys=keys, mode=mode)
    await store.add_code(code, now)
    if replace:
        await store.withdraw_codes(code.box, but=read.text, now=now)
    return read
