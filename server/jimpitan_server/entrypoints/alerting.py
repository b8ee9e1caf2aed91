"""Makes the desk of alerts from a program and its settings, and steps it while the server runs."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog

from jimpitan_server.adapters.alert_desk import AlertDesk, BackupHabit
from jimpitan_server.adapters.alert_doors import ChannelSettings
from jimpitan_server.adapters.alert_smtp import SmtpServer
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import ServerError
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.pages import clock_time
from jimpitan_server.services.tell import Speech
from jimpitan_server.settings import Settings

log = structlog.get_logger()


def channel_settings(settings: Settings) -> ChannelSettings:
    """Return what the settings say of each channel."""
    return ChannelSettings(
        smtp=_smtp(settings),
        telegram_url=settings.alert_telegram_url,
        telegram_token=_secret(settings, "alert_telegram_token"),
        whatsapp_url=settings.alert_whatsapp_url,
        whatsapp_token=_secret(settings, "alert_whatsapp_token"),
        whatsapp_phone_id=settings.alert_whatsapp_phone_id,
        whatsapp_template=settings.alert_whatsapp_template,
        push_contact=settings.alert_push_contact,
        push_hosts=settings.alert_push_hosts,
    )


def _smtp(settings: Settings) -> SmtpServer | None:
    if settings.alert_smtp_host is None or settings.alert_smtp_from is None:
        return None
    return SmtpServer(
        host=settings.alert_smtp_host,
        port=settings.alert_smtp_port,
        tls=settings.alert_smtp_tls,
        sender=settings.alert_smtp_from,
        user=settings.alert_smtp_user,
        password=_secret(settings, "alert_smtp_password"),
    )


def _secret(settings: Settings, name: str) -> str | None:
    found = getattr(settings, name)
    return None if found is None else str(found.get_secret_value())


def alert_desk(program: Program) -> AlertDesk:
    """Return the desk of alerts of a program."""
    settings = program.settings
    folder, zone = settings.backup_folder, settings.timezone
    every = timedelta(hours=settings.backup_every_hours)
    return AlertDesk(
        program.database,
        program.clock,
        program.master,
        channel_settings(settings),
        Speech(
            say=words.translator,
            zone=ZoneInfo(zone),
            shown_at=lambda at: clock_time(at, zone),
            base_url=settings.public_url,
        ),
        None if folder is None else BackupHabit(folder=folder, every=every),
    )


async def tell_on_time(program: Program) -> None:
    """Raise alerts and tell people, as often as the maintenance, until cancelled."""
    desk = alert_desk(program)
    while True:
        await asyncio.sleep(program.settings.maintenance_every_s)
        try:
            stepped, sent = await desk.work()
        except ServerError as error:
            log.warning("alerting_postponed", error=error.code)
            continue
        if stepped.told or sent.sent or sent.dead:
            log.info("alerts_told", told=stepped.told, sent=sent.sent, dead=sent.dead)
