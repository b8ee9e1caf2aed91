"""Every channel keeps the same promises: fake and real ones, against services on loopback."""

import email
import logging
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email.policy import default as policy

import pytest
from alert_rigs import FAKED, HTTP_ANSWERS, MAIL_REPLIES, OK_BY_CHANNEL, TEXT, TOKEN, Rig, send
from alert_services import (
    PASSWORD,
    Mailbox,
    Service,
    certificate,
    http_service,
    mail_server,
)
from alert_town import FakeDoor
from jimpitan_server.adapters.alert_doors import ChannelSettings, open_doors
from jimpitan_server.adapters.alert_http import of_status, retry_after
from jimpitan_server.adapters.alert_smtp import SmtpDoor, SmtpServer
from jimpitan_server.adapters.bounded_post import Answered
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.alert_message import SENT, Answer, Channel, Outcome, Why
from jimpitan_server.entrypoints.log import configure_log
from server_boxes import FRIDAY, StepClock

pytestmark = pytest.mark.integration


@pytest.fixture(params=["fake", "email", "telegram", "whatsapp", "push"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Return each channel in turn."""
    channel = request.param
    if channel == "fake":
        yield Rig(channel, FakeDoor())
    elif channel == "email":
        with mail_server() as mailbox:
            yield Rig(channel, mailbox)
    else:
        with http_service(*OK_BY_CHANNEL[channel]) as service:
            yield Rig(channel, service)


class TestEveryChannel:
    async def test_what_was_taken_is_sent(self, rig: Rig) -> None:
        assert await send(rig) == SENT
        assert await send(rig) == SENT

    @pytest.mark.parametrize("what", sorted(FAKED))
    async def test_what_went_wrong_is_told_apart(self, rig: Rig, what: str) -> None:
        known = MAIL_REPLIES if rig.channel == "email" else HTTP_ANSWERS.get(rig.channel, FAKED)
        if what not in known:
            return  # this channel has no such answer
        rig.will(what)
        assert await send(rig) == FAKED[what]
        assert await send(rig) == SENT, "the next one goes"

    async def test_a_service_that_is_away_is_tried_later(self, rig: Rig) -> None:
        if isinstance(rig.service, FakeDoor):
            return
        closed = Rig(rig.channel, type(rig.service)())
        if isinstance(closed.service, Service):
            closed.service.url = "http://127.0.0.1:9"
            closed = Rig(rig.channel, closed.service)
        elif isinstance(closed.service, Mailbox):
            closed.service.port = 9
            closed = Rig(rig.channel, closed.service)
        assert await send(closed) == Answer(Outcome.LATER, Why.UNREACHABLE)

    async def test_no_secret_is_in_what_is_shown_or_logged(
        self, rig: Rig, caplog: pytest.LogCaptureFixture
    ) -> None:
        configure_log()
        with caplog.at_level(logging.DEBUG):
            await send(rig)
        shown = repr(rig.door) + caplog.text.replace(rig.address, "")
        assert TOKEN not in shown


class TestEmail:
    async def test_a_letter_has_what_mailboxes_want(self) -> None:
        with mail_server() as mailbox:
            await send(Rig("email", mailbox), key="7-9-3")
        sender, to, content = mailbox.letters[0]
        letter = email.message_from_bytes(content, policy=policy)
        assert (sender, to) == ("kotak@contoh.id", ["siti@contoh.id"])
        assert letter["Subject"] == TEXT.subject
        assert letter["Message-ID"] == "<alert-7-9-3@contoh.id>"
        assert letter["Auto-Submitted"] == "auto-generated"
        assert "10:00" in letter["Date"] or "03:00" in letter["Date"]
        body = letter.get_content()
        assert TEXT.link in body
        assert "Baris kedua." in body

    async def test_the_way_is_protected_and_the_login_goes_over_it(self, tmp_path) -> None:
        trust = certificate(tmp_path / "mail.pem")
        with mail_server(trust, wants_login=True) as mailbox:
            believed = ssl.create_default_context(cafile=str(trust))
            server = SmtpServer(
                host="localhost",
                port=mailbox.port,
                tls="starttls",
                sender="kotak@contoh.id",
                user="kotak",
                password=PASSWORD,
                trust=believed,
            )
            assert await SmtpDoor(server, StepClock()).send("a@contoh.id", TEXT, key="1") == SENT
            assert mailbox.logged_in == [True]
            wrong = SmtpServer(
                host="localhost",
                port=mailbox.port,
                tls="starttls",
                sender="kotak@contoh.id",
                user="kotak",
                password="salah-sekali",
                trust=believed,
            )
            refused = await SmtpDoor(wrong, StepClock()).send("a@contoh.id", TEXT, key="1")
            assert refused == Answer(Outcome.LATER, Why.UNAUTHORISED)
            assert PASSWORD not in repr(server)

    async def test_a_certificate_that_nobody_vouches_for_gets_no_letter(self, tmp_path) -> None:
        with mail_server(certificate(tmp_path / "mail.pem")) as mailbox:
            server = SmtpServer(
                host="localhost", port=mailbox.port, tls="starttls", sender="kotak@contoh.id"
            )
            answer = await SmtpDoor(server, StepClock()).send("a@contoh.id", TEXT, key="1")
        assert answer == Answer(Outcome.LATER, Why.NO_TLS)
        assert mailbox.letters == []

    async def test_a_server_without_starttls_gets_no_letter(self) -> None:
        with mail_server() as mailbox:
            server = SmtpServer(
                host="127.0.0.1", port=mailbox.port, tls="starttls", sender="kotak@contoh.id"
            )
            answer = await SmtpDoor(server, StepClock()).send("a@contoh.id", TEXT, key="1")
        assert answer == Answer(Outcome.LATER, Why.NO_TLS)
        assert mailbox.letters == []

    async def test_beyond_this_machine_nothing_goes_unprotected(self) -> None:
        server = SmtpServer(host="surat.contoh.id", port=25, tls="none", sender="k@contoh.id")
        answer = await SmtpDoor(server, StepClock()).send("a@contoh.id", TEXT, key="1")
        assert answer == Answer(Outcome.LATER, Why.NO_TLS)


class TestTelegramAndWhatsApp:
    async def test_the_bot_writes_to_the_chat(self) -> None:
        with http_service(*OK_BY_CHANNEL["telegram"]) as service:
            await send(Rig("telegram", service))
        (asked,) = service.asked
        assert asked.path == f"/bot{TOKEN}/sendMessage"
        assert asked.fields["chat_id"] == 12345678
        assert str(asked.fields["text"]).endswith(str(TEXT.link))
        assert asked.fields["disable_notification"] is False

    async def test_an_unknown_chat_is_gone_and_an_unknown_token_is_ours_to_mend(self) -> None:
        with http_service(400, {"ok": False, "description": "Bad Request: chat not found"}) as one:
            assert (await send(Rig("telegram", one))).outcome is Outcome.GONE
        with http_service(404, {"ok": False, "description": "Not Found"}) as other:
            assert (await send(Rig("telegram", other))).why is Why.UNAUTHORISED

    async def test_the_template_gets_two_parts_without_line_breaks(self) -> None:
        with http_service(*OK_BY_CHANNEL["whatsapp"]) as service:
            await send(Rig("whatsapp", service))
        (asked,) = service.asked
        assert asked.path == "/10000001/messages"
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        template = asked.fields["template"]
        assert isinstance(template, dict)
        assert template["name"] == "jimpitan_peringatan"
        assert template["language"] == {"code": "id"}
        texts = [one["text"] for one in template["components"][0]["parameters"]]
        assert texts[1] == TEXT.link
        assert not any(sign in texts[0] for sign in ("\n", "\t", "    "))

    @pytest.mark.parametrize(
        ("code", "why"), [(131056, "too_many"), (10, "unauthorised"), (200, "unauthorised")]
    )
    async def test_codes_say_more_than_the_status(self, code: int, why: str) -> None:
        with http_service(400, {"error": {"code": code}}) as service:
            assert (await send(Rig("whatsapp", service))).why == why


async def test_only_what_is_set_whole_and_safe_is_offered(program: Program) -> None:
    half = ChannelSettings(
        smtp=SmtpServer(host="surat.contoh.id", port=25, tls="none", sender="k@contoh.id"),
        telegram_url="http://telegram.contoh.id",
        telegram_token=TOKEN,
        whatsapp_url="https://contoh.id",
        whatsapp_token=TOKEN,
    )
    assert half.offered() == ()
    assert TOKEN not in repr(half)
    whole = ChannelSettings(
        smtp=SmtpServer(host="surat.contoh.id", port=587, tls="starttls", sender="k@contoh.id"),
        telegram_url="https://telegram.contoh.id",
        telegram_token=TOKEN,
        whatsapp_url="https://contoh.id",
        whatsapp_token=TOKEN,
        whatsapp_phone_id="10000001",
        push_contact="mailto:admin@contoh.id",
    )
    doors = await open_doors(whole, program.database, program.master, program.clock)
    assert set(doors) == set(Channel) - {Channel.APP}


@pytest.mark.parametrize(
    ("told", "wait"),
    [("35", 35), ("Fri, 20 Nov 2026 03:02:00 GMT", 120), ("soon", None), ("", None)],
)
def test_how_long_to_wait_is_seconds_or_a_date(told: str, wait: int | None) -> None:
    answered = Answered(429, {"retry-after": told}, b"")
    expected = None if wait is None else timedelta(seconds=wait)
    assert retry_after(answered, FRIDAY) == expected
    assert of_status(answered, FRIDAY).retry_after == expected
