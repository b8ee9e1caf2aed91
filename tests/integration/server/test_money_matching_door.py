"""What matching found, what other rules would find, and links by hand, through the doors."""

import json
from uuid import uuid4

import pytest
from jimpitan_server.adapters.database.link_rows import (
    manual_link_ends,
    manual_link_papers,
    manual_links,
)
from money_town import Town, town
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError
from test_server_cli import CommandLine, command

__all__ = ["command", "town"]
pytestmark = pytest.mark.integration
REASON = "dicocokkan dengan foto slip"


async def get(town: Town, path: str, role: str = "auditor", **query: str) -> dict[str, object]:
    answer = await town.client.get(path, params=query, headers=await town.authorized(role))
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


async def two_equal_slips(town: Town) -> tuple[list[str], list[str]]:
    """Return remittances and credits of the same amount that nothing tells apart."""
    slips = []
    for number in range(2):
        count = (await town.count_cash(box=f"box-001{7 + number}")).json()["collection_id"]
        slip = await town.remit(20_500, count, reference=f"SLIP-00{number}")
        slips.append(slip.json()["remittance_id"])
    await town.statement("20,11:00:00,20500,SETOR TUNAI", "20,12:00:00,20500,SETOR TUNAI")
    found = await get(town, "/api/v1/matches", relation="remittance_credit")
    (match,) = found["matches"]  # type: ignore[misc]
    assert (match["state"], match["evidence"]) == ("ambiguous", {"equally_good": 2})
    return slips, match["right"]


def wish(left: str, right: str, **more: object) -> dict[str, object]:
    return {
        "link_id": str(uuid4()),
        "relation": "remittance_credit",
        "left": [left],
        "right": [right],
        "reason": REASON,
    } | more


async def test_a_link_by_hand_stands_until_it_is_ended(town: Town) -> None:
    slips, lines = await two_equal_slips(town)
    link = wish(slips[1], lines[0])
    first = await town.send("admin", "/api/v1/links", link)
    again = await town.send("admin", "/api/v1/links", link)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["left_idr"] == first.json()["right_idr"] == 20_500
    await town.program.money.reconcile()
    manual = await get(town, "/api/v1/matches", state="manual")
    assert [one["left"] for one in manual["matches"]] == [[slips[1]]]  # type: ignore[attr-defined]
    assert [one["link_id"] for one in (await get(town, "/api/v1/links"))["links"]] == [  # type: ignore[attr-defined]
        link["link_id"]
    ]
    taken = await town.send("admin", "/api/v1/links", wish(slips[0], lines[0]))
    assert (taken.status_code, taken.json()["error"]) == (409, "link_taken")
    other = await town.send("admin", "/api/v1/links", link | {"left": [slips[0]]})
    assert other.json()["error"] == "link_differs"
    path = f"/api/v1/links/{link['link_id']}/end"
    ended = await town.send("admin", path, {"reason": REASON})
    assert ended.json()["state"] == "ended"
    assert (await town.send("admin", path, {"reason": REASON})).json()["error"] == "link_ended"
    await town.program.money.reconcile()
    assert (await get(town, "/api/v1/matches", state="manual"))["matches"] == []


async def test_who_paid_a_remittance_in_does_not_link_it(town: Town) -> None:
    slips, lines = await two_equal_slips(town)
    own = await town.send("treasurer", "/api/v1/links", wish(slips[0], lines[0]))
    assert (own.status_code, own.json()["error"]) == (409, "link_own")


async def test_a_link_whose_sums_differ_is_asked_for_twice(town: Town) -> None:
    slips, lines = await two_equal_slips(town)
    uneven = wish(slips[0], lines[0]) | {"right": lines}
    refused = await town.send("admin", "/api/v1/links", uneven)
    assert (refused.status_code, refused.json()["error"]) == (409, "link_unequal")
    assert "20500 rupiah" in refused.json()["message"]
    forced = await town.send("admin", "/api/v1/links", uneven | {"force": True})
    assert forced.status_code == 201
    await town.program.money.reconcile()
    assert "link_forced" in await town.open_kinds()
    assert (await town.program.ledger.view()).balances


async def test_a_payment_is_linked_with_a_credit_that_does_not_name_it(town: Town) -> None:
    await town.pay("REF-1", 3_000, terminalId="A17")
    await town.statement("20,11:00:00,3000,TRSF TANPA KETERANGAN")
    (gift,) = (await get(town, "/api/v1/matches", relation="payment_credit"))["matches"]  # type: ignore[misc]
    (line,) = (await get(town, "/api/v1/matches", relation="other_credit"))["matches"]  # type: ignore[misc]
    link = wish(gift["left"][0], line["right"][0], relation="payment_credit")
    assert (await town.send("admin", "/api/v1/links", link)).status_code == 201
    await town.program.money.reconcile()
    assert (await town.money())[1:3] == (3_000, 0)


