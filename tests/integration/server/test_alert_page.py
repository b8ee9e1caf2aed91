"""The pages of alerts without scripts, the commands, and what the doctor says of channels."""

import asyncio
import json
import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from alert_services import http_service, mail_server
from alert_town import add_person
from jimpitan_server.adapters.alert_people_desk import AlertPeopleDesk
from jimpitan_server.adapters.database.finding_rows import raise_discrepancies
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.domain.alert_message import Channel
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.user import Role
from jimpitan_server.entrypoints.alerting import alert_desk, tell_on_time
from jimpitan_server.entrypoints.cli import app
from jimpitan_server.entrypoints.doctor_settings import examine_settings
from jimpitan_server.entrypoints.http.alert_door import people_desk
from jimpitan_server.entrypoints.serve import say_end
from jimpitan_server.settings import Settings, load_settings
from money_town import Town, town
from server_boxes import MASTER_KEY
from structlog.testing import capture_logs
from typer.testing import CliRunner

__all__ = ["town"]
pytestmark = pytest.mark.integration
HERE = "/admin/peringatan"
WISHES = {
    "tingkat": "critical",
    "ringkasan": "day",
    "jam_ringkasan": "07:30",
    "tenang_dari": "20:00",
    "tenang_sampai": "05.30",
    "terobos": "1",
    "bahasa_pesan": "en",
}


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Return the settings of a server that offers e-mail and Telegram on loopback."""
    return Settings(
        database_url=database_url,
        master_key=MASTER_KEY,
        alert_smtp_host="127.0.0.1",
        alert_smtp_port=9,
        alert_smtp_tls="none",
        alert_smtp_from="kotak@contoh.id",
        alert_telegram_token="1:contoh",
        alert_telegram_url="http://127.0.0.1:9",
        alert_push_contact="mailto:admin@contoh.id",
    )


async def post(town: Town, path: str, **fields: str) -> httpx.Response:
    """Send a form with the token that the page of settings shows."""
    form = await town.form(f"{HERE}/atur", **fields)
    return await town.client.post(path, data=form)


async def find(program: Program, kind: str = "fishing") -> None:
    found = Discrepancy(
        kind=kind,
        severity=Severity.CRITICAL,
        subject=str(uuid4()),
        found_at=program.clock.now(),
        box="box-0017",
    )
    async with program.database.write() as connection:
        await raise_discrepancies(connection, [found])


async def test_an_alert_is_listed_acknowledged_once_and_over(town: Town) -> None:
    await town.enter("auditor")
    await town.enter("admin")
    assert "Tidak ada peringatan terbuka" in await town.page(HERE)
    await find(town.program)
    await alert_desk(town.program).step()
    page = await town.page(HERE)
    assert "Kotak box-0017: " in page
    assert "/admin/temuan/1" in page
    assert "hanya diberi tahu di halaman ini" in page
    for _ in range(2):
        answer = await post(town, f"{HERE}/1/tahu")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}#p1")
    assert "diurus admin sejak" in await town.page(HERE)
    assert f"{HERE}/1/tahu" not in await town.page(HERE)
    assert (await post(town, f"{HERE}/99/tahu")).status_code == 404
    await town.enter("auditor")
    assert "box-0017" not in await town.page(HERE), "it has not climbed so far"


async def test_wishes_are_kept_and_unsound_ones_refused_with_a_sentence(town: Town) -> None:
    await town.enter("treasurer")
    answer = await post(town, f"{HERE}/atur", **WISHES)
    assert answer.status_code == 303
    page = await town.page(f"{HERE}/atur?sudah=simpan")
    assert "Tersimpan." in page
    for shown in ('value="20:00"', 'value="05:30"', 'value="07:30"', "checked"):
        assert shown in page
    kept = await people_desk(town.program).wishes("user-treasurer")
    assert (kept.quiet_from, kept.quiet_until, kept.language) == (1200, 330, "en")
    for wrong in (
        {"tenang_dari": "25:00"},
        {"tingkat": "x"},
        {"ringkasan": ""},
        {"bahasa_pesan": "jv"},
    ):
        answer = await post(town, f"{HERE}/atur", **(WISHES | wrong))
        assert answer.status_code == 422
        assert "Isi semua waktu" in answer.text


async def test_addresses_are_added_tried_and_removed(town: Town) -> None:
    await town.enter("admin")
    with mail_server() as mailbox:
        changed = town.program.settings.model_copy(update={"alert_smtp_port": mailbox.port})
        object.__setattr__(town.program, "settings", changed)
        for _ in range(2):
            answer = await post(town, f"{HERE}/alamat", kanal="email", alamat="siti@contoh.id")
            assert answer.status_code == 303, answer.text
        page = await town.page(f"{HERE}/atur")
        assert page.count("si…@contoh.id</small>") == 1
        assert "siti@contoh.id" not in page
        found = re.search(rf"{HERE}/alamat/([0-9a-f-]+)/coba", page)
        assert found
        answer = await post(town, found[0])
        assert "sudah dikirim" in answer.text
        assert mailbox.letters[0][1] == ["siti@contoh.id"]
        mailbox.replies.append("550 no such mailbox")
        assert "sudah dihapus" in (await post(town, found[0])).text
    assert (await post(town, found[0])).status_code == 404
    answer = await post(town, f"{HERE}/alamat", kanal="telegram", alamat="12345678")
    assert answer.status_code == 303
    found = re.search(rf"{HERE}/alamat/([0-9a-f-]+)/coba", await town.page(f"{HERE}/atur"))
    assert found
    answer = await post(town, found[0])
    assert "belum dapat dikirim" in answer.text
    assert "tidak terjangkau" in answer.text
    assert (await post(town, found[0].replace("coba", "hapus"))).status_code == 303
    assert "12345678" not in await town.page(f"{HERE}/atur")


@pytest.mark.parametrize(
    ("channel", "address", "status"),
    [
        ("email", "siti", 422),
        ("x", "siti@contoh.id", 422),
        ("whatsapp", "0812000000", 409),
        ("push", "{}", 422),
    ],
)
async def test_an_address_that_does_not_fit_is_refused(
    town: Town, channel: str, address: str, status: int
) -> None:
    await town.enter("admin")
    answer = await post(town, f"{HERE}/alamat", kanal=channel, alamat=address)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text


async def test_nobody_tries_or_removes_the_address_of_another(town: Town) -> None:
    await town.enter("treasurer")
    await post(town, f"{HERE}/alamat", kanal="email", alamat="siti@contoh.id")
    (one,) = await people_desk(town.program).addresses("user-treasurer")
    await town.enter("admin")
    for act in ("coba", "hapus"):
        answer = await post(town, f"{HERE}/alamat/{one.address_id}/{act}")
        assert answer.status_code == 404


async def test_an_admin_sees_what_never_arrived_and_others_do_not(town: Town) -> None:
    await town.enter("auditor")
    await town.enter("admin")
    await post(town, f"{HERE}/alamat", kanal="email", alamat="siti@contoh.id")
    await find(town.program)
    desk = alert_desk(town.program)
    await desk.step()
    town.clock.step(days=4)
    await desk.send()
    page = await town.page(HERE)
    assert "terlalu lama tertunda" in page
    assert "siti" not in page
    await town.enter("auditor")
    assert "terlalu lama tertunda" not in await town.page(HERE)


async def test_the_page_speaks_english_too(town: Town) -> None:
    await town.enter("admin")
    await find(town.program)
    await alert_desk(town.program).step()
    assert "Open the case and decide" in await town.page(f"{HERE}?bahasa=en")
    assert "Wake me up" in await town.page(f"{HERE}/atur?bahasa=en")


async def test_the_worker_is_served_where_it_was_built(town: Town) -> None:
    answer = await town.client.get(f"{HERE}/sw.js")
    assert answer.status_code in {200, 404}
    if answer.status_code == 200:
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "showNotification" in answer.text


async def test_the_running_server_tells_by_itself(program: Program) -> None:
    await add_person(program, "admin", Role.ADMIN)
    await find(program)
    hurried = program.settings.model_copy(update={"maintenance_every_s": 0})
    object.__setattr__(program, "settings", hurried)
    desk = people_desk(program)
    working = asyncio.create_task(tell_on_time(program))
    try:
        async with asyncio.timeout(20):
            while not await desk.told("user-admin"):
                await asyncio.sleep(0)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert len(await desk.told("user-admin")) == 1


async def test_work_that_ends_by_a_mistake_is_said() -> None:
    async def mistaken() -> None:
        raise ZeroDivisionError

    task = asyncio.create_task(mistaken(), name="alerts")
    await asyncio.wait([task])
    with capture_logs() as said:
        say_end(task)
    assert said == [
        {
            "event": "work_ended",
            "work": "alerts",
            "error": "ZeroDivisionError",
            "log_level": "error",
        }
    ]


@pytest.fixture
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'jimpitan.db'}")
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", MASTER_KEY)
    monkeypatch.setenv("COLUMNS", "200")


async def prepare() -> None:
    program = await build(load_settings())
    await program.migrate()
    user = await add_person(program, "siti", Role.ADMIN)
    desk: AlertPeopleDesk = people_desk(program)
    await desk.add_address(user, Channel.TELEGRAM, "12345678")
    await find(program)
    await alert_desk(program).step()
    await program.close()


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["alert", *words])
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.usefixtures("_environment")
def test_the_commands_list_alerts_and_try_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIMPITAN_ALERT_TELEGRAM_TOKEN", "1:contoh")
    with http_service(200, {"ok": True}) as service:
        monkeypatch.setenv("JIMPITAN_ALERT_TELEGRAM_URL", service.url)
        asyncio.run(prepare())
        listed = json.loads(run("list", "--json"))
        assert [(one["kind"], one["severity"]) for one in listed["open"]] == [("case", "critical")]
        assert listed["dead"] == []
        assert "box-0017" in run("list")
        assert json.loads(run("test", "siti", "--json")) == [
            {"channel": "telegram", "address": "…5678", "outcome": "sent", "why": None}
        ]
        service.will(401, {"ok": False})
        assert "later (unauthorised)" in run("test", "siti", code=1)
    assert "Nobody logs in" in run("test", "nobody", code=1)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"alert_smtp_host": "surat.contoh.id"}, "JIMPITAN_ALERT_SMTP_FROM"),
        (
            {
                "alert_smtp_host": "surat.contoh.id",
                "alert_smtp_from": "a@contoh.id",
                "alert_smtp_tls": "none",
            },
            "beyond this machine",
        ),
        ({"alert_smtp_user": "kotak"}, "belong together"),
        ({"alert_whatsapp_token": "x"}, "JIMPITAN_ALERT_WHATSAPP_PHONE_ID"),
        ({"alert_telegram_url": "http://contoh.id"}, "must begin with https"),
        ({"alert_push_contact": "mailto:a@contoh.id"}, "only on https"),
        ({"alert_telegram_token": "1:contoh"}, "carry no link"),
    ],
)
def test_the_doctor_finds_a_channel_that_is_set_wrongly(
    changed: dict[str, str], sentence: str
) -> None:
    settings = Settings(master_key=MASTER_KEY, **changed)
    found = [one for one in examine_settings(settings, {}) if one.name == "alert_channel"]
    assert any(sentence in one.sentence for one in found), found
    assert not any("contoh-token" in one.sentence for one in found)
