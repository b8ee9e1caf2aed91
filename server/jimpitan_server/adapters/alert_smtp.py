"""Alerts by e-mail, over a way to the mail server that nobody reads (RFC 5321, RFC 8314)."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime

from jimpitan_server.adapters.alert_http import LOOPBACK
from jimpitan_server.domain.alert_message import SENT, Answer, Outcome, Why
from jimpitan_server.domain.alert_text import AlertText
from jimpitan_server.domain.clock import Clock

TIMEOUT_S = 20
STARTTLS, TLS, NO_TLS = "starttls", "tls", "none"
UNAUTHORISED = {530, 534, 535, 538}  # RFC 4954, section 6
MAILBOX_GONE = {550, 551, 553}  # RFC 5321, section 4.2.3


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A mail server, and who we are to it; `tls` is starttls, tls, or none on this machine."""

    host: str
    port: int
    tls: str
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    trust: ssl.SSLContext | None = None

    @property
    def is_safe(self) -> bool:
        """Say whether nobody on the way can read what is sent."""
        return self.tls in {STARTTLS, TLS} or self.host in LOOPBACK


@dataclass(frozen=True, slots=True)
class SmtpDoor:
    """`Door` of e-mail."""

    server: SmtpServer
    clock: Clock

    async def send(self, address: str, text: AlertText, *, key: str) -> Answer:
        """Send a text; `key` becomes the Message-ID, by which a mailbox knows the same again."""
        if not self.server.is_safe:
            return Answer(Outcome.LATER, Why.NO_TLS)
        message = self._message(address, text, key)
        return await asyncio.to_thread(self._send, message)

    def _message(self, address: str, text: AlertText, key: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.server.sender
        message["To"] = address
        message["Subject"] = " ".join(text.subject.split())
        message["Date"] = format_datetime(self.clock.now())
        place = self.server.sender.rpartition("@")[2].strip("> ")
        message["Message-ID"] = f"<alert-{key}@{place}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers
        if text.is_critical:
            message["Importance"] = "high"
        message.set_content(text.body)
        return message

    def _send(self, message: EmailMessage) -> Answer:
        try:
            with self._connected() as smtp:
                if self.server.user is not None:
                    smtp.login(self.server.user, self.server.password or "")
                smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            (code, _), *_ = error.recipients.values()
            return _of_code(code, is_recipient=True)
        except smtplib.SMTPNotSupportedError:
            return Answer(Outcome.LATER, Why.NO_TLS)
        except smtplib.SMTPResponseException as error:
            return _of_code(error.smtp_code, is_recipient=False)
        except ssl.SSLError:
            return Answer(Outcome.LATER, Why.NO_TLS)
        except (OSError, smtplib.SMTPException):
            return Answer(Outcome.LATER, Why.UNREACHABLE)
        return SENT

    def _connected(self) -> smtplib.SMTP:
        server = self.server
        trust = server.trust or ssl.create_default_context()
        if server.tls == TLS:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=trust)
        smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        if server.tls == STARTTLS:
            try:
                smtp.starttls(context=trust)
            except (OSError, smtplib.SMTPException):
                smtp.close()
                raise
        return smtp


def _of_code(code: int, *, is_recipient: bool) -> Answer:
    """Return what a reply code means: 4xx passes, 5xx stays (RFC 5321, section 4.2.1)."""
    if code in UNAUTHORISED:
        return Answer(Outcome.LATER, Why.UNAUTHORISED)
    if is_recipient and code in MAILBOX_GONE:
        return Answer(Outcome.GONE, Why.GONE)
    if 400 <= code < 500:
        return Answer(Outcome.LATER, Why.BROKEN)
    return Answer(Outcome.REFUSED, Why.REFUSED)
