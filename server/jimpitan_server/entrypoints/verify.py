#!/usr/bin/env python3
"""Checks an exported custody ledger against the seals that were published day by day.

    jimpitan-verify ledger.jsonl SEAL [SEAL ...]

Needs nothing but Python; with the package `cryptography` it checks signatures too. It trusts
neither the database nor the server: only the seals, as you kept them.

ledger.jsonl   A line for each entry: a JSON array, a tab, and the chain hash in hex. The array is
               [number, day, counts for, posted at, key, from, to, rupiah, why, reverses, actor].
SEAL           What was published: a file jimpitan-seal-DAY.json, a folder of them, or a text
               with lines "DAY SIZE ROOT", as in a weekly notice.

A seal says: at the end of DAY the ledger had SIZE entries, and their Merkle root was ROOT. The
root is that of RFC 6962: a leaf is SHA-256(0x00 + line), a node SHA-256(0x01 + left + right).
Whoever changes, inserts or removes an entry of a sealed day changes a root that is in your hands;
making the chain anew or signing again does not help him. The seal's file also has the hash of
each of its day's entries, which tells which one it was.

Exit code 0: all sealed days are as published. 1: something was changed. 2: not readable.
"""

import hashlib
import json
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

NOTICE = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d+) ([0-9a-f]{64})")
ROWS_NAMED_MAX = 20  # of one day
Entries = list[tuple[bytes, bytes]]  # (line, chain)
Seals = dict[str, dict[str, Any]]  # by day
Finding = tuple[str, int, str]  # (day, row or 0, what is wrong)


def sha256(content: bytes) -> bytes:
    """Return the SHA-256 hash."""
    return hashlib.sha256(content).digest()


def read_export(path: Path) -> Entries:
    """Return the lines of an exported ledger with their chain hashes."""
    entries = []
    for number, written in enumerate(path.read_bytes().split(b"\n"), 1):
        if written:
            line, tab, chain = written.rpartition(b"\t")
            if not tab or len(chain) != 64:
                raise ValueError(f"{path}, line {number}: no line of an exported ledger")
            entries.append((line, bytes.fromhex(chain.decode())))
    return entries


def read_seals(paths: list[Path]) -> Seals:
    """Return the seals in files, folders and notices."""
    seals: Seals = {}
    for path in paths:
        for file in sorted(path.glob("jimpitan-seal-*.json")) if path.is_dir() else [path]:
            for seal in seals_in(file.read_text(encoding="utf-8")):
                known = seals.setdefault(seal["day"], seal)
                if (known["size"], known["root"]) != (seal["size"], seal["root"]):
                    raise ValueError(f"{file}: two different seals are given for {seal['day']}")
                if "leaves" in seal:
                    seals[seal["day"]] = seal
    if not seals:
        raise ValueError("no seal was given, and without one nothing can be proven")
    return dict(sorted(seals.items()))


def seals_in(text: str) -> list[dict[str, Any]]:
    """Return the seals in one text: the one of a seal's file, or those of a notice."""
    if text.lstrip().startswith("{"):
        return [json.loads(text)]
    found = NOTICE.findall(text)
    return [{"day": day, "size": int(size), "root": root} for day, size, root in found]


def merkle_roots(leaves: list[bytes], sizes: set[int]) -> dict[int, str]:
    """Return the root of the tree over the first `size` leaves, for each size up to their number.

    `subtrees` holds the whole subtrees, (leaves, hash), largest first.
    """
    roots: dict[int, str] = {}
    subtrees: list[tuple[int, bytes]] = []
    for size in range(len(leaves) + 1):
        if size:
            subtrees.append((1, leaves[size - 1]))
        while len(subtrees) > 1 and subtrees[-1][0] == subtrees[-2][0]:
            (count, right), (_, left) = subtrees.pop(), subtrees.pop()
            subtrees.append((2 * count, sha256(b"\x01" + left + right)))
        if size in sizes:
            root = subtrees[-1][1] if subtrees else sha256(b"")
            for _, left in reversed(subtrees[:-1]):
                root = sha256(b"\x01" + left + root)
            roots[size] = root.hex()
    return roots


def wrong_signature(seal: dict[str, Any], trusted_key: str) -> str:
    """Return what is wrong with a seal's signature, "" when nothing is or it has none."""
    if "signature" not in seal:
        return ""
    if seal["public_key"] != trusted_key:
        return "the seal is signed with another key than the first one"
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415
    except ImportError:
        return ""  # the roots prove what matters; a signature only says who published them
    key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(trusted_key))
    statement = f"jimpitan-seal/1\n{seal['day']}\n{seal['size']}\n{seal['root']}\n"
    try:
        key.verify(bytes.fromhex(seal["signature"]), statement.encode())
    except InvalidSignature:
        return "the signature of the seal does not fit"
    return ""


