"""How wide a coin is, from when it broke two beams: the law of free fall, solved for the size.

With v the speed at beam A and a the pull in the throat, a coin of diameter D leaves A after T1,
reaches B after T2 and leaves it after T3, where s = v T2 + a T2^2 / 2,
s = v (T3 - T1) + a (T3^2 - T1^2) / 2 and D = v T1 + a T1^2 / 2.
"""

GRAVITY_UM_S2 = 9810000
PULL_MIN, PULL_MAX = 40, 120  # share of g in per cent; outside it did not fall freely
SPAN_US_MAX = 1000000


def diameter_um(a_us: int, b_us: int, transit_us: int, spacing_um: int) -> "int | None":
    """Return the diameter of what fell, or None when it was not falling freely."""
    t1, t2, t3 = a_us, transit_us, transit_us + b_us
    if min(a_us, b_us, transit_us) <= 0 or t3 > SPAN_US_MAX:
        return None
    squares = t3 * t3 - t1 * t1
    whole = t2 * squares - (t3 - t1) * t2 * t2
    if whole <= 0:
        return None
    late = t2 - t3 + t1
    # a = 2 s late / whole, in um/us2; against g in um/s2.
    pull = 2 * spacing_um * late * 100 * 1000000000000 // whole // GRAVITY_UM_S2
    if not PULL_MIN <= pull <= PULL_MAX:
        return None
    return spacing_um * t1 * (squares - t2 * t2 + t1 * late) // whole
