"""The steps for buying and putting together: bill, shopping list, fixture, guide pictures."""

from collections.abc import Sequence

from PIL import Image

from jimpitan_hardware import (
    assembly,
    bill,
    enclosure_steps,
    fixture,
    guide,
    label_sheets,
    labels,
    lettering,
    measuring,
    modules,
    painter,
    sheets,
    wiring,
)
from jimpitan_hardware.bill import Site
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.workshop import Workshop

STICKER_RAISED_MM = 190.0  # above its place, as it is drawn on its way in


def list_parts(work: Workshop) -> None:
    """Check the bill against harness and model; write what the example's sites need."""
    s = work.sizes
    lines = bill.load()
    solids = assembly.assemble(s)
    nested = sheets.nested([*solids, *sheets.coupon(s)], s)
    work.check("bill: the same parts as the harness", bill.check_harness(lines, wiring.load()))
    work.check("bill: as many as in the model", bill.check_counts(lines, solids, nested))
    work.check("bill: bolts and screws fit", bill.check_fastenings(lines, s, modules.load()))
    sites = bill.load_sites()
    boxes = bill.needed(sites).boxes + bill.needed(sites).spare_boxes
    plan(work, sites)
    listed = (work.folder / "bill-of-materials" / "shopping.csv").read_text(encoding="utf-8")
    what = f"shopping list: for the example's {boxes} boxes, spare included"
    work.check(f"bill: {what}", bill.check_shopping(listed, lines, boxes))
    work.check("fixture: the blade tells the beams apart", fixture.check_blade(s))
    for sheet in sheets.nested([fixture.blade(s)], s):
        file = work.write("enclosure/fixture.dxf", sheets.drawing(sheet, s))
        work.check("fixture: its name is engraved in it", lettering.check_letters(file))


def plan(work: Workshop, sites: Sequence[Site]) -> str:
    """Write the shopping list of sites; return the sentence that sums it up."""
    lines = bill.load()
    count = bill.needed(sites)
    boxes = count.boxes + count.spare_boxes
    if boxes:
        work.write("bill-of-materials/shopping.csv", bill.shopping(lines, boxes))
    core, plus = bill.cost_idr(lines, "core"), bill.cost_idr(lines, "plus")
    months = sorted({line.priced_on for line in lines})
    return (
        f"{count.boxes} boxes and {count.spare_boxes} spare, {count.cans} cans and "
        f"{count.spare_cans} spare. Estimate of {', '.join(months)}, ±25 %: core {_rupiah(core)} "
        f"a box, plus {_rupiah(plus)} more; {boxes} core boxes {_rupiah(boxes * core)}."
    )


def _rupiah(amount_idr: int) -> str:
    """Return an amount as Indonesians write it: Rp 1.000."""
    return f"Rp {amount_idr:,}".replace(",", ".")


def paint_guide(work: Workshop) -> None:
    """Paint a picture of each step, and check that they make a whole box."""
    solids = assembly.assemble(work.sizes)
    steps = f"{len(guide.STEPS)} steps"
    work.check(f"guide: {steps} put in every part once", guide.check_steps(solids))
    work.check("guide: throat, floor and cover come in unhindered", guide.check_ways(solids))
    work.check("guide: the workshop's measuring table is the model's", measuring.check_table())
    work.check("guide: its table of engraved names", lettering.check_table(solids))
    order = ", ".join(guide.MODULES)
    work.check(f"guide: modules come in in their order: {order}", guide.check_modules_in(solids))
    for number, step in enumerate(guide.STEPS):
        picture = painter.paint(guide.shown(solids, number), step.view, guide.PICTURE)
        painter.save(picture, work.place(f"pictures/step-{number + 1:02}.png"))
    painter.save(sticker_going_in(work.sizes), work.place("pictures/step-13-sticker.png"))


def sticker_going_in(s: Sizes) -> Image.Image:
    """Paint the sticker on its way in through the open lid, down behind the front."""
    solids = assembly.opened(assembly.unlocked(assembly.assemble(s)), s, s.lid_opens_degrees)
    walls = ("front", "left", "right", "floor", "strip", "lid", "lip", "bay front")
    seen = [one for one in solids if one.name.startswith(walls)]
    coming = enclosure_steps.sticker_field(s).moved(0, 0, STICKER_RAISED_MM)
    example = label_sheets.trimmed("box", labels.load_texts(), labels.load_containers()[0])
    return painter.paint([*seen, coming], guide.FRONT, guide.PICTURE, sticker=example)