def broken_rows(entries: Entries) -> dict[int, str]:
    """Return where the ledger does not fit itself, by row: numbers, chain, reversals."""
    found: dict[int, str] = {}
    before = b""
    movement_by_number: dict[int, tuple[str, str, int]] = {}
    for row, (line, chain) in enumerate(entries, 1):
        number, _, _, _, _, source, target, amount, why, reverses, _ = json.loads(line)
        if number != row:
            found[row] = f"entry {number} stands where entry {row} should"
        elif sha256(before + line) != chain:
            found[row] = "its chain hash does not fit it and the entries before it"
        elif type(amount) is not int or amount <= 0 or source == target:
            found[row] = "it moves nothing"
        elif why == "closed" and not is_closing(source, target):
            found[row] = "it says that a period was closed, and moves money to another place"
        elif reverses is not None:  # an entry can be taken back once, and only whole
            if movement_by_number.pop(reverses, None) != (target, source, amount):
                found[row] = f"it does not take back entry {reverses} as it stood"
        else:
            movement_by_number[number] = (source, target, amount)
        before = chain
    return found


def is_closing(source: str, target: str) -> bool:
    """Tell whether money goes between what is confirmed and the fund, within one account."""
    ends = sorted((source.partition(":"), target.partition(":")))
    return [one[0] for one in ends] == ["bank_confirmed", "fund"] and ends[0][2] == ends[1][2]


def changed_rows(leaves: list[bytes], seal: dict[str, Any], start: int) -> dict[int, str]:
    """Return where a day's entries are not those that its seal names, by row.

    `start` is how many entries the seal before it covers.
    """
    sealed = seal.get("leaves", [])
    first = seal["size"] - len(sealed)
    changed = {
        row: "it is not the entry that was sealed"
        for row, leaf in enumerate(sealed, first + 1)
        if row <= len(leaves) and leaves[row - 1].hex() != leaf
    }
    absent = range(max(start, len(leaves)) + 1, seal["size"] + 1)
    return changed | dict.fromkeys(absent, "it was sealed, and it is not in the export")


def verify(entries: Entries, seals: Seals) -> list[Finding]:
    """Return everything that is wrong, by day; row 0 where only the day can be told."""
    leaves = [sha256(b"\x00" + line) for line, _ in entries]
    roots = merkle_roots(leaves, {seal["size"] for seal in seals.values()})
    broken = broken_rows(entries)
    trusted_key = next((one["public_key"] for one in seals.values() if "signature" in one), "")
    findings: list[Finding] = []
    start, was_good = 0, True
    for day, seal in seals.items():
        wrong = wrong_signature(seal, trusted_key)
        if wrong:
            findings.append((day, 0, wrong))
        of_day = {row: broken[row] for row in range(start + 1, seal["size"] + 1) if row in broken}
        of_day |= changed_rows(leaves, seal, start)
        is_good = roots.get(seal["size"]) == seal["root"]
        if not is_good and was_good and not of_day:
            of_day[0] = "an entry was changed; the seal's own file would tell which"
        findings += [(day, row, of_day[row]) for row in sorted(of_day)]
        start, was_good = seal["size"], is_good
    return findings + unsealed(entries, broken, start, max(seals))


def unsealed(entries: Entries, broken: dict[int, str], start: int, last: str) -> list[Finding]:
    """Return what is wrong behind the last seal, whose day is `last`."""
    findings: list[Finding] = []
    for row in range(start + 1, len(entries) + 1):
        if json.loads(entries[row - 1][0])[1] <= last:
            findings.append((last, row, "it carries a sealed day, and the seal has it not"))
        elif row in broken:
            findings.append(("not yet sealed", row, broken[row]))
    return findings


def report(entries: Entries, seals: Seals, findings: list[Finding]) -> None:
    """Print the findings and what is good."""
    named: dict[str, int] = {}
    for day, row, what in findings:
        named[day] = named.get(day, 0) + 1
        if named[day] <= ROWS_NAMED_MAX:
            print(f"CHANGED  day {day}, row {row or 'unknown'}: {what}")
    for day, count in named.items():
        if count > ROWS_NAMED_MAX:
            print(f"CHANGED  day {day}: {count - ROWS_NAMED_MAX} more rows")
    last = max(seals)
    days = (date.fromisoformat(last) - date.fromisoformat(min(seals))).days + 1
    if days > len(seals):
        print(f"No seal was given for {days - len(seals)} days before {last}.")
    good = len(seals.keys() - named.keys())
    print(f"{good} of {len(seals)} sealed days are as published; the last is {last}.")
    if len(entries) > seals[last]["size"]:
        rows = f"{seals[last]['size'] + 1} to {len(entries)}"
        print(f"Not yet sealed: rows {rows}. Nobody can vouch for them.")


def main() -> int:
    """Check what the command line names; return the exit code."""
    words = sys.argv[1:]
    if len(words) < 2 or {"-h", "--help"} & set(words):
        print(__doc__)
        return 0 if {"-h", "--help"} & set(words) else 2
    try:
        entries, seals = read_export(Path(words[0])), read_seals([Path(one) for one in words[1:]])
        findings = verify(entries, seals)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"Not readable: {error}")
        return 2
    report(entries, seals, findings)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
