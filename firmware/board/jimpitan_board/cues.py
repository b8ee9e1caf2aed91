"""What a cue of the box looks and sounds like on this board."""

from jimpitan_box.thanks import ALARM, LIGHT_DIM, PAYMENT, SOUND

from jimpitan_board import buzzer, lights

MYPY = False
if MYPY:
    from jimpitan_board.buzzer import Buzzer
    from jimpitan_board.lights import Lights

DEPOSIT_TONES = ((1_568, 120),)
DEPOSIT_MS = 800
PAYMENT_MS = 2_000
GREEN, GREEN_DIM = (0, 255, 0), (0, 40, 0)
AMBER, AMBER_DIM = (255, 140, 0), (40, 22, 0)
RED = (255, 0, 0)
ALARM_MS = 6_000
ALARM_TONES = ((2_700, 400), (2_000, 400)) * 7  # where a piezo of this size is loudest


def show(cue: "int | None", row: "Lights", piezo: "Buzzer", now_ms: int) -> None:
    """Begin to show a cue, None changes nothing: green a deposit, amber a payment, red a thief."""
    if cue is None:
        return
    is_dim = bool(cue & LIGHT_DIM)
    if cue & ALARM:
        row.show(lights.CHASE, RED, now_ms, ALARM_MS)
        piezo.play(ALARM_TONES, now_ms)
        return
    if cue & PAYMENT:
        row.show(lights.CHASE, AMBER_DIM if is_dim else AMBER, now_ms, PAYMENT_MS)
    else:
        row.show(lights.STEADY, GREEN_DIM if is_dim else GREEN, now_ms, DEPOSIT_MS)
    if cue & SOUND:
        piezo.play(buzzer.THANKS if cue & PAYMENT else DEPOSIT_TONES, now_ms)
