"""Cases by the API: found, acted on once, approved by another, all or none, counted fairly."""

import asyncio

import pytest
from case_town import PATH, act, differing, get, raised
from jimpitan_server.adapters.database.case_schema import discrepancy_events
from jimpitan_server.adapters.database.schema import audit, discrepancies
from jimpitan_server.domain.discrepancy import Discrepancy, Severity, TamperFinding
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.entrypoints.doctor import examine
from money_town import Town, town
from server_town import rows
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

__all__ = ["town"]
pytestmark = pytest.mark.integration
LOSS = {"code": "loss", "reason": "hilang di jalan"}


async def found(town: Town, query: str = "") -> list[int]:
    answer = await get(town, "auditor", f"?{query}")
    assert answer.status_code == 200, answer.text
    return [one["discrepancy_id"] for one in answer.json()["discrepancies"]]


async def test_above_the_limit_a_case_stays_open_until_another_approves(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 100_001))
    proposed = await act(town, "treasurer", number, "resolved", **LOSS)
    assert (proposed.status_code, proposed.json()["state"]) == (201, "waiting")
    assert await found(town) == [number]
    assert await rows(town.program, discrepancies, "resolved_at") == [(None,)]
    own = await act(town, "treasurer", number, "approved")
    assert (own.status_code, own.json()["error"]) == (403, "own_proposal")
    assert (await act(town, "auditor", number, "approved")).status_code == 403
    shown = (await get(town, "auditor", f"/{number}")).json()
    assert shown["proposal"]["by"] == "user-treasurer"
    assert shown["proposal"]["code"] == "loss"
    approved = await act(town, "admin", number, "approved")
    assert (approved.status_code, approved.json()["state"]) == (201, "resolved")
    assert await found(town) == []
    row = await rows(town.program, discrepancies, "resolved_by", "resolution_code", "state")
    assert row == [("user-treasurer", "loss", "resolved")]
    again = await act(town, "treasurer", number, "reopened", reason="uangnya ketemu")
    assert again.json()["state"] == "open"
    assert await found(town) == [number]
    events = (await get(town, "admin", f"/{number}")).json()["events"]
    assert [one["event"] for one in events] == ["resolved", "approved", "reopened"]
    audited = [str(name) for (name,) in await rows(town.program, audit, "action")]
    audited = [name for name in audited if name.startswith("discrepancy_")]
    assert audited == [f"discrepancy_{one}" for one in ("approved", "reopened", "resolved")]
    assert all(one.is_fine for one in await examine(town.program))


async def test_two_who_approve_at_once_approve_once(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 600_000))
    await act(town, "treasurer", number, "resolved", **LOSS)
    await town.authorized("admin")
    answers = await asyncio.gather(*(act(town, "admin", number, "approved") for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409]
    assert len(await rows(town.program, discrepancy_events, "number")) == 2


async def test_what_was_seen_may_be_named_and_the_same_says_nothing_twice(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 5_000))
    said = {"text": "lihat foto slip"}
    assert (await act(town, "auditor", number, "commented", **said)).status_code == 201
    again = await act(town, "auditor", number, "commented", **said)
    assert (again.status_code, again.json()["events"], again.json()["event"]) == (200, 1, None)
    late = await act(town, "treasurer", number, "resolved", events_seen=0, **LOSS)
    assert (late.status_code, late.json()["error"]) == (409, "case_changed")
    ended = await act(town, "treasurer", number, "resolved", events_seen=1, **LOSS)
    assert ended.json()["state"] == "resolved"


async def test_an_owner_is_somebody_who_can_act(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 5_000))
    for role in ("treasurer", "auditor", "collector"):
        await town.authorized(role)
    for nobody in ("user-auditor", "user-collector", "user-nobody"):
        answer = await act(town, "admin", number, "assigned", owner=nobody)
        assert (answer.status_code, answer.json()["error"]) == (422, "owner_unknown")
    await act(town, "admin", number, "assigned", owner="user-treasurer")
    view = (await get(town, "treasurer", "?owner=me")).json()["discrepancies"][0]
    assert (view["owner"], view["owner_name"]) == ("user-treasurer", "treasurer")
    assert await found(town, "owner=none") == []
    await act(town, "treasurer", number, "assigned", owner=None)
    assert await found(town, "owner=none") == [number]


async def test_a_due_date_moves_with_a_reason_and_severity_follows_time(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 50_000))
    view = (await get(town, "admin", f"/{number}")).json()["discrepancy"]
    assert (view["severity"], view["at_stake_idr"], view["is_overdue"]) == (
        "warning",
        50_000,
        False,
    )
    town.clock.step(days=8)
    assert await found(town, "overdue=true&severity=critical") == [number]
    due_at = (town.clock.now().replace(microsecond=0)).isoformat()
    past = await act(town, "admin", number, "due_changed", due_at=due_at, reason="tunggu bank")
    assert (past.status_code, past.json()["error"]) == (422, "due_unsound")
    town.clock.step(days=-1)
    answer = await act(town, "admin", number, "due_changed", due_at=due_at, reason="tunggu bank")
    assert answer.status_code == 201
    assert await found(town, "overdue=true") == []
    town.clock.step(days=90)
    view = (await get(town, "admin", f"/{number}")).json()["discrepancy"]
    assert (view["severity"], view["severity_raised"], view["age_days"]) == (
        "critical",
        "warning",
        97,
    )
    assert all(one.is_fine for one in await examine(town.program))


