"""The steps that build the enclosure: solids, checks, sheets, the model to look at, pictures."""

import numpy
import trimesh
from PIL import Image, ImageDraw

from jimpitan_hardware import (
    assembly,
    cash,
    fit,
    guide,
    insertions,
    label_sheets,
    labels,
    lettering,
    painter,
    passage,
    sheets,
    shell,
    step_file,
)
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, facing, level, without
from jimpitan_hardware.workshop import Workshop

PICTURE = (560, 760)
ALPHA = {"clear": 90, "film": 220}


def check_assembly(work: Workshop) -> None:
    """Check the solids: nothing collides, everything that must move does."""
    s = work.sizes
    solids = assembly.assemble(s)
    pairs = len(solids) * (len(solids) - 1) // 2
    checks = {
        f"assembly: {len(solids)} parts, {pairs} pairs, no two share room": (
            assembly.check_collisions
        ),
        "assembly: walls are exactly outer less inner": assembly.check_volume,
        f"lid: unlocked, it swings {s.lid_opens_degrees:.0f}° while all else stands still": (
            assembly.check_swing
        ),
        "lid: locked, it does not open": assembly.check_locked,
        "lid switches: near when closed, far when open": assembly.check_switches,
        f"beams: both lines clear, {s.beam_spacing_mm:.0f} mm apart": assembly.check_beams,
        "plate: clear of walls and skirt, stopped at overload": assembly.check_plate,
        "plate: the skirt covers its edge all round": assembly.check_skirt,
        "seal: a wire goes through lid and front": assembly.check_seal,
        "cover: its screws pass it and bite into the frame": assembly.check_cover,
        "sticker: fits on bare acrylic": assembly.check_sticker,
        "modules: every hole is drilled": assembly.check_modules,
        "modules: screws go through and bite": fit.check_studs,
        "controller: on its sockets, with wires, under the cover": fit.check_stack,
        "controller: an angled USB plug goes in": fit.check_usb,
        "strip: lights, buzzer and speaker under their holes": fit.check_head,
        "screen: seen through the strip": fit.check_screen,
        "colour sensor: sees the cash, its pane is flush": fit.check_colour,
    }
    for what, check in checks.items():
        work.check(what, check(solids, s))


def check_passage(work: Workshop) -> None:
    """Check that cash falls through and a hook does not come back."""
    s = work.sizes
    solids = assembly.assemble(s)
    money = cash.load()
    thousand = f"{insertions.INSERTIONS} insertions of {len(money.coins)} coins and folded notes"
    work.check(
        f"throat: {thousand}, each followed out below",
        insertions.check_insertions(solids, s, money),
    )
    work.check(
        "throat: out below from every pose in the slot", passage.check_poses(solids, s, money)
    )
    work.check("flap: closed by its weight, no straight way in", passage.check_flap(s))
    work.check("flap: a wire hook does not come back", passage.check_hook(solids, s))


def draw_sheets(work: Workshop) -> None:
    """Write the sheets and the coupon as DXF, and read them again."""
    s = work.sizes
    solids = assembly.assemble(s)
    trial = sheets.coupon(s)
    found = sheets.nested([*solids, *trial], s)
    work.check("sheets: every part once", sheets.check_complete(found, [*solids, *trial]))
    work.check(
        f"sheets: kerf {s.kerf_mm} mm less clearance {s.clearance_mm} mm in every part",
        sheets.check_kerf(found, s),
    )
    webs = sheets.check_webs([*solids, *trial])
    work.check(f"sheets: at least {sheets.WEB_MM} mm are left beside every hole", webs)
    faults = []
    for sheet in found:
        file = work.write(f"enclosure/{sheet.name}.dxf", sheets.drawing(sheet, s))
        faults += sheets.check_drawing(file, s) + lettering.check_letters(file)
    only = [one for one in sheets.nested(trial, s) if one.placed]
    for sheet in only:
        file = work.write("enclosure/coupon.dxf", sheets.drawing(sheet, s))
        faults += sheets.check_drawing(file, s) + lettering.check_letters(file)
        gaps = [round(gap, 2) for _, gap in sheets.coupon_gaps(s)]
        what = f"coupon: gaps of {gaps[0]:g} to {gaps[-1]:g} mm are cut as they are named"
        work.check(what, sheets.check_coupon(file, s))
    what = f"sheets: {len(found)} drawings, contours closed, on the sheet, spaced"
    work.check(what, faults)
    painter.save(picture_of_sheet(found[0], s), work.place("pictures/sheet.png"))


def picture_of_sheet(sheet: sheets.Sheet, s: Sizes) -> Image.Image:
    """Return a sheet as a picture, one pixel a millimetre."""
    scale = 2
    size = (int(s.sheet_width_mm), int(s.sheet_height_mm))
    image = Image.new("RGB", (size[0] * scale, size[1] * scale), painter.BACKGROUND)
    draw = ImageDraw.Draw(image)
    for placed in sheet.placed:
        for number, ring in enumerate((placed.line.exterior, *placed.line.interiors)):
            points = [(x * scale, (size[1] - y) * scale) for x, y in ring.coords]
            fill = painter.BACKGROUND if number else painter.COLOURS["clear"]
            draw.polygon(points, fill=fill, outline=painter.INK)
    draw.rectangle((0, 0, size[0] * scale - 1, size[1] * scale - 1), outline=painter.INK)
    return image.resize(size, Image.Resampling.LANCZOS)


