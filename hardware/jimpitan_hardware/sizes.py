"""Every length of the enclosure in millimetres, with its reason; what a shop measures is set here.

Axes: x from left to right, y from front to back, z upwards; the outer corner at the front, left
and bottom is the origin. No box has been built from these numbers yet.
"""

from dataclasses import dataclass


class UnfitSizes(ValueError):
    """Sizes from which no box can be built; the sentence says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The numbers of one enclosure. Raises `UnfitSizes`."""

    # Lebak's plan: acrylic, 20 x 10 x 40 cm. It does not say which is the height; 40 is taken.
    width_mm: float = 200.0
    depth_mm: float = 100.0
    height_mm: float = 400.0

    # Measured by the shop for each batch of sheets and each laser.
    thickness_mm: float = 4.0  # sheets sold as 4 mm vary by 10 %: measure with a calliper
    kerf_mm: float = 0.20  # published: 0.18 mm at 1.6 mm of acrylic to 0.25 mm at 6.4 mm
    clearance_mm: float = 0.10  # between finger and gap, for the glue; by the coupon
    sheet_width_mm: float = 900.0
    sheet_height_mm: float = 600.0
    spacing_mm: float = 5.0  # between parts: the bridges must not melt
    margin_mm: float = 8.0  # to the edge of the sheet, where clamps hold it

    # The top: lid in front, strip behind, between them the knuckle of a piano hinge.
    lid_depth_mm: float = 52.0
    hinge_gap_mm: float = 6.0  # takes a knuckle of 5 mm; the leaves are screwed from inside
    knuckle_mm: float = 5.0
    leaf_mm: float = 12.0
    leaf_thick_mm: float = 1.0
    lid_opens_degrees: float = 90.0

    # Slot and throat. The slot takes a note of 65 mm folded to four layers and every coin.
    slot_width_mm: float = 85.0
    slot_gap_mm: float = 5.0
    slot_y_mm: float = 77.0
    beam_a_depth_mm: float = 38.0  # a coin let go at the rim falls 10 to 30 mm to this beam
    beam_spacing_mm: float = 30.0  # best of 15 to 40 mm in a Monte-Carlo of four coins
    beam_hole_mm: float = 3.0
    beam_part_mm: float = 5.2  # an infrared LED of 5 mm
    bay_floor_depth_mm: float = 104.0  # to the bay floor's face: under the controller goes a plug

    # The flap under the throat: leaves of thin film that lean on the chute, as a check valve.
    chute_degrees: float = 38.0  # from the vertical; 30 to 45 lets cash slide
    chute_start_mm: float = 17.0  # below the bay floor's underside
    chute_length_mm: float = 37.0
    flap_length_mm: float = 30.0
    flap_thick_mm: float = 0.8  # PET film: light enough to be opened by a note
    flap_leaves: int = 17  # each on its own: what a wire lifts is one of them
    flap_axis_y_mm: float = 72.5
    flap_axis_drop_mm: float = 3.0
    flap_opens_degrees: float = 75.0

    # Floating plate on a bar cell of 5 kg; sizes of the cell as commonly sold, unverified.
    plate_width_mm: float = 180.0
    plate_depth_mm: float = 84.0
    plate_gap_mm: float = 3.0  # at least, all round: a plate that rubs weighs too little
    plate_cover_mm: float = 1.2  # under the skirt; less than the thinnest coin
    cell_length_mm: float = 80.0
    cell_side_mm: float = 12.7
    overload_gap_mm: float = 0.5  # bolts stop the plate before the cell is bent
    skirt_mm: float = 10.0

    # Lid switches: glass reeds in rails on the side walls, magnets in the lid.
    reed_y_mm: float = 22.0
    rail_half_mm: float = 5.5  # half the height of a rail
    reed_closed_max_mm: float = 13.0  # published for common pairs of reed and magnet
    reed_open_min_mm: float = 25.0
    magnet_mm: float = 8.0

    # Sticker behind the acrylic of the front.
    sticker_width_mm: float = 180.0
    sticker_height_mm: float = 300.0
    sticker_z_mm: float = 50.0

    def __post_init__(self) -> None:
        """Refuse what no shop could cut or glue."""
        wrong = [
            (not 3.6 <= self.thickness_mm <= 4.4, "The sheet is 3.6 to 4.4 mm thick."),
            (not 0.0 <= self.kerf_mm <= 0.6, "A kerf is 0 to 0.6 mm wide."),
            (not 0.0 <= self.clearance_mm <= 0.3, "The clearance of a joint is 0 to 0.3 mm."),
            (self.plate_room_mm < self.plate_gap_mm, "The plate is too near to the walls."),
            (self.slot_gap_mm > 6.0, "A hand's wire and fingers: the slot is at most 6 mm."),
            (self.throat_mm < 60.0, "The throat is at least 60 mm long."),
        ]
        if sentences := [sentence for is_wrong, sentence in wrong if is_wrong]:
            raise UnfitSizes(" ".join(sentences))

    @property
    def strip_y_mm(self) -> float:
        """Where the head strip begins, behind lid and knuckle."""
        return self.lid_depth_mm + self.hinge_gap_mm

    @property
    def hinge_y_mm(self) -> float:
        """The axis of the hinge, in the middle of the gap."""
        return self.lid_depth_mm + self.hinge_gap_mm / 2

    @property
    def hinge_z_mm(self) -> float:
        """The axis of the hinge: the knuckle ends flush with the top."""
        return self.height_mm - self.knuckle_mm / 2

    @property
    def beam_a_z_mm(self) -> float:
        """The upper beam."""
        return self.height_mm - self.beam_a_depth_mm

    @property
    def beam_b_z_mm(self) -> float:
        """The lower beam."""
        return self.beam_a_z_mm - self.beam_spacing_mm

    @property
    def bay_floor_z_mm(self) -> float:
        """The underside of the bay's floor, which is the ceiling of the outlet."""
        return self.height_mm - self.bay_floor_depth_mm - self.thickness_mm

    @property
    def reed_z_mm(self) -> float:
        """The reeds, in rails close under the lip of the lid."""
        return self.height_mm - 2 * self.thickness_mm - self.rail_half_mm - 0.5

    @property
    def throat_mm(self) -> float:
        """From the top of the slot to the end of the straight throat."""
        return self.height_mm - self.bay_floor_z_mm

    @property
    def plate_z_mm(self) -> float:
        """The underside of the plate: floor, spacer, cell and spacer lie below it."""
        return 3 * self.thickness_mm + self.cell_side_mm

    @property
    def plate_room_mm(self) -> float:
        """The smallest distance between plate and walls."""
        inner = 2 * self.thickness_mm
        across = (self.width_mm - inner - self.plate_width_mm) / 2
        return min(across, (self.depth_mm - inner - self.plate_depth_mm) / 2)
