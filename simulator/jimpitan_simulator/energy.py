"""How long a battery lasts: an addition of named currents, each with its source.

Nothing here was measured on our board. READ is a published measurement or data sheet, CALC
arithmetic on such, EST an estimate; replace them when a board has been measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass

HOURS_A_DAY = 24
USABLE_MAH = 2_500.0  # one 18650 of 2.5 to 3 Ah, to 3.3 V (EST)
REPORT_MAH = 0.11  # DHCP, TLS and MQTT, 2 to 3 s (READ 0.095 with DHCP; EST for TLS)
SELF_DISCHARGE_MAH_A_DAY = USABLE_MAH * 0.02 / 30  # 2 % a month (EST)


@dataclass(frozen=True, slots=True)
class Load:
    """One consumer: its current while on, and the share of the time it is on."""

    name: str
    current_ma: float
    share: float
    source: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to live: what is on all the time, and how often it reports."""

    name: str
    loads: tuple[Load, ...]
    reports_a_day: float = 0.0

    def mean_ma(self) -> float:
        """Return the mean current in mA."""
        steady = sum(load.current_ma * load.share for load in self.loads)
        return steady + self.reports_a_day * REPORT_MAH / HOURS_A_DAY

    def mah_a_day(self) -> float:
        """Return what a day costs in mAh, self-discharge of the cell included."""
        return self.mean_ma() * HOURS_A_DAY + SELF_DISCHARGE_MAH_A_DAY

    def days(self) -> float:
        """Return how many days one charge lasts."""
        return USABLE_MAH / self.mah_a_day()


RADIO = Load("ESP32 awake, modem sleep", 28.8, 1, "READ: maker's low-power page, DTIM 3")
BEAMS = Load("two infrared LEDs, half the time", 10, 0.5, "EST: 10 mA each at 56 kHz")
RECEIVERS = Load("two light-barrier receivers", 1.4, 1, "READ/EST: 0.7 mA each")
SCALE = Load("HX711 and bridge", 5.9, 1, "READ: 1.5 mA and 4.3 V over 1120 ohm")
MOTION = Load("LIS3DH at 25 Hz", 0.004, 1, "READ: data sheet, low power")
DARK = Load("ESP32-S3 light sleep", 0.24, 1, "READ: data sheet, typical; memory is kept")
DEEP = Load("ESP32-S3 deep sleep", 0.008, 1, "READ: measured bare at 3.3 V")
REST = Load("charger, divider, regulator", 0.02, 1, "EST: 200 kohm divider, low-Iq regulator")


# Light naps end every 15 s (half the watchdog, until a board shows that it sleeps too) for one
# step with the scale's start: 60 ms at 20 mA (EST). Deep sleep would have no such wake-ups.
TURNS = Load("a step every 15 s", 20, 0.060 / 15, "EST: 60 ms, no radio")
# Four LEDs at a quarter of their brightness and a piezo, 0.8 s a deposit.
THANKS_MA, THANKS_S = 45, 0.8


def profiles(deposits_a_day: float, disturbed_s: float) -> tuple[Profile, ...]:
    """Return the profiles of a box that gets so many deposits a day.

    `disturbed_s` is how long one deposit or push keeps a napping box awake, in seconds.
    """
    awake = min(1.0, deposits_a_day * disturbed_s / 86_400)
    everything = (RADIO, BEAMS, RECEIVERS, SCALE, MOTION, REST)
    # Awake in a nap: all but the radio, which is counted by the report.
    woken = tuple(
        Load(load.name, load.current_ma, load.share * awake, load.source)
        for load in (BEAMS, RECEIVERS, SCALE, Load("ESP32 awake, no radio", 20, 1, "EST"))
    )
    lit = min(1.0, deposits_a_day * THANKS_S / 86_400)
    thanks = Load("lights and sound", THANKS_MA, lit, "EST: 0.8 s a deposit")
    reports = min(deposits_a_day, 96) + 4  # at most one in 15 minutes, and one in six hours
    return (
        Profile("awake on battery", (*everything, thanks)),
        Profile("nap, light sleep", (DARK, MOTION, REST, TURNS, thanks, *woken), reports),
        Profile("nap, deep sleep (not built)", (DEEP, MOTION, REST, thanks, *woken), reports),
    )


def lines(deposits_a_day: float, disturbed_s: float) -> Iterator[str]:
    """Write the model for people: each profile with its loads, and how long a charge lasts."""
    yield f"{USABLE_MAH:.0f} mAh usable, {deposits_a_day:g} deposits a day"
    for profile in profiles(deposits_a_day, disturbed_s):
        yield (
            f"{profile.name}: {profile.mean_ma():.2f} mA, {profile.mah_a_day():.1f} mAh a day,"
            f" {profile.days():.1f} days"
        )
        for load in profile.loads:
            mean_ma = load.current_ma * load.share
            yield f"  {load.name:36} {mean_ma:8.3f} mA  {load.source}"
        if profile.reports_a_day:
            cost = profile.reports_a_day * REPORT_MAH
            yield f"  {profile.reports_a_day:g} reports a day {cost:.1f} mAh  READ/EST"


def as_json(deposits_a_day: float, disturbed_s: float) -> list[dict[str, float | str]]:
    """Return the figures of every profile for a program to read."""
    return [
        {
            "profile": profile.name,
            "mean_ma": round(profile.mean_ma(), 3),
            "mah_a_day": round(profile.mah_a_day(), 2),
            "days": round(profile.days(), 1),
        }
        for profile in profiles(deposits_a_day, disturbed_s)
    ]
