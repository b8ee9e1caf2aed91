"""Compare what the boxes kept and the town did with what the books say."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jimpitan_wire import cose, records

from jimpitan_simulator.desk import Desk
from jimpitan_simulator.evidence import Recorded
from jimpitan_simulator.flash import kept_envelopes

Kept = tuple[str, int, bytes]
Money = dict[str | None, int]  # rupiah by box; None where no box can be known
KEEPING_US = 1_000_000  # from the end of a passage to the end of its record, with a slow step


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
    cuts = [(box, at_us) for box, _, at_us in truth["cuts"]]
    for drop in truth["drops"]:
        key = (drop["box"], tuple(drop["features"]))
        if wanted[key] > 0:
            wanted[key] -= 1
            kept_ms.append(drop["at_us"] // 1000)
        else:
            unkept.append(f"{drop['box']} drop {drop['number']}")
            if not _take_cut(cuts, drop):
                verdict.must(False, f"{unkept[-1]} has no record, and no power cut explains it.")
    verdict.figures |= {
        "deposits": len(truth["drops"]),
        "deposits_unkept": unkept,
        "deposits_shown": shown,
    }
    verdict.must(
        sum(wanted.values()) == 0, f"{sum(wanted.values())} deposits were sensed but not dropped."
    )
    verdict.must(
        shown == total, f"The board shows {shown} deposits; the boxes kept {total} of them."
    )
    return kept_ms


def _take_cut(cuts: list[tuple[str, int]], drop: dict[str, Any]) -> bool:
    """Use up the power cut that struck while a drop passed or was being kept, if one did."""
    over_us = drop["at_us"] + sum(drop["features"][1:]) + KEEPING_US
    for cut in cuts:
        if cut[0] == drop["box"] and drop["at_us"] <= cut[1] <= over_us:
            cuts.remove(cut)
            return True
    return False


def judge_boxes(
    verdict: Verdict, truth: dict[str, Any], desk: Desk, books: tuple[Money, Money]
) -> None:
    """Each box's counts are what was taken out of it; each payment stands at its own box."""
    counted, paid = books
    taken: Money = {}
    for opening in truth["openings"]:
        amount_idr = sum(value * pieces for value, _, pieces in opening["pieces"])
        taken[opening["box"]] = taken.get(opening["box"], 0) + amount_idr
    for box in sorted({*taken, *counted}, key=str):
        was, now = taken.get(box, 0), counted.get(box, 0)
        verdict.must(was == now, f"{was} rupiah were taken out of {box}; {now} are counted there.")
    given: Money = {}
    for payment in truth["payments"]:
        box = desk.attributable(payment["reference"], payment["box"])
        given[box] = given.get(box, 0) + payment["amount_idr"]
    for box in sorted({*given, *paid} - {None}, key=str):
        was, now = given.get(box, 0), paid.get(box, 0)
        verdict.must(was == now, f"{was} rupiah were paid at {box} by QRIS; {now} stand there.")
    unknown, shown = given.get(None, 0), verdict.figures["unattributed_idr"]
    verdict.must(
        unknown == shown, f"{unknown} rupiah can be of no known box; {shown} are unattributed."
    )


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
