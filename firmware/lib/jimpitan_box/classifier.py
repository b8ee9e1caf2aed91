"""What went through the slot, from its times, its mass and its colour: with honest likelihoods.

Every hypothesis (a coin of one kind, a note of one kind, two coins at once, a note around a
coin, anything else) gets the density of all that was seen; their shares are the likelihoods. A
guess is evidence for a person and never money.
"""

from jimpitan_wire import records

from jimpitan_box import likelihood
from jimpitan_box.fall import diameter_um

MYPY = False
if MYPY:
    from jimpitan_box.calibration import Calibration
    from jimpitan_box.colour import Colour, Tint
    from jimpitan_box.config import Config
    from jimpitan_box.scale import Step

    Passage = tuple[int, int, int]  # dwell in A, dwell in B, transit, in us
    Hypothesis = tuple[int, int, int, int]  # log, form, rupiah or 0, pieces

# Prior shares as logarithms: coins and notes alike; 1 in 200 two at once, or coin in
# note; 1 in 500 anything else.
COIN_PRIOR, NOTE_PRIOR, PAIR_PRIOR, BUNDLE_PRIOR, UNKNOWN_PRIOR = -714, -714, -5300, -5300, -6200
FALLS, FALLS_NOT = -30, -3507  # 97 in 100 single coins fall freely
NOTE_FALLS, NOTE_FALLS_NOT = -3000, -51
TYPICAL = 1609  # five times as likely: the gift that the programme asks for
ODD = -8000  # a dwell that this form has once in 3000 cases
NOTE_FAST = -4000  # one note in 50 is folded small and pushed as fast as a coin falls
NOTE_MG, NOTE_MG_DEVIATION = 820, 130  # 65 mm x 121 to 151 mm of paper of 85 to 110 g/m2
WEAR_PERMILLE = 12  # wear, dirt and the place on the plate, of a coin's mass
DIAMETER_UM_WIDTH, MASS_MG_WIDTH = 60000, 14000
GUESSES_MAX = 4
COIN_UM_MIN, COIN_UM_MAX = 17000, 30000
COIN_MG_MIN = 1300
TYPICAL_MG, MEMORY = 3200, 32
PIECE_MG_MIN = 600  # less than the lightest note


class Weighing:
    """What one step of mass, and what fell in it, most likely is."""

    def __init__(
        self, *, form: int, pieces: int, guesses: "list[list[int]]", step: "Step"
    ) -> None:
        self.form = form
        self.pieces = pieces
        self.guesses = guesses  # [form, rupiah or 0, per mille], likeliest first
        self.mass_mg = step.mass_mg
        self.deviation_mg = step.deviation_mg
        self.count = step.count


