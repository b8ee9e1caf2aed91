"""People: invited by a link, let out again, and never without an admin who can let others in."""

import re

import pytest
from jimpitan_server.adapters.people_desk import PeopleDesk
from jimpitan_server.domain.errors import NotFound
from money_town import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.integration
HERE = "/admin/orang"
PASSWORD = "tiga kata acak"


def desk_of(town: Town) -> PeopleDesk:
    return PeopleDesk(town.program.database, town.clock, town.program.passwords)


async def invite(town: Town, name: str = "ani", role: str = "treasurer") -> str:
    """Return the path of the link that an admin is shown."""
    await town.enter("admin")
    answer = await town.client.post(HERE, data=await town.form(HERE, nama=name, peran=role))
    assert answer.status_code == 200, answer.text
    found = re.search(r"/undangan/[A-Za-z0-9_-]+", answer.text)
    assert found
    town.client.cookies.clear()
    return found[0]


async def set_password(town: Town, path: str, password: str = PASSWORD, again: str = "") -> int:
    form = {"sandi": password, "sandi-lagi": again or password}
    return (await town.client.post(path, data=form)).status_code


async def log_in(town: Town, name: str, password: str = PASSWORD) -> str | None:
    """Log in as the program does for the page; return the token, or None when refused."""
    answer = await town.client.post(
        "/api/v1/sessions", json={"login_name": name, "password": password}
    )
    return str(answer.json()["token"]) if answer.status_code == 201 else None


async def test_who_is_invited_sets_a_password_once_and_logs_in(town: Town) -> None:
    path = await invite(town)
    assert await log_in(town, "ani", "!") is None
    assert "ani" in await town.page(path)
    assert await set_password(town, path, again="yang lain lagi") == 422
    assert await set_password(town, path, "pendek") == 422
    assert await set_password(town, path, "ani") == 422
    assert await set_password(town, path) == 303
    assert await log_in(town, "ani") is not None
    assert await set_password(town, path, "kata sandi penyusup") == 404
    assert (await town.client.get(path)).status_code == 404
    assert await log_in(town, "ani") is not None


async def test_a_link_ends_by_time_and_by_a_newer_one(town: Town) -> None:
    first = await invite(town)
    (person,) = [one for one in await desk_of(town).people() if one.login_name == "ani"]
    newer = await desk_of(town).invite_again(person.user_id, actor="test")
    assert (await town.client.get(first)).status_code == 404
    town.clock.step(days=7, seconds=1)
    with pytest.raises(NotFound):
        await desk_of(town).set_password(newer.token, PASSWORD)


async def test_a_closed_account_is_out_at_once_and_its_link_too(town: Town) -> None:
    path = await invite(town)
    assert await set_password(town, path) == 303
    (person,) = [one for one in await desk_of(town).people() if one.login_name == "ani"]
    token = await log_in(town, "ani")
    headers = {"Authorization": f"Bearer {token}"}
    assert (await town.client.get("/api/v1/matches", headers=headers)).status_code == 200
    await desk_of(town).invite_again(person.user_id, actor="test")
    await town.enter("admin")
    where = f"{HERE}/{person.user_id}"
    form = await town.form(where)
    for _ in range(2):  # the same form again changes nothing
        assert (await town.client.post(f"{where}/tutup", data=form)).status_code == 303
    assert "ditutup" in await town.page(where)
    assert (await town.client.post(f"{where}/tautan", data=form)).status_code == 409
    town.client.cookies.clear()
    assert (await town.client.get("/api/v1/matches", headers=headers)).status_code == 401
    assert await log_in(town, "ani") is None
    await town.enter("admin")
    assert (await town.client.post(f"{where}/buka", data=form)).status_code == 303
    town.client.cookies.clear()
    assert await log_in(town, "ani") is not None


