"""Rules that a programme sets for itself: by a person, with a reason, over all of history."""

import pytest
from jimpitan_server.adapters.database.rule_rows import rule_changes
from money_town import Town, town
from sqlalchemy import delete, insert
from sqlalchemy.exc import DBAPIError
from test_server_cli import CommandLine, command

__all__ = ["command", "town"]
pytestmark = pytest.mark.integration
WHY = "the branch is far away"


async def set_rule(
    town: Town, rule: str, value: str | None, reason: str = WHY
) -> tuple[int, bool]:
    content = {"rule": rule, "reason": reason} | ({} if value is None else {"value": value})
    answer = await town.send("treasurer", "/api/v1/rules", content)
    return answer.status_code, answer.json().get("is_new")


async def test_a_rule_that_is_set_holds_until_it_is_given_back(town: Town) -> None:
    await town.count_cash()
    town.clock.step(days=4)
    await town.program.money.reconcile()
    assert "count_not_remitted" in await town.open_kinds()
    assert await set_rule(town, "remittance_due_days", "7") == (200, True)
    assert await set_rule(town, "remittance_due_days", "7") == (200, False)
    await town.program.money.reconcile()
    assert "count_not_remitted" not in await town.open_kinds()
    assert await set_rule(town, "remittance_due_days", None) == (200, True)
    await town.program.money.reconcile()
    assert "count_not_remitted" in await town.open_kinds()


async def test_a_slip_that_is_short_by_a_note_passes_where_the_programme_says_so(
    town: Town,
) -> None:
    collection = (await town.count_cash()).json()["collection_id"]
    await town.remit(19_500, collection)  # of 20.500
    await town.program.money.reconcile()
    assert "remittance_differs" in await town.open_kinds()
    await set_rule(town, "remittance_tolerance_steps", "1")
    found = await town.program.money.reconcile()
    states = [str(one.state) for one in found.matches if one.relation == "count_remittance"]
    assert states == ["within_tolerance"]
    assert "remittance_differs" not in await town.open_kinds()
    await set_rule(town, "note_step_idr", "600")
    await town.program.money.reconcile()
    assert "remittance_differs" in await town.open_kinds()


async def test_rules_are_shown_with_who_set_them_and_why(town: Town) -> None:
    await set_rule(town, "count_due_hours", "48")
    answer = await town.client.get("/api/v1/rules", headers=await town.authorized("auditor"))
    shown = answer.json()
    assert shown["rules"]["count_due_hours"] == {"value": "48", "default": "24"}
    (change,) = shown["changes"]
    assert (change["actor"], change["reason"], change["value"]) == ("user-treasurer", WHY, "48")


@pytest.mark.parametrize(
    ("rule", "value", "reason"),
    [
        ("nonsense", "1", WHY),
        ("settlement.bsi-1", "daily", WHY),
        ("settlement.ACCOUNT", "daily", WHY),
        ("credit_lag_days", "many", WHY),
        ("credit_lag_days", "91", WHY),
        ("remittance_tolerance_steps", "21", WHY),
        ("credit_lag_days", "5", "because"),
    ],
)
async def test_what_no_rule_can_be_is_refused(
    town: Town, rule: str, value: str, reason: str
) -> None:
    assert (await set_rule(town, rule, value, reason))[0] == 422
    assert await town.count(rule_changes) == 0


async def test_no_rule_lets_a_theft_pass_for_a_slip_of_the_hand(town: Town) -> None:
    collection = (await town.count_cash()).json()["collection_id"]
    await town.remit(500, collection)  # of 20.500
    assert await set_rule(town, "remittance_tolerance_steps", "2") == (200, True)
    assert await set_rule(town, "note_step_idr", "20000") == (422, None)
    assert await set_rule(town, "note_step_idr", "10000") == (200, True)
    assert await set_rule(town, "remittance_tolerance_steps", "3") == (422, None)
    await set_rule(town, "remittance_tolerance_steps", "1")
    await set_rule(town, "note_step_idr", "20000")
    assert await set_rule(town, "remittance_tolerance_steps", "2") == (422, None)
    await town.program.money.reconcile()
    assert await town.count(rule_changes) == 4


@pytest.mark.parametrize(
    ("rule", "least", "most"),
    [
        ("remittance_due_days", "0", "45"),
        ("count_due_hours", "0", "168"),
        ("records_due_hours", "0", "1080"),
        ("lid_tolerance_minutes", "0", "720"),
        ("deposit_high_idr", "500", "1000000"),
    ],
)
async def test_no_rule_silences_an_alarm(town: Town, rule: str, least: str, most: str) -> None:
    assert await set_rule(town, rule, least) == (200, True)
    assert await set_rule(town, rule, most) == (200, True)
    assert await set_rule(town, rule, str(int(most) + 1)) == (422, None)


async def test_a_deposit_is_worth_a_coin_at_least(town: Town) -> None:
    assert await set_rule(town, "deposit_low_idr", "0") == (422, None)
    assert await set_rule(town, "deposit_low_idr", "50") == (200, True)


async def test_what_a_deposit_is_worth_at_least_is_no_more_than_at_most(town: Town) -> None:
    high = town.program.money.rules.deposit_high.amount
    assert await set_rule(town, "deposit_low_idr", str(high + 1)) == (422, None)
    assert await set_rule(town, "deposit_high_idr", "90000") == (200, True)
    assert await set_rule(town, "deposit_low_idr", str(high + 1)) == (200, True)
    assert await set_rule(town, "deposit_high_idr", None) == (422, None)


async def test_only_those_who_answer_for_money_set_rules(town: Town) -> None:
    content = {"rule": "credit_lag_days", "value": "5", "reason": WHY}
    for role in ("collector", "auditor"):
        assert (await town.send(role, "/api/v1/rules", content)).status_code == 403


async def test_changes_stay_and_a_rule_of_another_version_stops_nothing(town: Town) -> None:
    async with town.program.database.write() as connection:
        await connection.execute(
            insert(rule_changes).values(
                rule="of_the_future", value="1", reason=WHY, actor="x", changed_at=town.clock.now()
            )
        )
    await town.program.money.reconcile()
    with pytest.raises(DBAPIError, match="append-only"):
        async with town.program.database.write() as connection:
            await connection.execute(delete(rule_changes))


async def test_rules_are_set_and_listed_by_command(town: Town, command: CommandLine) -> None:
    assert "remittance_due_days = 3" in (await command("rule", "list")).stdout
    words = ("remittance_due_days", "7", "--reason", WHY)
    assert "matching follows" in (await command("rule", "set", *words)).stdout
    listed = {one["rule"]: one for one in await command.asks("rule", "list")}
    assert listed["remittance_due_days"] == {
        "rule": "remittance_due_days",
        "value": "7",
        "default": "3",
        "reason": WHY,
    }
    assert "so already" in (await command("rule", "set", *words)).stdout
    again = await command.asks("rule", "reset", "remittance_due_days", "--reason", WHY)
    assert again == {"rule": "remittance_due_days", "value": None, "is_new": True}
    assert (await command("rule", "set", "nonsense", "7", "--reason", WHY)).exit_code == 1
    assert await town.count(rule_changes) == 2