def model(work: Workshop) -> None:
    """Write the closed box as GLB, to turn it in any viewer."""
    scene = trimesh.Scene()
    for solid in assembly.assemble(work.sizes):
        mesh = solid.body().to_mesh()
        # A viewer's up is y, and its unit the metre.
        points = numpy.asarray(mesh.vert_properties)[:, :3][:, (0, 2, 1)] / 1000
        points[:, 2] *= -1
        shape = trimesh.Trimesh(points, numpy.asarray(mesh.tri_verts), process=False)
        colour = (*painter.COLOURS[solid.material], ALPHA.get(solid.material, 255))
        material = trimesh.visual.material.PBRMaterial(
            baseColorFactor=colour,
            alphaMode="BLEND" if colour[3] < 255 else "OPAQUE",
            doubleSided=True,
        )
        shape.visual = trimesh.visual.TextureVisuals(material=material)
        scene.add_geometry(shape, node_name=solid.name, geom_name=solid.name)
    work.write("enclosure/box.glb", scene.export(file_type="glb"))


def step_model(work: Workshop) -> None:
    """Write the closed box as STEP, to go on with it in a CAD program."""
    step_file.write(assembly.assemble(work.sizes), work.place("enclosure/box.step"))


def sticker_field(s: Sizes) -> Solid:
    """Return the sticker behind the front, for pictures."""
    left = (s.width_mm - s.sticker_width_mm) / 2
    top = s.sticker_z_mm + s.sticker_height_mm
    return Solid(
        name="sticker",
        outline=bar(left, s.sticker_z_mm, left + s.sticker_width_mm, top),
        plane=facing(s.thickness_mm + 0.3),
        height_mm=0.2,
        material="sticker",
    )


def slot_frame(s: Sizes) -> Solid:
    """Return a frame around the slot, so that pictures show where the cash goes in."""
    slot = shell.slot(s)
    return Solid(
        name="slot frame",
        outline=without(slot.buffer(2.5, join_style="mitre"), slot),
        plane=level(s.height_mm),
        height_mm=0.3,
        material="film",
    )


# How far each group of parts is drawn from its place: by the beginning of its name.
EXPLODED: dict[str, tuple[float, float, float]] = {
    "front": (0, -150, 0),
    "catch": (0, -110, 0),
    "left": (-130, 0, 0),
    "right": (130, 0, 0),
    "rail left": (-65, 0, 0),
    "rail right": (65, 0, 0),
    "reed left": (-65, 0, 0),
    "reed right": (65, 0, 0),
    "back": (0, 210, 0),
    "cover frame": (0, 130, 0),
    "cover": (0, 270, 0),
    "strip": (0, 0, 110),
    "knuckle": (0, 0, 110),
    "lid": (0, 0, 110),
    "lip": (0, 0, 60),
    "lock": (0, 0, 150),
    "cam": (0, 0, 20),
    "magnet": (0, 0, 40),
    "skirt": (0, 0, 50),
    "plate": (0, 0, 25),
    "spacer free": (0, 0, 15),
    "spacer fixed": (0, 0, -25),
    "stop": (0, 0, -60),
    "floor": (0, 0, -60),
    "block": (0, 0, -30),
    "bay front": (0, -60, 0),
    "bay floor": (0, 0, -110),
    "module": (0, 70, 0),
    "stud": (0, 70, 0),
    "head of": (0, 70, 0),
    "nut of": (0, 70, 0),
    **dict.fromkeys(guide.FITTED, (0, 100, 0)),
    **dict.fromkeys(guide.UNDER_STRIP, (0, 0, 85)),
    "outer nut": (0, 110, 0),
}


def exploded(solids: list[Solid]) -> list[Solid]:
    """Return the parts drawn apart, each on the way on which it is put in."""
    found = []
    for solid in solids:
        names = [name for name in EXPLODED if solid.name.startswith(name)]
        found.append(solid.moved(*EXPLODED[max(names, key=len)]) if names else solid)
    return found


def pictures(work: Workshop) -> None:
    """Paint the box closed, open, from behind and taken apart."""
    s = work.sizes
    solids = list(assembly.assemble(s))
    example = label_sheets.trimmed("box", labels.load_texts(), labels.load_containers()[0])
    dressed = [*solids, sticker_field(s), slot_frame(s)]
    open_too = assembly.opened(assembly.unlocked(dressed), s, s.lid_opens_degrees)
    behind = [one for one in solids if one.group != "cover" and one.name != "back"]
    throat = ("cheek right", "throat", "chute", "rod", "leaf", "receiver", "strip", "bay floor")
    views = {
        "closed": (dressed, painter.View(-28, 38)),
        "open": (open_too, painter.View(-30, 30)),
        "behind": (behind, painter.View(152, 26)),
        "exploded": (exploded(solids), painter.View(-36, 24)),
        "throat": ([p for p in solids if p.name.startswith(throat)], painter.View(-62, 12)),
    }
    for name, (parts, view) in views.items():
        image = painter.paint(parts, view, PICTURE, sticker=example)
        painter.save(image, work.place(f"pictures/{name}.png"))