async def many(town: Town) -> list[int]:
    cases = [differing(town, f"c{n:02}", 1_000 * n, f"box-{n % 3}") for n in range(1, 8)]
    sign = Discrepancy(
        kind=TamperFinding.FISHING,
        severity=Severity.CRITICAL,
        subject="f",
        found_at=town.clock.now(),
        box=BoxId("box-1"),
    )
    return await raised(town, *cases, sign)


async def test_lists_are_filtered_sorted_and_paged(town: Town) -> None:
    numbers = await many(town)
    by_amount = [*reversed(numbers[:7]), numbers[7]]
    assert await found(town, "order=amount") == by_amount
    assert await found(town, "kind=fishing&severity=critical&box=box-1") == [numbers[7]]
    assert await found(town, "severity=notice&order=age") == numbers[:7]
    assert (await found(town, "order=due"))[0] == numbers[7]
    for order in ("number", "amount", "due", "age"):
        whole, seen, after = await found(town, f"order={order}"), [], "0"
        while after:
            page = (await get(town, "admin", f"?order={order}&limit=3&after={after}")).json()
            seen += [one["discrepancy_id"] for one in page["discrepancies"]]
            after = page.get("next", "")
        assert seen == whole
    assert await found(town, f"after={numbers[5]}") == numbers[6:]
    assert await found(town, "state=waiting") == []
    for wrong in ("order=x", "state=x", "after=1.2.3", "box=A", "owner=%00", "limit=0"):
        assert (await get(town, "admin", f"?{wrong}")).status_code == 422, wrong


async def test_a_list_by_severity_agrees_with_the_rule_at_any_time(town: Town) -> None:
    cases = [
        differing(town, f"s{n}", short) for n, short in enumerate((5, 20_000, 500_000, -900_000))
    ]
    numbers = await raised(town, *cases)
    await act(town, "admin", numbers[0], "resolved", **LOSS)
    for days in (0, 2, 6, 30, 60):
        town.clock.step(days=days)
        shown = (await get(town, "admin", "?state=all")).json()["discrepancies"]
        for severity in Severity:
            wanted = [one["discrepancy_id"] for one in shown if one["severity"] == severity]
            assert await found(town, f"state=all&severity={severity}") == wanted
        assert shown[0]["severity"] == "notice"


async def test_many_are_acted_on_together_or_not_at_all(town: Town) -> None:
    numbers = await many(town)
    (large,) = await raised(town, differing(town, "large", 200_000))
    wanted = {"event": "resolved", "numbers": [*numbers, large, 999], **LOSS}
    refused = await town.send("treasurer", f"{PATH}/bulk", wanted)
    assert (refused.status_code, refused.json()["error"]) == (409, "bulk_refused")
    named = [(one["discrepancy"], one["error"]) for one in refused.json()["refusals"]]
    assert named == [(large, "needs_approval"), (999, "discrepancy_unknown")]
    assert await rows(town.program, discrepancy_events, "number") == []
    done = await town.send("treasurer", f"{PATH}/bulk", wanted | {"numbers": numbers})
    assert done.status_code == 201
    assert {one["state"] for one in done.json()["cases"]} == {"resolved"}
    kept = await rows(town.program, discrepancy_events, "discrepancy_id", "event")
    assert kept == [(number, "resolved") for number in numbers]
    assert await found(town) == [large]
    wrong = {"event": "commented", "text": " ", "numbers": [large]}
    for content in (
        wrong,
        wrong | {"numbers": []},
        wrong | {"numbers": list(range(1, 202))},
        wrong | {"event": "approved"},
        {"event": "assigned", "owner": "user-nobody", "numbers": [large]},
    ):
        assert (await town.send("treasurer", f"{PATH}/bulk", content)).status_code == 422, content
    denied = await town.send("auditor", f"{PATH}/bulk", wanted | {"numbers": [large]})
    assert {one["error"] for one in denied.json()["refusals"]} == {"not_allowed"}


async def test_what_cannot_be_is_refused(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 5_000))
    for event in ("commented", "due_changed", "resolved", "reopened", "deleted"):
        assert (await act(town, "admin", number, event)).status_code == 422, event
    naive = {"due_at": "2026-11-25T10:00:00", "reason": "tunggu bank"}
    assert (await act(town, "admin", number, "due_changed", **naive)).status_code == 422
    missing = await act(town, "admin", 99, "commented", text="abc")
    assert (missing.status_code, missing.json()["error"]) == (404, "discrepancy_unknown")
    assert (await get(town, "admin", "/99")).status_code == 404
    assert (await get(town, "collector", f"/{number}")).status_code == 403
    assert (await get(town, "collector", "/statistics")).status_code == 403
    assert (await act(town, "collector", number, "commented", text="abc")).status_code == 403


