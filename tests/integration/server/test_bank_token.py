"""The door for access tokens (service 73): who is believed, and what is kept of a token."""

import httpx
import pytest
from bank_town import TOKEN_PATH, Bank, earlier, one_bank
from jimpitan_server.adapters.database.bank_schema import access_tokens, bank_refusals
from jimpitan_server.bootstrap import Program
from jimpitan_server.services.issue_token import TOKENS_KEPT_MAX, digest_of
from server_boxes import StepClock
from sqlalchemy import select

pytestmark = pytest.mark.integration


@pytest.fixture
async def bank(program: Program, clock: StepClock, client: httpx.AsyncClient) -> Bank:
    """Return a bank whose scheme needs a token."""
    return await one_bank(program, clock, client, "snap-symmetric")


async def test_a_token_is_given_as_text_and_kept_as_digest_only(bank: Bank) -> None:
    answer = await bank.ask_token()
    found = answer.json()
    assert found == {
        "responseCode": "2007300",
        "responseMessage": "Successful",
        "accessToken": found["accessToken"],
        "tokenType": "Bearer",
        "expiresIn": "900",
    }
    assert answer.headers["x-timestamp"] == bank.town.timestamp
    assert answer.headers["cache-control"] == "no-store"
    async with bank.town.program.database.read() as connection:
        kept = set((await connection.execute(select(access_tokens.c.token_sha256))).scalars())
    assert digest_of(found["accessToken"]) in {bytes(one) for one in kept}
    assert len(found["accessToken"]) == 43


async def test_both_spellings_of_the_grant_are_read_and_any_beginning_of_the_path(
    bank: Bank,
) -> None:
    assert (await bank.ask_token({"grant_type": "client_credentials"})).status_code == 200
    more = {"grantType": "client_credentials", "additionalInfo": {}}
    assert (await bank.ask_token(more)).status_code == 200
    sent = (await bank.ask_token()).request.headers
    headers = {name: value for name, value in sent.items() if name.startswith("x-")}
    body = b'{"grantType":"client_credentials"}'
    behind = await bank.town.client.post("/v1.0/access-token/b2b", content=body, headers=headers)
    assert behind.json()["responseCode"] == "2007300"
    elsewhere = await bank.town.client.post("/v9/access-token/b2b", content=body, headers=headers)
    assert elsewhere.json()["responseCode"] == "4017300"


async def test_each_refusal_has_its_code_and_leaves_a_trail(bank: Bank) -> None:
    cases = (
        ({"X_CLIENT_KEY": ""}, None, "4007302", "Invalid Mandatory Field X-CLIENT-KEY"),
        ({"X_SIGNATURE": ""}, None, "4007302", "Invalid Mandatory Field X-SIGNATURE"),
        ({"X_TIMESTAMP": "kemarin"}, None, "4007301", "Invalid Field Format X-TIMESTAMP"),
        ({"X_CLIENT_KEY": "x" * 65}, None, "4007301", "Invalid Field Format X-CLIENT-KEY"),
        ({"X_CLIENT_KEY": "STRANGER"}, None, "4017300", "Unauthorized. [Unknown client]"),
        ({"X_SIGNATURE": "QUJD"}, None, "4017300", "Unauthorized. Invalid Signature"),
        (
            {"X_TIMESTAMP": earlier(bank.town, seconds=1)},
            None,
            "4017300",
            "Unauthorized. Invalid Signature",
        ),
        (
            {"signed_at": earlier(bank.town, minutes=16)},
            None,
            "4017300",
            "Unauthorized. [Timestamp]",
        ),
        ({}, b"{", "4007300", "Bad Request"),
        ({}, b"[]", "4007300", "Bad Request"),
        ({}, {}, "4007302", "Invalid Mandatory Field grantType"),
        ({}, {"grantType": "password"}, "4007301", "Invalid Field Format grantType"),
    )
    before = await bank.town.count(access_tokens)
    for changed, content, code, sentence in cases:
        answer = await bank.ask_token(content, **changed)
        assert (answer.json()["responseCode"], answer.json()["responseMessage"]) == (
            code,
            sentence,
        )
        assert answer.status_code == int(code[:3])
    assert await bank.town.count(access_tokens) == before
    async with bank.town.program.database.read() as connection:
        kept = await connection.execute(
            select(bank_refusals.c.code).order_by(bank_refusals.c.refusal_id)
        )
        assert list(kept.scalars()) == [code for _, _, code, _ in cases]


async def test_a_partner_without_a_key_for_tokens_gets_none(
    program: Program, clock: StepClock, client: httpx.AsyncClient
) -> None:
    answer = await (await one_bank(program, clock, client, "yokke-like")).ask_token()
    assert answer.json()["responseCode"] == "4017300"


async def test_tokens_are_bounded_and_end(bank: Bank) -> None:
    first = bank.token
    for _ in range(TOKENS_KEPT_MAX):
        bank.town.clock.step(seconds=1)
        await bank.take_token()
    async with bank.town.program.database.read() as connection:
        own = access_tokens.c.partner_id == bank.partner_id
        kept = list(
            (await connection.execute(select(access_tokens.c.token_sha256).where(own))).scalars()
        )
    assert len(kept) == TOKENS_KEPT_MAX
    assert digest_of(first) not in {bytes(one) for one in kept}
    bank.town.clock.step(seconds=900)
    await bank.town.program.maintain()
    assert await bank.town.count(access_tokens) == 0


async def test_a_body_beyond_the_bound_is_no_request(bank: Bank) -> None:
    answer = await bank.town.client.post(TOKEN_PATH, content=b" " * (64 * 1024 + 1))
    assert answer.json()["responseCode"] == "4007300"


async def test_revoking_the_key_ends_the_tokens_it_brought(bank: Bank) -> None:
    desk = bank.town.program.bank
    (key,) = [
        key.key_id
        for view in await desk.partners()
        if view.partner.partner_id == bank.partner_id
        for key in view.keys
        if key.purpose == "token"
    ]
    assert await bank.send(bank.body("R1")) == "2005200"
    await desk.revoke_key(bank.partner_id, key, actor="test")
    assert await bank.send(bank.body("R2")) == "4015201"
