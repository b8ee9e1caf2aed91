"""The busy loop that stamps the edges of both beams to some microseconds, for a bounded time.

It is compiled to the processor's own code, because the interpreter would see a pin some
thousand times a second only; the time of one turn on a board is unverified on hardware.
"""

import micropython

from jimpitan_board.edges import COUNT, LOST, ROOM

# In compiled code these names are casts known to the compiler, whatever stands here; where a
# test runs the function as plain Python, its fake `micropython` gives them.
ptr8 = getattr(micropython, "ptr8", None)
ptr32 = getattr(micropython, "ptr32", None)

ADDRESS, MASK_A, MASK_B, BOUND, LEVEL = 0, 1, 2, 5, 6  # places in the numbers of a ring
assert (COUNT, ROOM, LOST) == (3, 4, 7)


@micropython.viper
def watch(numbers_buffer, ticks_buffer, marks_buffer, ticks_us) -> int:
    """Stamp every change of both beams into a ring; return the last tick.

    Ends when as many things left beam B as left beam A, or at the bound.
    """
    numbers = ptr32(numbers_buffer)  # pyright: ignore[reportOptionalCall]
    stamps = ptr32(ticks_buffer)  # pyright: ignore[reportOptionalCall]
    marks = ptr8(marks_buffer)  # pyright: ignore[reportOptionalCall]
    register = ptr32(numbers[0])  # pyright: ignore[reportOptionalCall]
    mask_a = numbers[1]
    mask_b = numbers[2]
    count = numbers[3]
    level = numbers[6]
    is_b_seen = level & 2
    between = 0
    start = int(ticks_us())
    now = start
    while ((now - start) & 0x3FFFFFFF) < numbers[5]:
        word = register[0]
        now = int(ticks_us())
        fresh = 0
        if word & mask_a:
            fresh = 1
        if word & mask_b:
            fresh = fresh | 2
        changed = fresh ^ level
        if changed & 1:
            if count < numbers[4]:
                stamps[count] = now
                marks[count] = fresh & 1
                count += 1
            else:
                numbers[7] = numbers[7] + 1
            between += 1 - (fresh & 1)
        if changed & 2:
            if count < numbers[4]:
                stamps[count] = now
                marks[count] = 2 | (fresh >> 1)
                count += 1
            else:
                numbers[7] = numbers[7] + 1
            is_b_seen = 2
            between -= 1 - (fresh >> 1)
        level = fresh
        if level == 0 and is_b_seen and between <= 0:
            break
    numbers[3] = count
    numbers[6] = level
    return now
