"""What a cue of the box looks and sounds like, on simulated lights and a simulated piezo."""

import pytest
from jimpitan_box.thanks import LIGHT, LIGHT_DIM, PAYMENT, SOUND

LIGHTS, BUZZER = 18, 39


class Shown:
    """Lights and piezo of one board, with a look at what they do."""

    def __init__(self, bench):
        cues, lights, buzzer = bench.load("cues", "lights", "buzzer")
        modules = bench.board.modules()
        self.pixels = modules["neopixel"].NeoPixel(bench.board.pin(LIGHTS, 3), 4)
        self.pwm = modules["machine"].PWM(bench.board.pin(BUZZER, 3), freq=2_000, duty_u16=0)
        self.row = lights.Lights(self.pixels, 4)
        self.piezo = buzzer.Buzzer(self.pwm)
        self.cues = cues

    def show(self, cue):
        """Show a cue to its end; return (brightest part seen, ms of light, was it heard)."""
        self.pixels.frames.clear()
        self.cues.show(cue, self.row, self.piezo, 0)
        brightest, lit_ms, is_heard = 0, 0, False
        for now_ms in range(0, 4_000, 20):
            self.row.step(now_ms)
            self.piezo.step(now_ms)
            part = max((part for pixel in self.pixels.frames[-1] for part in pixel), default=0)
            brightest = max(brightest, part)
            lit_ms += 20 if part else 0
            is_heard = is_heard or self.pwm.duty_u16() > 0
        return brightest, lit_ms, is_heard


@pytest.fixture
def shown(bench):
    return Shown(bench)


@pytest.mark.parametrize(
    ("cue", "brightest", "lit_ms", "is_heard"),
    [
        (LIGHT + SOUND, 64, 800, True),
        (LIGHT, 64, 800, False),
        (LIGHT_DIM, 10, 800, False),
        (LIGHT + SOUND + PAYMENT, 64, 2_000, True),
        (LIGHT_DIM + PAYMENT, 10, 2_000, False),
    ],
)
def test_a_cue_is_bright_by_day_and_dim_and_silent_in_quiet_hours(
    shown, cue, brightest, lit_ms, is_heard
):
    assert shown.show(cue) == (brightest, lit_ms, is_heard)


def test_no_cue_changes_nothing(shown):
    shown.row.show(1, (0, 0, 255), 0)
    shown.cues.show(None, shown.row, shown.piezo, 0)
    shown.row.step(0)
    assert shown.pixels.frames[-1] == [(0, 0, 64)] * 4
    assert not shown.piezo.is_playing