class Classifier:
    """Fuses beams, mass step and colour, by the calibration of one box."""

    def __init__(self, config: "Config", calibration: "Calibration", colour: "Colour") -> None:
        self._config = config
        self._calibration = calibration
        self._colour = colour
        self._typical_mg = TYPICAL_MG  # of the coins that this box gets

    def weigh(
        self, passages: "list[Passage]", step: "Step", splits: int, tint: "Tint | None"
    ) -> Weighing:
        """Judge what fell during one step of mass; `splits` shadows had no partner in beam A."""
        if (len(passages) == 1 and not splits) or self._is_torn(passages, step):
            return self._one(_longest(passages), step, tint)
        pieces, form = self._many(passages, step, splits)
        return Weighing(form=form, pieces=pieces, guesses=[], step=step)

    def diameter_um(self, passage: "Passage") -> "int | None":
        """Return the diameter of what fell freely, else None."""
        a_us, b_us, transit_us = passage
        return diameter_um(a_us, b_us, transit_us, self._calibration.spacing_um)

    def _one(self, passage: "Passage", step: "Step", tint: "Tint | None") -> Weighing:
        found = self._hypotheses(passage, step, tint)
        shares = likelihood.shares([log for log, _, _, _ in found])
        by_label: "dict[tuple[int, int], int]" = {}
        pieces_by_label: "dict[tuple[int, int], int]" = {}
        for index in range(len(found)):
            _, form, amount_idr, pieces = found[index]
            label = (form, amount_idr)
            by_label[label] = by_label.get(label, 0) + shares[index]
            pieces_by_label[label] = pieces
        ranked = sorted([(-share, form, amount) for (form, amount), share in by_label.items()])
        guesses = [[form, amount, -share] for share, form, amount in ranked[:GUESSES_MAX]]
        guesses = [guess for guess in guesses if guess[2]]
        if guesses[0][2] < self._config.confident_permille:
            form, pieces = self._form(by_label, pieces_by_label)
            rest = [[records.FORM_UNKNOWN, 0, 0]]
            return Weighing(form=form, pieces=pieces, guesses=rest + guesses, step=step)
        form, amount, _ = guesses[0]
        pieces = pieces_by_label[(form, amount)]
        if form == records.FORM_COIN and amount and step.deviation_mg:
            self._typical_mg += (step.mass_mg - self._typical_mg) // MEMORY
        return Weighing(form=form, pieces=pieces, guesses=guesses, step=step)

    def _form(
        self, by_label: "dict[tuple[int, int], int]", pieces_by_label: "dict[tuple[int, int], int]"
    ) -> "tuple[int, int]":
        """Return (form, pieces) when no kind is sure: the form may be."""
        by_form: "dict[int, int]" = {}
        for (form, _), share in by_label.items():
            by_form[form] = by_form.get(form, 0) + share
        share, label = max([(share, label) for label, share in by_label.items()])
        pieces = pieces_by_label[label]
        if by_form[label[0]] < self._config.confident_permille:
            return records.FORM_UNKNOWN, pieces
        return label[0], pieces

    def _hypotheses(
        self, passage: "Passage", step: "Step", tint: "Tint | None"
    ) -> "list[Hypothesis]":
        diameter = self.diameter_um(passage)
        coins = self._calibration.coins
        any_diameter = likelihood.flat(DIAMETER_UM_WIDTH) if diameter is not None else 0
        dwell_us = max(passage[0], passage[1])
        is_long = dwell_us >= self._config.note_us_min
        as_coin = ODD if is_long or dwell_us < self._config.coin_us_min else 0
        as_note = 0 if dwell_us > self._config.coin_us_max else NOTE_FAST
        prior = COIN_PRIOR - likelihood.log(len(coins))
        note_falls = NOTE_FALLS + any_diameter if diameter is not None else NOTE_FALLS_NOT
        found: "list[Hypothesis]" = []
        for coin in coins:
            falls = FALLS_NOT if diameter is None else FALLS + self._wide(diameter, coin[1])
            log = prior + as_coin + falls + self._heavy(step, coin[2])
            found.append((log, records.FORM_COIN, coin[0], 1))
            log = BUNDLE_PRIOR - likelihood.log(len(coins)) + as_note + note_falls
            log += self._heavy(step, coin[2] + NOTE_MG, NOTE_MG_DEVIATION)
            found.append((log, records.FORM_BUNDLE, 0, 2))
        found += self._pairs(step, as_coin + any_diameter)
        note = NOTE_PRIOR + as_note + note_falls + self._heavy(step, NOTE_MG, NOTE_MG_DEVIATION)
        found += self._notes(note, tint)
        log = UNKNOWN_PRIOR + any_diameter + likelihood.flat(MASS_MG_WIDTH)
        found.append((log, records.FORM_UNKNOWN, 0, 1))
        typical = self._config.typical_idr
        if not typical:
            return found
        return [
            (one[0] + TYPICAL if one[2] == typical else one[0], one[1], one[2], one[3])
            for one in found
        ]

    def _pairs(self, step: "Step", before: int) -> "list[Hypothesis]":
        coins = self._calibration.coins
        prior = PAIR_PRIOR - likelihood.log(len(coins) * (len(coins) + 1) // 2) + before
        found: "list[Hypothesis]" = []
        for index in range(len(coins)):
            for other in range(index + 1):
                log = prior + self._heavy(step, coins[index][2] + coins[other][2])
                found.append((log, records.FORM_COIN, 0, 2))
        return found

    def _notes(self, before: int, tint: "Tint | None") -> "list[Hypothesis]":
        if tint is None:
            return [(before, records.FORM_NOTE, 0, 1)]
        kinds = self._colour.kinds(tint)
        each = before - likelihood.log(len(kinds) - 1)
        whole = 3 * likelihood.flat(900)  # the same for all that is not a note
        return [
            (each + log - whole if amount else before + log - whole, records.FORM_NOTE, amount, 1)
            for amount, log in kinds
        ]

    def _wide(self, diameter: int, mean_um: int) -> int:
        """Return the log density of a diameter, with a tail for odd flights."""
        deviation = self._calibration.diameter_um_deviation
        bell = likelihood.bell(diameter, mean_um, deviation)
        return max(bell, likelihood.bell(diameter, mean_um, 4 * deviation) - 4000)

    def _heavy(self, step: "Step", mean_mg: int, own_mg: int = 0) -> int:
        """Return the log density of a step of mass for something of a mean mass."""
        if not step.deviation_mg:
            return likelihood.flat(MASS_MG_WIDTH)
        wear_mg = mean_mg * WEAR_PERMILLE // 1000
        own = step.deviation_mg * step.deviation_mg + wear_mg * wear_mg + own_mg * own_mg
        own += self._calibration.step_mg_deviation * self._calibration.step_mg_deviation
        deviation = likelihood.root(own)
        bell = likelihood.bell(step.mass_mg, mean_mg, deviation)
        return max(bell, likelihood.bell(step.mass_mg, mean_mg, 4 * deviation) - 5000)

    def _is_torn(self, passages: "list[Passage]", step: "Step") -> bool:
        """Return whether several passages weigh less than two notes: one with a ragged edge."""
        heaviest_mg = step.mass_mg + 2 * step.deviation_mg
        return bool(passages) and 0 < heaviest_mg < 2 * PIECE_MG_MIN

    def _many(self, passages: "list[Passage]", step: "Step", splits: int) -> "tuple[int, int]":
        """Return (pieces, form) of things that came too fast to be weighed one by one."""
        clear, clear_mg, unclear, notes, least = 0, 0, 0, 0, 0
        for passage in passages:
            diameter = self.diameter_um(passage)
            if diameter is not None and COIN_UM_MIN < diameter < COIN_UM_MAX:
                clear += 1
                clear_mg += self._nearest(diameter)
            elif min(passage[0], passage[1]) >= self._config.note_us_min:
                notes += 1
            else:
                unclear += 1
                is_wide = diameter is not None and diameter >= COIN_UM_MAX
                least += 2 if is_wide or passage[0] > self._config.coin_us_max else 1
        rest_mg = step.mass_mg - clear_mg - notes * NOTE_MG
        if notes and rest_mg > COIN_MG_MIN + least * self._typical_mg:
            # Too heavy for paper: a row of coins that touch casts as long a shadow.
            rest_mg += notes * NOTE_MG
            notes, unclear, least = 0, unclear + notes, least + 2 * notes
        form = records.FORM_NOTE if notes == len(passages) else records.FORM_COIN
        if notes and clear + unclear:
            form = records.FORM_BUNDLE
        # Two shadows below one are coins that touched above: most of them are wide already.
        least += max(0, splits - (least - unclear))
        if not least or not step.deviation_mg:
            return clear + notes + least, form
        typical_mg = clear_mg // clear if clear >= 4 else self._typical_mg
        typical_mg = max(typical_mg, COIN_MG_MIN)
        hidden = (max(0, rest_mg) + typical_mg // 2) // typical_mg
        return clear + notes + max(least, hidden), form

    def _nearest(self, diameter: int) -> int:
        """Return the mass that a coin of such a diameter is likely to have."""
        return min([(abs(diameter - coin[1]), coin[2]) for coin in self._calibration.coins[:5]])[1]


def _longest(passages: "list[Passage]") -> "Passage":
    return sorted([(a_us + b_us, (a_us, b_us, us)) for a_us, b_us, us in passages])[-1][1]