async def test_figures_count_each_case_and_shame_nobody(town: Town) -> None:
    first, *rest = await many(town)
    await act(town, "admin", first, "resolved", code="false_alarm", reason="slip salah baca")
    town.clock.step(days=10)
    figures = (await get(town, "auditor", "/statistics")).json()
    assert figures["programme"] | {"at_stake_idr": 0} == {
        "open": 7,
        "waiting": 0,
        "closed": 1,
        "false_alarms": 1,
        "days_to_close_median": 0,
        "at_stake_idr": 0,
    }
    assert figures["programme"]["at_stake_idr"] == 27_000
    ages = [(one["days_to"], one["count"]) for one in figures["ageing"]]
    assert ages == [(7, 0), (30, 7), (90, 0), (None, 0)]
    by_box = {one["box"]: one["open"] for one in figures["boxes"]}
    assert by_box == {"box-0": 2, "box-1": 3, "box-2": 2}
    page = (await get(town, "auditor", "/statistics?limit=1&after=box-0")).json()
    assert ([one["box"] for one in page["boxes"]], page["next"]) == (["box-1"], "box-1")
    assert len(rest) == 7


async def test_a_collector_sees_own_figures_and_only_when_they_say_something(town: Town) -> None:
    mine = "/statistics/collectors/me"
    counted = [
        (await town.count_cash(cash={"1000": 10 + n})).json()["collection_id"] for n in range(4)
    ]
    few = (await get(town, "collector", mine)).json()
    assert (few["too_few"], "figures" in few, "collections" in few) == (True, False, False)
    counted.append((await town.count_cash(cash={"1000": 50})).json()["collection_id"])
    await town.remit(1_000, *counted)
    await town.program.money.reconcile()
    told = (await get(town, "collector", mine)).json()
    assert (told["too_few"], told["collections"], told["figures"]["open"]) == (False, 5, 1)
    by_admin = await get(town, "admin", "/statistics/collectors/user-collector")
    assert by_admin.json() == told
    for role, path in (
        ("collector", "/statistics/collectors/user-admin"),
        ("treasurer", "/statistics/collectors/user-collector"),
        ("auditor", "/statistics/collectors/user-collector"),
    ):
        assert (await get(town, role, path)).status_code == 403


async def test_figures_by_institution_follow_the_alphabet_and_wait_for_counts(
    town: Town,
) -> None:
    await town.authorized("admin")
    for box, host in (("box-0017", "warung Siti"), ("box-0018", "Masjid Contoh")):
        place = {"site": "teras", "host": host}
        headers = await town.authorized("admin")
        answer = await town.client.put(f"/api/v1/boxes/{box}/place", json=place, headers=headers)
        assert answer.status_code in {200, 201, 204}
    for pieces in range(5):
        await town.count_cash(cash={"1000": 10 + pieces})
    await raised(
        town,
        differing(town, "a", 5_000),
        differing(town, "b", 5_000, box="box-0018"),
        differing(town, "c", 5_000, box="box-9999"),
    )
    found = (await get(town, "auditor", "/statistics/hosts")).json()
    masjid, warung = found["hosts"]
    assert masjid == {"host": "Masjid Contoh", "containers": 1, "too_few": True}
    assert (warung["host"], warung["too_few"], warung["counts"]) == ("warung Siti", False, 5)
    assert warung["figures"]["open"] >= 1
    page = (await get(town, "auditor", "/statistics/hosts?limit=1")).json()
    assert ([one["host"] for one in page["hosts"]], page["next"]) == (
        ["Masjid Contoh"],
        "Masjid Contoh",
    )
    rest = (await get(town, "auditor", "/statistics/hosts?after=masjid%20contoh")).json()
    assert [one["host"] for one in rest["hosts"]] == ["warung Siti"]
    assert (await get(town, "collector", "/statistics/hosts")).status_code == 403


async def test_what_happened_cannot_be_changed_and_doctor_sees_who_tried(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 5_000))
    await act(town, "admin", number, "commented", text="pertama")
    await act(town, "admin", number, "resolved", **LOSS)
    for statement in (
        "UPDATE discrepancy_events SET actor = 'x'",
        "DELETE FROM discrepancy_events",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            async with town.program.database.write() as connection:
                await connection.execute(text(statement))
    async with town.program.database.write() as connection:
        await connection.execute(text("UPDATE discrepancies SET resolution_code = 'explained'"))
    broken = {one.name: one for one in await examine(town.program)}["cases"]
    assert not broken.is_fine
    assert f"Discrepancy {number} " in broken.sentence
