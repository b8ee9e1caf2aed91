"""Prepare a server's database for a town: schema, boxes, gateway, people, bank, codes.

Reads one JSON object from standard input and answers with one; the server's settings come from
the environment as they do for the server itself.
"""

import asyncio
import base64
import contextlib
import importlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from jimpitan_server import bootstrap

SYNTHETIC_MPAN = "936009990000000001"  # 93600999 is nobody's national number: synthetic only
SYNTHETIC_NMID = "ID0000000000001"


async def prepare(order: dict[str, Any]) -> dict[str, str]:
    """Bring the schema up to date and make everybody known; return the gateway's token."""
    program = await bootstrap.build(bootstrap.Settings())
    try:
        await program.migrate()
        for box in order["boxes"]:
            await program.add_box(box["id"], epoch=1, key=base64.b64decode(box["key"]))
        for user in order.get("users", ()):
            await program.add_user(user["name"], role=user["role"], password=user["password"])
        for box, terminal in order.get("terminals", {}).items():
            await program.money.register_code(
                box=box, payload=payload(terminal), store_id=None, merchant_id=None
            )
        if order.get("defect") == "no-unique-key":
            await drop_unique_key(program)
        return {"token": await program.add_gateway(order["gateway"])}
    finally:
        await program.close()


def payload(terminal: str | None) -> str:
    """Return a synthetic QRIS payload, its own for a terminal or the shared one without."""

    def entry(tag: str, value: str) -> str:
        return f"{tag}{len(value):02d}{value}"

    account = entry("00", "ID.CO.CONTOH.WWW") + entry("01", SYNTHETIC_MPAN)
    account += entry("02", "0000000001") + entry("03", "URE")
    national = entry("00", "ID.CO.QRIS.WWW") + entry("02", SYNTHETIC_NMID) + entry("03", "URE")
    text = entry("00", "01") + entry("01", "11") + entry("26", account) + entry("51", national)
    text += entry("52", "8398") + entry("53", "360") + entry("58", "ID")
    text += entry("59", "KOTA SIMULASI") + entry("60", "KOTA CONTOH") + entry("61", "42311")
    if terminal:
        text += entry("62", entry("07", terminal))
    text += "6304"
    return text + f"{crc16(text.encode()):04X}"


def crc16(content: bytes) -> int:
    """Return CRC-16/CCITT-FALSE, as EMVCo QR codes end with; written apart from the server's."""
    value = 0xFFFF
    for byte in content:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
            value &= 0xFFFF
    return value


def add_partner(partner: dict[str, str]) -> None:
    """Make the bank known as an operator does: with the command line of the server."""
    app = importlib.import_module("jimpitan_server.entrypoints.cli").app
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder, "bank.pem")
        key.write_text(partner["public_key"], encoding="utf-8")
        words = ["partner", "add", partner["id"], "--public-key", str(key)]
        words += ["--account", partner["account"], "--path", partner["path"], "--json"]
        with contextlib.redirect_stdout(sys.stderr):
            app(words, standalone_mode=False)


async def drop_unique_key(program: bootstrap.Program) -> None:
    """Plant a defect: the same table of records, without its key."""
    async with program.database.write() as connection:
        if connection.dialect.name == "postgresql":
            await connection.exec_driver_sql("ALTER TABLE records DROP CONSTRAINT pk_records")
            return
        for statement in (
            "CREATE TABLE keyless AS SELECT * FROM records",
            "DROP TABLE records",
            "ALTER TABLE keyless RENAME TO records",
        ):
            await connection.exec_driver_sql(statement)


if __name__ == "__main__":
    wanted = json.load(sys.stdin)
    answer = asyncio.run(prepare(wanted))
    if "partner" in wanted:
        add_partner(wanted["partner"])
    print(json.dumps(answer))  # noqa: T201 -- the parent reads it
