"""Probabilities in whole numbers: logarithms in thousandths of a nat, likelihoods per mille.

An ESP32 has 32-bit floats at best and the same code must give the same bytes on every
interpreter, so everything here is integer arithmetic with stated errors.
"""

NAT = 1000  # one nat
HALVING = 693  # ln 2 in thousandths of a nat
NOTHING = -1000000  # the logarithm of what cannot be


def root(value: int) -> int:
    """Return the whole square root of a number that is not negative."""
    if value < 2:
        return value
    guess = 1
    while guess * guess <= value:
        guess <<= 1
    while True:
        better = (guess + value // guess) >> 1
        if better >= guess:
            return guess
        guess = better


def log(value: int) -> int:
    """Return the natural logarithm of a positive number, within 0.06 of a nat."""
    if value < 1:
        raise ValueError("only a positive number has a logarithm")
    halvings = 0
    while value >= 2048:
        value >>= 1
        halvings += 1
    while value < 1024:
        value <<= 1
        halvings -= 1
    # 1024 <= value < 2048: log2 is about linear between, at most 0.086 above the line.
    return (halvings + 10) * HALVING + (value - 1024) * HALVING // 1024


def power(log_thousandths: int) -> int:
    """Return e to a power that is not positive, in millionths, within half a per cent."""
    halvings, rest = divmod(-log_thousandths, HALVING)
    if halvings > 20:
        return 0
    # 2**-f for 0 <= f < 1 is 1 - f * (0.66 - 0.16 f) within 0.3 per cent.
    share = rest * 1000 // HALVING
    return (1000000 - share * (660 - 160 * share // 1000)) >> halvings


def bell(value: int, mean: int, deviation: int) -> int:
    """Return the logarithm of a normal density at a value, all in the same unit."""
    distance = abs(value - mean) * 1000 // deviation
    distance = min(distance, 40000)
    return -(distance * distance // 2000) - log(deviation) - 919  # ln sqrt(2 pi) = 0.919


def flat(width: int) -> int:
    """Return the logarithm of a density that is the same over a width."""
    return -log(width)


def shares(logs: "list[int]") -> "list[int]":
    """Return per-mille likelihoods that sum to 1000; the likeliest takes the rounding."""
    top = max(logs)
    weights = [power(one - top) for one in logs]
    whole = sum(weights)
    found = [weight * 1000 // whole for weight in weights]
    found[logs.index(top)] += 1000 - sum(found)
    return found
