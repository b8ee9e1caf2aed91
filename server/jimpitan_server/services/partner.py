"""Makes accounts and the codes on boxes known."""

from datetime import datetime

from jimpitan_server.domain.errors import Conflict, Malformed
from jimpitan_server.domain.ids import BoxId, is_box_id, is_short_name
from jimpitan_server.domain.notification import PaymentKeys
from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.qris import parse
from jimpitan_server.domain.qris_payload import QrisPayload
from jimpitan_server.services.ports_money import BoxCode, PartnerStore


async def add_account(store: PartnerStore, account: Account, now: datetime) -> None:
    """Make an account known; the same one again changes nothing."""
    if not is_short_name(account.account_id):
        raise Malformed("An account id has 1 to 32 characters of a-z, 0-9, dot, _ and hyphen.")
    known = await store.account(account.account_id)
    if known is None:
        await store.add_account(account, now)
    elif known != account:
        raise Conflict(
            f"Account {account.account_id} settles by {known.settlement}.", code="account_differs"
        )


async def register_code(
    store: PartnerStore,
    *,
    box: str,
    payload: str,
    store_id: str | None,
    merchant_id: str | None,
    now: datetime,
) -> QrisPayload:
    """Register the code that is printed on a box; refuse one that nobody could pay to."""
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
    await store.add_code(BoxCode(box=BoxId(box), payload=read.text, keys=keys), now)
    return read
