"""Opens the channels that the settings allow; one that is not set is not offered."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jimpitan_server.adapters.alert_http import is_safe_url
from jimpitan_server.adapters.alert_push import PushDoor, push_key
from jimpitan_server.adapters.alert_smtp import SmtpDoor, SmtpServer
from jimpitan_server.adapters.alert_telegram import TelegramDoor
from jimpitan_server.adapters.alert_whatsapp import WhatsAppDoor
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.domain.alert_message import Channel
from jimpitan_server.domain.clock import Clock
from jimpitan_server.services.ports_alerts import Door


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """What the environment says of each channel; None where it says nothing."""

    smtp: SmtpServer | None = None
    telegram_url: str = ""
    telegram_token: str | None = field(default=None, repr=False)
    whatsapp_url: str = ""
    whatsapp_token: str | None = field(default=None, repr=False)
    whatsapp_phone_id: str | None = None
    whatsapp_template: str = ""
    push_contact: str | None = None
    push_hosts: Sequence[str] = ()

    def offered(self) -> tuple[Channel, ...]:
        """Return the channels that can be used, in the order in which they are shown."""
        can = {
            Channel.EMAIL: self.smtp is not None and self.smtp.is_safe,
            Channel.PUSH: self.push_contact is not None,
            Channel.TELEGRAM: bool(self.telegram_token) and is_safe_url(self.telegram_url),
            Channel.WHATSAPP: bool(self.whatsapp_token and self.whatsapp_phone_id)
            and is_safe_url(self.whatsapp_url),
        }
        return tuple(channel for channel, is_set in can.items() if is_set)


async def open_doors(
    settings: ChannelSettings, database: Database, master: MasterKey, clock: Clock
) -> dict[Channel, Door]:
    """Return the door of each channel that is offered; the key for browsers is made here."""
    doors: dict[Channel, Door] = {}
    for channel in settings.offered():
        match channel:
            case Channel.EMAIL:
                assert settings.smtp is not None
                doors[channel] = SmtpDoor(settings.smtp, clock)
            case Channel.TELEGRAM:
                assert settings.telegram_token is not None
                doors[channel] = TelegramDoor(
                    settings.telegram_url, settings.telegram_token, clock
                )
            case Channel.WHATSAPP:
                assert settings.whatsapp_token is not None
                assert settings.whatsapp_phone_id is not None
                doors[channel] = WhatsAppDoor(
                    settings.whatsapp_url,
                    settings.whatsapp_phone_id,
                    settings.whatsapp_template,
                    settings.whatsapp_token,
                    clock,
                )
            case Channel.PUSH:
                assert settings.push_contact is not None
                key = await push_key(database, master, clock)
                doors[channel] = PushDoor(key, settings.push_contact, settings.push_hosts, clock)
    return doors