async def test_nobody_closes_himself_or_the_last_admin(town: Town) -> None:
    await town.enter("admin")
    own = f"{HERE}/user-admin"
    form = await town.form(own)
    answer = await town.client.post(f"{own}/tutup", data=form)
    assert (answer.status_code, "admin lain" in answer.text) == (409, True)
    path = await invite(town, "dewi", "admin")
    people = {one.login_name: one.user_id for one in await desk_of(town).people()}
    await town.enter("admin")
    # She who has no password yet cannot let others in, and does not count.
    with pytest.raises(Exception, match="last admin"):
        await desk_of(town).disable("user-admin", actor=people["dewi"])
    assert await set_password(town, path) == 303
    await desk_of(town).disable("user-admin", actor=people["dewi"])
    with pytest.raises(Exception, match="last admin"):
        await desk_of(town).disable(people["dewi"], actor="somebody")


async def test_one_ends_an_own_login_and_changes_the_password(town: Town) -> None:
    assert await set_password(town, await invite(town)) == 303
    one, other = await log_in(town, "ani"), await log_in(town, "ani")
    assert one is not None
    assert other is not None
    town.client.cookies.set("jimpitan", one)
    page = await town.page("/saya")
    handles = re.findall(r"/saya/([0-9a-f]{64})/akhiri", page)
    assert len(handles) == 1  # this device is told, not offered
    form = await town.form("/saya")
    assert (await town.client.post(f"/saya/{handles[0]}/akhiri", data=form)).status_code == 303
    headers = {"Authorization": f"Bearer {other}"}
    assert (await town.client.get("/api/v1/matches", headers=headers)).status_code == 401
    sent = form | {"sandi-lama": "salah sama sekali", "sandi": "kata sandi baru"}
    sent["sandi-lagi"] = "kata sandi baru"
    answer = await town.client.post("/saya/sandi", data=sent)
    assert (answer.status_code, "lama itu salah" in answer.text) == (401, True)
    answer = await town.client.post("/saya/sandi", data=sent | {"sandi-lama": PASSWORD})
    assert answer.status_code == 303
    town.client.cookies.clear()
    assert await log_in(town, "ani") is None
    assert await log_in(town, "ani", "kata sandi baru") is not None


@pytest.mark.parametrize(
    ("name", "role", "status"),
    [("Ani", "admin", 422), ("", "admin", 422), ("a b", "admin", 422), ("ani", "king", 422)],
)
async def test_nonsense_invites_nobody(town: Town, name: str, role: str, status: int) -> None:
    await town.enter("admin")
    form = await town.form(HERE, nama=name, peran=role)
    assert (await town.client.post(HERE, data=form)).status_code == status
    assert "/undangan/" not in (await town.client.post(HERE, data=form)).text


async def test_a_name_is_given_once_to_users_and_witnesses_together(town: Town) -> None:
    await invite(town)
    await town.enter("admin")
    answer = await town.client.post(HERE, data=await town.form(HERE, nama="ani", peran="auditor"))
    assert (answer.status_code, "sudah dipakai" in answer.text) == (409, True)


async def test_what_admins_did_stands_in_the_log(town: Town) -> None:
    assert await set_password(town, await invite(town)) == 303
    await town.enter("auditor")
    page = await town.page("/admin/jejak")
    for action in ("user_invited", "password_set"):
        assert action in page


async def test_the_first_admin_comes_by_the_console_until_somebody_is_in(town: Town) -> None:
    desk = desk_of(town)
    first = await desk.invite_first()
    assert first is not None
    second = await desk.invite_first()
    assert second is not None
    assert second.user_id == first.user_id
    with pytest.raises(NotFound):
        await desk.set_password(first.token, PASSWORD)
    await desk.set_password(second.token, PASSWORD)
    assert await desk.invite_first() is None
    assert await log_in(town, "admin") is not None


async def test_an_office_whose_admins_are_all_locked_out_gets_in_by_the_console(
    town: Town,
) -> None:
    desk = desk_of(town)
    first = await desk.invite_first()
    assert first is not None
    await desk.disable(first.user_id, actor="somebody")  # who has no password may be disabled
    other = await desk.invite_first()
    assert other is not None
    assert (other.login_name, other.user_id != first.user_id) == ("admin-2", True)
    treasurer = await desk.invite("ani", role="treasurer", actor="test")
    await desk.set_password(treasurer.token, PASSWORD)  # a treasurer lets nobody in
    assert await desk.invite_first() is not None
