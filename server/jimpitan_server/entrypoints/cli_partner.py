"""The commands about bank partners: who may notify payments, with which keys."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from jimpitan_server.adapters.bank_desk import BankDesk
from jimpitan_server.adapters.bank_profiles import (
    STANDARD,
    profile_described,
    profile_named,
    ready_made,
)
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.bank_connection import BankConnection
from jimpitan_server.domain.bank_profile import SigningProfile
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.notification import parse_instant
from jimpitan_server.domain.partner import (
    DEFAULT_TOKEN_PATH,
    Account,
    BankPartner,
    KeyPurpose,
)
from jimpitan_server.domain.settlement import Settlement
from jimpitan_server.entrypoints.log import configure_log
from jimpitan_server.services.bank_partner import NewKey
from jimpitan_server.services.ports_bank import PartnerView
from jimpitan_server.settings import load_settings

Result = TypeVar("Result")
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Partner = Annotated[str, typer.Argument(help="X-PARTNER-ID that the bank sends.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the audit log.")]
PublicKey = Annotated[
    Path | None, typer.Option(help="File with the bank's RSA public key, PEM; - reads it.")
]
Secret = Annotated[
    Path | None, typer.Option(help="File with the shared secret; - reads standard input.")
]
AccountId = Annotated[str, typer.Option("--account", help="Id of the account they reach.")]
TokenKey = Annotated[
    Path | None, typer.Option(help="Public key with which the bank asks us for a token, PEM.")
]
Profile = Annotated[str, typer.Option(help="How the bank signs: a known name, or a JSON file.")]
SignedPath = Annotated[str | None, typer.Option(help="Path that the bank signs.")]
SignedUrl = Annotated[str | None, typer.Option(help="Whole address, for banks that sign that.")]
TokenPath = Annotated[str, typer.Option(help="Path at which the bank asks for a token.")]
ClientKey = Annotated[str | None, typer.Option(help="X-CLIENT-KEY, if not the partner's id.")]
HowSettled = Annotated[Settlement, typer.Option(help="How payments reach the account.")]
MerchantIds = Annotated[
    list[str] | None, typer.Option(help="The bank's merchant id for us; may be repeated.")
]
WindowMinutes = Annotated[
    int | None, typer.Option(min=1, max=1440, help="How old a message may be when it comes.")
]
KEY_BYTES_MAX = 20_000

partner_app = typer.Typer(no_args_is_help=True, help="Bank partners that notify payments.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about bank partners."""
    app.add_typer(partner_app, name="partner")


def at_bank(work: Callable[[BankDesk], Awaitable[Result]]) -> Result:
    """Do one thing at the banks' desk; an error becomes a sentence and the exit code 1."""
    configure_log()

    async def whole() -> Result:
        program = await build(load_settings())
        try:
            return await work(program.bank)
        finally:
            await program.close()

    try:
        return asyncio.run(whole())
    except ServerError as error:
        typer.echo(error.sentence, err=True)
        raise typer.Exit(1) from None


