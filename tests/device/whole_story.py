"""What people do to the whole box: givers, collectors, a thief, a shake; and what they did.

Acts are told to the chips only: edges of beams and lid, mass, colour, acceleration. The counts
in `played` are the truth that a run ends by comparing with.
"""

from jimpitan_box.jitter import Jitter
from whole_board import LID_A, LID_B
from whole_wires import BEAMS, NEVER_MS

DAY_MS, HOUR_MS, MINUTE_MS = 86400000, 3600000, 60000
FRIDAY = 5  # day 0 is a Sunday
LAND_MS = 300  # from the throat to the plate
EMPTY_COUNTS = 20000
# Dwell in A, dwell in B, transit, in us: free fall with 0.85 g from 0.5, 0.6 and 0.75 m/s;
# and the mass in counts of 2.33 mg.
COINS = (
    (35493, 23819, 43916, 769),
    (31456, 22516, 39278, 769),
    (33750, 24298, 39278, 1022),
    (28741, 22248, 33689, 1022),
    (40631, 27704, 43916, 1331),
    (30943, 24045, 33689, 1331),
    (36927, 24895, 43916, 1933),
    (32781, 23544, 39278, 1933),
    (27879, 21547, 33689, 1933),
)
# The same for notes pushed by hand, of 350 counts, with (clear, red, green, blue) at gain 16.
NOTES = (
    (400000, 410000, 150000, (6000, 2000, 2470, 1530)),
    (300000, 290000, 120000, (5600, 1480, 2090, 1760)),
    (520000, 500000, 200000, (6400, 2690, 1860, 1760)),
)
NOTE_COUNTS = 350
KNOCK = ((420, 0, 60), (-380, 40, -40), (300, -30, 20), (-200, 0, 0), (90, 0, 0))
SWAY = ((560, 220, 0), (390, 220, 0), (-390, 220, 0), (-560, 220, 0))
TAP = ((0, 0, 48),)
BOUNCES = ((0, 1), (300, 0), (520, 1))


class Agenda:
    """What is to happen when; `wires.left_ms` is the time to the next of it."""

    def __init__(self, wires):
        self._wires = wires
        self._due = []  # [ms after the one before, act, argument]
        wires.play = self.play
        wires.left_ms = NEVER_MS

    def add(self, after_ms, act, argument=None):
        """Do `act(argument)` after a time of less than six days."""
        due, wires = self._due, self._wires
        if not due or after_ms < wires.left_ms:
            if due:
                due[0][0] = wires.left_ms - after_ms
            wires.left_ms = after_ms
            due.insert(0, [0, act, argument])
            return
        after_ms -= wires.left_ms
        place = 1
        while place < len(due) and due[place][0] <= after_ms:
            after_ms -= due[place][0]
            place += 1
        if place < len(due):
            due[place][0] -= after_ms
        due.insert(place, [after_ms, act, argument])

    def play(self):
        """Do what is due."""
        while self._due and self._wires.left_ms <= 0:
            _, act, argument = self._due.pop(0)
            self._wires.left_ms += self._due[0][0] if self._due else NEVER_MS
            act(argument)


