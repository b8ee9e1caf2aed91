"""Compare what the boxes kept and the town did with what the books say."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jimpitan_wire import cose, records

from jimpitan_simulator.evidence import Recorded
from jimpitan_simulator.flash import kept_envelopes

Kept = tuple[str, int, bytes]


@dataclass(slots=True)
class Verdict:
    """The report of one run: figures, and a sentence for each thing that is wrong."""

    figures: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def must(self, is_so: bool, sentence: str) -> None:
        """Note a sentence when something is not as it must be."""
        if not is_so:
            self.wrong.append(sentence)


def read_flash(folder: Path) -> list[Kept]:
    """Return (box, seq, raw) of every record a fresh reader finds in the flash images."""
    found = []
    for image in sorted(folder.glob("*.flash")):
        for envelope in kept_envelopes(image.read_bytes()):
            fields = records.parse(cose.payload_of(envelope))
            found.append((image.stem, int(str(fields[records.SEQ])), envelope))
    return found


def judge_records(verdict: Verdict, kept: list[Kept], recorded: list[Recorded]) -> None:
    """Every kept record must be recorded once, and nothing else."""
    wanted, found = Counter(kept), Counter(recorded)
    lost = sum((wanted - found).values())
    by_number = Counter((box, seq) for box, seq, _ in recorded)
    doubled = sum(count - 1 for count in by_number.values())
    foreign = sum((found - wanted).values()) - doubled
    verdict.figures |= {
        "records_kept": len(kept),
        "records_recorded": len(recorded),
        "lost": lost,
        "doubled": doubled,
    }
    verdict.must(lost == 0, f"{lost} records that boxes kept are not in the server's books.")
    verdict.must(doubled == 0, f"{doubled} records stand twice in the server's books.")
    verdict.must(foreign <= 0, f"{foreign} recorded records are in no box as they stand there.")
    verdict.must(len(kept) > 0, "No box kept anything: this run shows nothing.")


def judge_deposits(
    verdict: Verdict, kept: list[Kept], truth: dict[str, Any], shown: int
) -> list[int]:
    """Every drop has its record but for at most one a power cut; return the kept drops' ms."""
    wanted: Counter[tuple[str, tuple[int, ...]]] = Counter()
    for box, _, raw in kept:
        fields = records.parse(cose.payload_of(raw))
        body = fields[records.BODY]
        if fields[records.KIND] == records.DEPOSIT and isinstance(body, dict):
            wanted[box, tuple(int(str(body[key])) for key in (1, 2, 3))] += 1
    total = sum(wanted.values())
    unkept, kept_ms = [], []
    for drop in truth["drops"]:
        key = (drop["box"], tuple(drop["features"]))
        if wanted[key] > 0:
            wanted[key] -= 1
            kept_ms.append(drop["at_us"] // 1000)
        else:
            unkept.append(f"{drop['box']} drop {drop['number']}")
    cuts = Counter(box for box, _ in truth["cuts"])
    by_box = Counter(name.split()[0] for name in unkept)
    verdict.figures |= {
        "deposits": len(truth["drops"]),
        "deposits_unkept": unkept,
        "deposits_shown": shown,
    }
    for box, count in by_box.items():
        verdict.must(
            count <= cuts[box], f"{box} kept no record of {count} drops in {cuts[box]} power cuts."
        )
    verdict.must(
        sum(wanted.values()) == 0, f"{sum(wanted.values())} deposits were sensed but not dropped."
    )
    verdict.must(
        shown == total, f"The board shows {shown} deposits; the boxes kept {total} of them."
    )
    return kept_ms


def judge_money(verdict: Verdict, truth: dict[str, Any], totals: dict[str, Any]) -> None:
    """Counted is what was taken out, confirmed and provisional is what donors paid."""
    figures = {
        "truth_cash_idr": truth["cash_idr"],
        "counted_idr": totals["counted_idr"],
        "truth_qris_idr": truth["qris_idr"],
        "confirmed_idr": totals["confirmed_idr"],
        "provisional_idr": totals["provisional_idr"],
        "unattributed_idr": totals["unattributed_idr"],
    }
    verdict.figures |= figures
    verdict.must(
        figures["counted_idr"] == figures["truth_cash_idr"],
        f"Collectors took out {figures['truth_cash_idr']} rupiah;"
        f" {figures['counted_idr']} are counted.",
    )
    known = figures["confirmed_idr"] + figures["provisional_idr"]
    verdict.must(
        known == figures["truth_qris_idr"],
        f"Donors paid {figures['truth_qris_idr']} rupiah by QRIS; {known} are known.",
    )
    verdict.must(figures["confirmed_idr"] > 0, "The bank confirmed nothing.")


def load_truth(folder: Path) -> dict[str, Any]:
    """Return the truth that the town handed over."""
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return truth