def read_text(file: Path) -> str:
    """Return what a file, or standard input, holds; at most as much as any key."""
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(KEY_BYTES_MAX + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(KEY_BYTES_MAX + 1)
    except OSError as error:
        raise Malformed(f"{file} cannot be read: {error.strerror}.") from None
    if len(content) > KEY_BYTES_MAX:
        raise Malformed(f"{file} is longer than any key.")
    return content.decode("utf-8", "replace")


def _profile(name: str) -> tuple[SigningProfile, str | None]:
    """Return a profile, and the text that is kept of one that a file describes."""
    if not name.endswith(".json"):
        return profile_named(name), None
    own = Path(name).stem[:40]
    text = read_text(Path(name))
    profile = profile_described(own, text)
    return profile, json.dumps({"name": own, "fields": json.loads(text)})


def _notification_key(public_key: Path | None, secret: Path | None) -> NewKey:
    if (public_key is None) == (secret is None):
        raise Malformed("Name one of --public-key and --secret, as the profile needs.")
    text = read_text(public_key or secret or Path())
    return NewKey(purpose=KeyPurpose.NOTIFICATION, text=text)


@partner_app.command("add")
def partner_add(
    partner: Partner,
    *,
    account: AccountId,
    public_key: PublicKey = None,
    secret: Secret = None,
    token_key: TokenKey = None,
    profile: Profile = STANDARD,
    path: SignedPath = None,
    url: SignedUrl = None,
    token_path: TokenPath = DEFAULT_TOKEN_PATH,
    client_key: ClientKey = None,
    settlement: HowSettled = Settlement.PAYMENT,
    merchant_id: MerchantIds = None,
    window_minutes: WindowMinutes = None,
    as_json: AsJson = False,
) -> None:
    """Make a bank partner known, with the account its payments reach."""

    async def add(desk: BankDesk) -> BankPartner:
        signing, text = _profile(profile)
        window = timedelta(minutes=window_minutes) if window_minutes else signing.window
        new = BankPartner(
            partner_id=partner,
            account=account,
            profile=signing,
            path=path or signing.path,
            url=url,
            client_key=client_key,
            token_path=token_path,
            window=window,
            merchant_ids=tuple(merchant_id or ()),
        )
        keys = [_notification_key(public_key, secret)]
        if token_key is not None:
            keys.append(NewKey(purpose=KeyPurpose.TOKEN, text=read_text(token_key)))
        known = Account(account_id=account, settlement=settlement)
        await desk.add_partner(new, known, keys, actor="cli", profile=text)
        return new

    new = at_bank(add)
    answer = {
        "partner": partner,
        "account": account,
        "profile": new.profile.name,
        "path": new.path,
        "takes_money": new.takes_money,
    }
    typer.echo(json.dumps(answer) if as_json else f"Partner {partner} is known.")


@partner_app.command("profiles")
def partner_profiles(as_json: AsJson = False) -> None:
    """List how banks sign, as far as this program knows."""
    rows = [
        {
            "profile": one.name,
            "scheme": one.scheme,
            "signs": one.text,
            "algorithm": one.algorithm.value,
            "encoding": one.encoding.value,
            "needs_token": one.needs_token,
            "takes_money": one.covers_body,
            "verified": one.verified,
            "sources": list(one.sources),
        }
        for one in ready_made().values()
    ]
    if as_json:
        typer.echo(json.dumps({"profiles": rows}))
        return
    table = Table("profile", "scheme", "signs", "token", "money", "verified")
    for row in rows:
        cells = (row["profile"], row["scheme"], row["signs"])
        truths = (row["needs_token"], row["takes_money"], row["verified"])
        table.add_row(*(str(cell) for cell in cells), *("yes" if one else "no" for one in truths))
    Console().print(table)


@partner_app.command("list")
def partner_list(as_json: AsJson = False) -> None:
    """List the bank partners, their keys, and what is heard of them."""
    views = at_bank(lambda desk: desk.partners())
    if as_json:
        typer.echo(json.dumps({"partners": [described(view) for view in views]}))
        return
    table = Table("partner", "profile", "path", "keys", "heard", "answers in 7 days", "hints")
    for view in views:
        keys = sum(key.revoked_at is None for key in view.keys)
        answers = " ".join(f"{code}×{number}" for code, number in view.answers_by_code.items())
        state = " (revoked)" if view.revoked_at else ""
        heard = view.heard_at.isoformat(timespec="minutes") if view.heard_at else "never"
        table.add_row(
            view.partner.partner_id + state,
            view.partner.profile.name,
            view.partner.path,
            str(keys),
            heard,
            answers,
            str(view.hints_open),
        )
    Console().print(table)


def described(view: PartnerView) -> Mapping[str, object]:
    """Return a partner as a program reads it; no key is ever in it."""
    partner = view.partner
    return {
        "partner": partner.partner_id,
        "client_key": partner.client,
        "account": partner.account,
        "profile": partner.profile.name,
        "path": partner.path,
        "url": partner.url,
        "token_path": partner.token_path if partner.profile.needs_token else None,
        "takes_money": partner.takes_money,
        "is_connected": view.is_connected,
        "added_at": view.added_at.isoformat(),
        "revoked_at": _instant(view.revoked_at),
        "heard_at": _instant(view.heard_at),
        "answers_by_code": view.answers_by_code,
        "hints_open": view.hints_open,
        "keys": [
            {
                "key": key.key_id,
                "purpose": key.purpose.value,
                "fingerprint": key.fingerprint,
                "valid_from": key.valid_from.isoformat(),
                "valid_until": _instant(key.valid_until),
                "revoked_at": _instant(key.revoked_at),
            }
            for key in view.keys
        ],
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _stated(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = parse_instant(text)
    if found is None:
        raise Malformed(f"{text[:40]!r} is no time: write 2026-12-01T00:00:00+07:00.")
    return found.astimezone(UTC)


@partner_app.command("key-add")
def partner_key_add(
    partner: Partner,
    *,
    purpose: Annotated[KeyPurpose, typer.Option(help="What it is for.")] = KeyPurpose.NOTIFICATION,
    key: Annotated[Path, typer.Option(help="File with the key or secret; - reads it.")],
    valid_from: Annotated[str | None, typer.Option(help="Since when it counts.")] = None,
    valid_until: Annotated[str | None, typer.Option(help="Until when it counts.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give a partner one more key; those it has go on counting, so that no message is lost."""

    async def add(desk: BankDesk) -> int:
        new = NewKey(
            purpose=purpose,
            text=read_text(key),
            valid_from=_stated(valid_from),
            valid_until=_stated(valid_until),
        )
        return await desk.add_key(partner, new, actor="cli")

    number = at_bank(add)
    answer = {"partner": partner, "key": number}
    typer.echo(json.dumps(answer) if as_json else f"Key {number} of {partner} counts.")


@partner_app.command("key-revoke")
def partner_key_revoke(
    partner: Partner, key: Annotated[int, typer.Argument(help="Its number, from `list`.")]
) -> None:
    """Let a key count no longer, from the next seconds on."""
    at_bank(lambda desk: desk.revoke_key(partner, key, actor="cli"))
    typer.echo(f"Key {key} of {partner} counts no longer.")


@partner_app.command("revoke")
def partner_revoke(partner: Partner, *, reason: Reason) -> None:
    """Believe a partner no longer; what it said stays."""
    at_bank(lambda desk: desk.revoke_partner(partner, actor="cli", reason=reason))
    typer.echo(f"Partner {partner} is revoked.")


@partner_app.command("connect")
def partner_connect(
    partner: Partner,
    *,
    base_url: Annotated[str, typer.Option(help="https://host of the bank, without a path.")],
    client_id: Annotated[str, typer.Option(help="Our id at the bank.")],
    profile: Annotated[str, typer.Option(help="How we sign.")] = "snap-symmetric",
    private_key: Annotated[Path | None, typer.Option(help="Our RSA private key, PEM.")] = None,
    secret: Secret = None,
    token_path: TokenPath = DEFAULT_TOKEN_PATH,
    query_path: Annotated[str | None, typer.Option(help="Where to query (51).")] = None,
    statement_path: Annotated[str | None, typer.Option(help="Where statements are (14).")] = None,
    account_no: Annotated[str | None, typer.Option(help="Number of the account.")] = None,
    since: Annotated[str | None, typer.Option(help="First day to fetch, 2026-11-01.")] = None,
    merchant_id: Annotated[str | None, typer.Option(help="The bank's id for us.")] = None,
    channel_id: Annotated[str, typer.Option(help="CHANNEL-ID.")] = "95221",
) -> None:
    """Let us ask a bank ourselves: the state of a payment, and the account's statement."""

    async def connect(desk: BankDesk) -> None:
        new = BankConnection(
            partner_id=partner,
            base_url=base_url,
            client_id=client_id,
            profile=profile_named(profile),
            token_path=token_path,
            query_path=query_path,
            statement_path=statement_path,
            channel_id=channel_id,
            merchant_id=merchant_id,
            account_no=account_no,
            statement_from=_day(since),
        )
        given = ((KeyPurpose.REQUEST_KEY, private_key), (KeyPurpose.REQUEST_SECRET, secret))
        keys = [
            NewKey(purpose=purpose, text=read_text(file))
            for purpose, file in given
            if file is not None
        ]
        await desk.connect(new, keys, actor="cli")

    at_bank(connect)
    typer.echo(f"Bank {partner} is asked at {base_url}.")


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{text!r} is no day: write 2026-11-01.") from None


@partner_app.command("ask")
def partner_ask(as_json: AsJson = False) -> None:
    """Ask the connected banks now for what is due: open hints, and the days of statements."""
    done = at_bank(lambda desk: desk.asking.step())
    answer = asdict(done)
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        typer.echo(
            f"{done.asked} hints were asked about, {done.confirmed} are payments;"
            f" {done.statement_lines} lines of statements were new; {done.failed} banks failed."
        )
    if done.failed:
        raise typer.Exit(1)


@partner_app.command("body")
def partner_body(
    notification: Annotated[int, typer.Argument(help="Number of the notification.")],
    *,
    reason: Reason,
) -> None:
    """Write the raw body of a notification, which names a donor; that it was read is audited."""
    body = at_bank(lambda desk: desk.read_body(notification, actor="cli", reason=reason))
    sys.stdout.buffer.write(body)