class Story:
    """The people around one board; `ask_visit` tells the server that a collector is coming.

    `net` is the connection, which an outage takes away.
    """

    def __init__(self, board, net, ask_visit, ask_thanks):
        self.board = board
        self.agenda = Agenda(board.wires)
        self._draw = Jitter(20261127)
        self._net = net
        self._ask_visit, self._ask_thanks = ask_visit, ask_thanks
        self.played = {}
        self.day = 0

    def count(self, name):
        self.played[name] = self.played.get(name, 0) + 1

    def between(self, low, high):
        return low + self._draw.below(high - low)

    # ---- single acts ----------------------------------------------------------------------

    def knock(self, _=None):
        """Somebody touches the table; it wakes a napping box."""
        self.board.motion.shoves += list(KNOCK)

    def shake(self, _=None):
        """Somebody shakes the box for four seconds."""
        self.count("shaken")
        self.board.motion.shoves += list(SWAY) * 25

    def deposit(self, _=None):
        """One coin or note falls."""
        self.count("deposits")
        if self._draw.below(10) < 7:
            self._fall(COINS[self._draw.below(len(COINS))])
        else:
            a_us, b_us, transit_us, lit = NOTES[self._draw.below(len(NOTES))]
            self.board.colour.lit = lit
            self.agenda.add((transit_us + b_us) // 1000, self._pass_colour)
            self._fall((a_us, b_us, transit_us, NOTE_COUNTS))

    def _pass_colour(self, _):
        self.board.colour.lit = (0, 0, 0, 0)

    def _fall(self, passage):
        a_us, b_us, transit_us, counts = passage
        plan = self.board.wires.plan
        start_us = self.between(200, 9000)
        plan(start_us, BEAMS[0], 1)
        plan(start_us + a_us, BEAMS[0], 0)
        plan(start_us + transit_us, BEAMS[1], 1)
        plan(start_us + transit_us + b_us, BEAMS[1], 0)
        self.agenda.add(LAND_MS + (transit_us + b_us) // 1000, self._land, counts)

    def _land(self, counts):
        self.board.scale.counts += counts
        self.board.motion.shoves += list(TAP)

    def unseen(self, _=None):
        """A coin falls while the box naps: no beam sees it."""
        self.count("unseen")
        self._fall(COINS[0])

    def lid(self, is_open):
        """Open the lid, or close it; both reeds bounce."""
        self.count("opened" if is_open else "closed")
        for after_us, level in BOUNCES:
            self.board.wires.plan(1000 + after_us, LID_A, level ^ (not is_open))
            self.board.wires.plan(1400 + after_us, LID_B, level ^ (not is_open))

    def empty(self, _=None):
        """Take all that lies in the box."""
        self.board.scale.counts = EMPTY_COUNTS

    def visit(self, _=None):
        """A collector, of whom the box was just told, opens, empties and closes."""
        self.count("visits")
        self.agenda.add(20000, self.lid, True)
        self.agenda.add(26000, self.empty)
        self.agenda.add(40000, self.lid, False)

    def thief(self, _=None):
        """Somebody opens the lid of whom nobody told the box."""
        self.count("unauthorised")
        self.lid(True)
        self.agenda.add(15000, self.lid, False)

    def giver(self, count=1):
        """Somebody comes near and gives so often, a few seconds between."""
        self.knock()
        after_ms = 0
        for _ in range(count):
            after_ms += self.between(4500, 9000)
            self.agenda.add(after_ms, self.deposit)

    def _reach(self, is_reachable):
        """Let the broker be out of reach for a while, or back."""
        self._net.is_reachable = is_reachable
        self._net.hang_up()

    # ---- whole days -------------------------------------------------------------------------

    def nap_day(self, _=None):
        """A day of an office on battery: few gifts, and many on a Friday at noon."""
        add, weekday = self.agenda.add, self.day % 7
        if self.day == 0:
            add(9 * HOUR_MS, self.giver, 2)
        if weekday == FRIDAY:
            for _ in range(6):
                add(11 * HOUR_MS + self.between(0, 2 * HOUR_MS), self.giver, 3)
            add(15 * HOUR_MS, self._ask_visit)
            add(15 * HOUR_MS + 1000, self.giver, 1)
        elif weekday != 0:
            add(9 * HOUR_MS + self.between(0, 7 * HOUR_MS), self.giver, 1)
        if self.day % 7 == 2:
            add(20 * HOUR_MS, self.unseen)
        if self.day % 30 == 3:
            add(2 * HOUR_MS, self.thief)
        if self.day % 30 == 9:
            add(11 * HOUR_MS, self._reach, False)
            add(11 * HOUR_MS + MINUTE_MS, self.giver, 1)
            add(12 * HOUR_MS, self._reach, True)
        if self.day % 30 == 4:
            add(22 * HOUR_MS, self.shake)
        self.day += 1
        add(DAY_MS, self.nap_day)

    def full_minutes(self, _=None):
        """Ten minutes of a busy box on mains."""
        add = self.agenda.add
        for second in range(5, 600, 20):
            add(second * 1000 + self.between(0, 9000), self.deposit)
        add(300000, self._ask_thanks)
        if self.day % 6 == 1:
            add(45000, self._ask_visit)
        if self.day % 6 == 3:
            add(550000, self.thief)
        self.day += 1
        add(600000, self.full_minutes)