async def test_links_of_what_is_not_there_are_refused(town: Town) -> None:
    slips, lines = await two_equal_slips(town)
    cases = {
        "paper_unknown": wish(str(uuid4()), lines[0]),
        "malformed": wish(slips[0], lines[0], relation="lid_count"),
    }
    for code, content in cases.items():
        answer = await town.send("admin", "/api/v1/links", content)
        assert answer.json()["error"] == code
    unknown = await town.send("admin", "/api/v1/links", wish(slips[0], "x17"))
    assert unknown.json()["error"] == "paper_unknown"
    short = await town.send("admin", "/api/v1/links", wish(slips[0], lines[0], reason="ya"))
    assert short.status_code == 422
    path = f"/api/v1/links/{uuid4()}/end"
    absent = await town.send("admin", path, {"reason": REASON})
    assert absent.json()["error"] == "link_unknown"
    collector = await town.send("collector", "/api/v1/links", wish(slips[0], lines[0]))
    assert collector.status_code == 403


async def test_links_stay_in_history(town: Town) -> None:
    slips, lines = await two_equal_slips(town)
    link = wish(slips[0], lines[0])
    await town.send("admin", "/api/v1/links", link)
    await town.send("admin", f"/api/v1/links/{link['link_id']}/end", {"reason": REASON})
    for table in (manual_links, manual_link_papers, manual_link_ends):
        with pytest.raises(DBAPIError, match="append-only"):
            async with town.program.database.write() as connection:
                await connection.execute(delete(table))


async def test_other_rules_are_tried_and_nothing_is_kept(town: Town, command: CommandLine) -> None:
    for number, amount in enumerate((1_000, 2_000)):
        await town.pay(f"REF-{number}", amount, terminalId="A17")
    await town.statement("20,23:00:00,3000,QRIS SETTLEMENT")
    before = await get(town, "/api/v1/matches")
    tried = await town.send(
        "auditor", "/api/v1/reconcile/what-if", {"rules": {"settlement.bsi-1": "daily"}}
    )
    assert tried.json()["states"]["matched"][1] == 1
    assert await get(town, "/api/v1/matches") == before
    wrong = await town.send("auditor", "/api/v1/reconcile/what-if", {"rules": {"x": "1"}})
    assert (wrong.status_code, wrong.json()["error"]) == (422, "rule")
    told = await command.asks("reconcile", "--set", "settlement.bsi-1=daily")
    assert told["difference"]["matches_changed"] > 0
    said = (await command("reconcile", "--dry-run")).output
    assert "Nothing was kept." in said
    said = (await command("reconcile", "--set", "settlement.bsi-1=daily")).output
    assert "would be" in said
    assert (await command("reconcile", "--set", "nonsense")).exit_code == 2
    assert json.dumps(await get(town, "/api/v1/matches", after="payment_credit z")) == json.dumps(
        {"matches": [], "next": None}
    )


def given_back(town: Town, reference: str, amount: int) -> bytes:
    """Return the notification that a payment was given back."""
    told = json.loads(town.body(reference, amount)) | {"latestTransactionStatus": "04"}
    return json.dumps(told).encode()


async def test_a_payment_that_is_given_back_leaves_the_public_figures(town: Town) -> None:
    for reference, amount in (("REFUND-01", 3_000), ("REFUND-02", 4_000)):
        await town.pay(reference, amount, terminalId="A17")
    assert await town.money() == (0, 0, 7_000, 0)
    town.clock.step(days=1)
    for reference, amount in (("REFUND-01", 3_000), ("REFUND-02", 4_000)):
        assert await town.notify(given_back(town, reference, amount)) == "2005200"
    await town.statement("20,11:00:00,3000,QRIS REFUND-01", "21,12:00:00,-3000,REVERSAL REFUND-01")
    assert await town.money() == (0, 0, 0, 0)
    places = (await get(town, "/api/v1/ledger"))["places"]
    assert places["returned:bsi-1"] == 7_000  # type: ignore[index]
    relations = {
        one["relation"]
        for one in (await get(town, "/api/v1/matches", state="matched"))["matches"]  # type: ignore[attr-defined]
    }
    assert {"payment_refund", "refund_debit"} <= relations
