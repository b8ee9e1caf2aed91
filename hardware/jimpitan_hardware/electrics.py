"""What the small circuits do, reckoned from the values in the harness: levels and currents.

A circuit is found by the nets it joins and not by the names of its parts, so that a resistor at
another net is a fault, whatever it is called. Nothing here has been measured on a box.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jimpitan_hardware.wiring import Harness

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware" / "board" / "jimpitan_board"
PARTS_OF_FIRMWARE = FIRMWARE / "parts.py"
TOLERANCE = 0.01  # of the resistors on the bill
# Each limit stands with where it was read; "bound" is one that we set ourselves.
MAINS_V = (4.4, 5.25)  # USB 2.0, 7.2.2: a port gives 4.75 to 5.25 V; a thin cable takes 0.35 V
RAIL_V = (4.9, 5.1)  # bound: of the 5 V rail, measured at acceptance
LOGIC_V = (3.2, 3.4)  # bound: of the 3.3 V rail, measured at acceptance
# ESP32 datasheet, table 13 (the S3's, which names the same, was not read again): VIH 0.75 VDD,
# VOH 0.8 VDD at 40 mA, pulls of 45 k (typical).
HIGH_SHARE, OUT_HIGH_SHARE, PULL_OHM = 0.75, 0.8, 45_000.0
LOW_SHARE = 0.25  # ESP32 datasheet, table 13: VIL 0.25 VDD
LEAK_MA = 0.5  # SS14 datasheet: what a Schottky of 1 A lets back at 25 degrees, 40 V; at 5 V less
RESISTOR_W = 0.25  # bound: of the resistors on the bill
CHARGER = "18650 charger"  # the only part that has a right to both sides; acceptance tries it
ABOVE_V = 0.1  # bound: above the rail; the datasheet bears 0.3 V
GPIO_MA_MAX = 20.0  # bound: half of the datasheet's 40 mA
# S8050 of Unisonic (QW-R201-013) and 8050S: VBE at most 1.0 V at 10 mA, gain 120 at least at
# 150 mA, VCE(sat) 0.5 to 0.6 V at 500 mA. At our 13 mA no datasheet says it: typical, unsure.
BASE_V, SATURATED_V = 0.75, 0.1
GAIN_FORCED_MAX = 20.0  # bound: a sixth of the least gain
RESET_PULL_OFF_V = 0.4  # bound: at a base, far below where a transistor begins to carry current
# Infrared LEDs of 940 nm: at most 1.5 V at 20 mA (Everlight IR333-A datasheet). Typical, and the
# least (8 mA, 60 degrees, -1.3 mV/K as in Vishay's 81053) are estimated.
LED_V = (1.05, 1.25, 1.5)
# Bound: least for a beam of 97 mm, unsure; most a fifth of what Vishay's 81053 bears.
LED_MA = (5.0, 20.0)
CARRIER_DUTY = 0.5  # of the firmware's beams
# WS2812B datasheet (Worldsemi): VIH 0.7 VDD; specified at 4.5 to 5.5 V, 5.3 V bears it at most.
LIGHT_HIGH_SHARE, LIGHT_V = 0.7, (4.5, 5.3)
LIGHT_MARGIN_V = 0.5  # bound: noise of a wire of 0.4 m beside the piezo's
# 74HCT125 (M74HCT125, HD74HCT125) and 74AHCT125 (SN74AHCT125) at 4.5 to 5.5 V: VIH 2.0 V, VIL
# 0.8 V, VOH 0.1 V below the supply unloaded. 74HC125 is none of them: its VIH is 3.5 V.
BUFFERS = ("74HCT125", "74AHCT125")
BUFFER_HIGH_V, BUFFER_LOW_V, BUFFER_LOSS_V, BUFFER_PINS = 2.0, 0.8, 0.1, 14
BUFFER_UNUSED_INPUTS, BUFFER_UNUSED_OUTPUTS = (4, 5, 9, 10, 12, 13), (6, 8, 11)
STANDOFF_V = {"P6KE6.8A": 5.8}  # On Semiconductor P6KE6.8A: working peak reverse voltage


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What a circuit does, in words with figures, and a sentence for each fault."""

    words: str
    faults: list[str]


def ohms(value: str) -> float:
    """Return the ohms of a value such as 330, 4k7 or 68k."""
    found = re.fullmatch(r"(\d+)(k?)(\d*)", value)
    if found is None:
        raise ValueError(f"{value!r} is no resistor such as 330, 4k7 or 68k.")
    whole, kilo, part = found.groups()
    number = float(f"{whole}.{part or 0}")
    return number * 1000 if kilo else number


def resistor(harness: Harness, one: str, other: str) -> float | None:
    """Return the ohms between two nets; None when no single resistor of the board joins them."""
    found = [
        value
        for name, (value, nets) in harness.board.items()
        if name.startswith("R") and set(nets) == {one, other}
    ]
    return ohms(found[0]) if len(found) == 1 else None


def pull_of(signal: str, source: Path = PARTS_OF_FIRMWARE) -> str:
    """Return the pull that the firmware gives an input: `up`, `down` or `none`."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    made_by = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    for call in (one for one in ast.walk(tree) if isinstance(one, ast.Call)):
        if f"pins.{signal}" in map(ast.unparse, call.args):
            name = ast.unparse(call.func)
            words = ast.unparse(made_by.get(name, call))
            pull = re.search(r"PULL_(UP|DOWN)", words)
            return pull[1].lower() if pull else "none"
    raise ValueError(f"The firmware's {source.name} has no {signal}.")


def _beside(one: float, other: float) -> float:
    return one * other / (one + other)


def mains_level_v(*, upper_ohm: float, lower_ohm: float, pull: str, mains_v: float) -> float:
    """Return the voltage at the input for a voltage of the adaptor."""
    down = _beside(lower_ohm, PULL_OHM) if pull == "down" else lower_ohm
    level = mains_v * down / (upper_ohm + down)
    if pull == "up":
        source = _beside(upper_ohm, lower_ohm)
        level += (3.3 - level) * source / (source + PULL_OHM)
    return level


def mains(harness: Harness, pull: str) -> Reckoned:
    """The input that tells mains from battery: high from the least to the most of an adaptor."""
    upper = resistor(harness, "MAINS", "MAINS_PRESENT")
    lower = resistor(harness, "MAINS_PRESENT", "GND")
    if upper is None or lower is None:
        return Reckoned("mains", ["MAINS_PRESENT has no divider from MAINS to GND."])
    few, many = 1 - TOLERANCE, 1 + TOLERANCE
    low, high, off = (
        mains_level_v(upper_ohm=upper * up, lower_ohm=lower * down, pull=pull, mains_v=volts)
        for up, down, volts in ((many, few, MAINS_V[0]), (few, many, MAINS_V[1]), (1, 1, 0.0))
    )
    needed, most = HIGH_SHARE * LOGIC_V[1], LOGIC_V[0] + ABOVE_V
    wrong = []
    if low < needed:
        wrong.append(
            f"The input for mains has {low:.2f} V at {MAINS_V[0]} V: high begins at {needed:.2f}."
        )
    if high > most:
        wrong.append(f"The input for mains has {high:.2f} V at {MAINS_V[1]} V, over {most:.2f}.")
    if off > 0.1 * LOGIC_V[0]:
        wrong.append(f"The input for mains has {off:.2f} V without mains.")
    return Reckoned(f"mains: {low:.2f} to {high:.2f} V at its input, pull {pull}", wrong)


def feed_back(harness: Harness) -> Reckoned:
    """Without mains nothing of ours feeds the adaptor's wire, and a leak is led to ground.

    What the charger itself lets back through its diode would else lift 168 k far enough.
    """
    joined = [(name, {*nets} - {"MAINS_PRESENT"}) for name, (_, nets) in harness.board.items()]
    joined += [
        (name, set(part.nets_by_pin.values()))
        for name, part in harness.parts.items()
        if not part.part.startswith(CHARGER)
    ]
    wrong = [
        f"{name} joins MAINS and {net}: without mains it feeds the adaptor's wire."
        for name, nets in joined
        if "MAINS" in nets
        for net in sorted(nets - {"MAINS", "GND"})
    ]
    upper = resistor(harness, "MAINS", "MAINS_PRESENT")
    lower = resistor(harness, "MAINS_PRESENT", "GND")
    bleeder = resistor(harness, "MAINS", "GND")
    if upper is None or lower is None:
        return Reckoned("no mains", [*wrong, "MAINS has no divider."])
    divider = upper + lower
    load = _beside(bleeder, divider) if bleeder else divider
    leak_ma = LOW_SHARE * LOGIC_V[0] * divider / lower / load * 1000 * (1 - TOLERANCE)
    if leak_ma < LEAK_MA:
        wrong.append(f"A leak of {leak_ma:.3f} mA from the charger reads as mains.")
    heat_w = MAINS_V[1] ** 2 / bleeder if bleeder else 0.0
    if heat_w > RESISTOR_W / 2:
        wrong.append(f"The resistor from MAINS to GND bears {heat_w:.2f} W.")
    return Reckoned(f"no mains: a leak of {leak_ma:.2f} mA still reads as battery", wrong)


def battery(harness: Harness) -> Reckoned:
    """The battery's divider halves, as the firmware reckons."""
    upper = resistor(harness, "BATTERY", "BATTERY_ADC")
    lower = resistor(harness, "BATTERY_ADC", "GND")
    if upper is None or upper != lower:
        return Reckoned("battery", ["The battery's divider is not two equal resistors."])
    return Reckoned("battery: its divider halves", [])


def _driver(harness: Harness, signal: str, base: str, low: str) -> tuple[float, list[str]]:
    """Return the base current of a transistor in mA and what is wrong with how it is driven."""
    is_there = any(
        value == "S8050" and nets == ("GND", base, low) for value, nets in harness.board.values()
    )
    series, down = resistor(harness, signal, base), resistor(harness, base, "GND")
    if not is_there or series is None or down is None:
        return 0.0, [f"{signal} has no transistor with two resistors at its base."]
    gpio_ma = (LOGIC_V[1] - BASE_V) / series * 1000
    base_ma = ((LOGIC_V[0] - BASE_V) / series - BASE_V / down) * 1000
    wrong = []
    if gpio_ma > GPIO_MA_MAX:
        wrong.append(f"{signal}: its GPIO would give {gpio_ma:.1f} mA.")
    resting = LOGIC_V[1] * down / (down + series + PULL_OHM)
    if resting > RESET_PULL_OFF_V:
        wrong.append(f"{signal}: the pull of a reset leaves {resting:.2f} V at the base.")
    return base_ma, wrong


def senders(harness: Harness) -> Reckoned:
    """Two infrared LEDs in series behind a resistor, and the transistor that switches them."""
    base_ma, wrong = _driver(harness, "BEAM_CARRIER", "SENDERS_BASE", "SENDERS_LOW")
    series = resistor(harness, "5V", "SENDERS_HIGH")
    if series is None:
        return Reckoned("senders", [*wrong, "The LEDs have no resistor to 5V."])
    least, typical, most = (
        (rail - 2 * led - SATURATED_V) / series * 1000
        for rail, led in ((RAIL_V[0], LED_V[2]), (5.0, LED_V[1]), (RAIL_V[1], LED_V[0]))
    )
    if least < LED_MA[0] or most > LED_MA[1]:
        wrong.append(f"The LEDs get {least:.1f} to {most:.1f} mA, not {LED_MA[0]} to {LED_MA[1]}.")
    if base_ma and most > GAIN_FORCED_MAX * base_ma:
        wrong.append(f"The LEDs' transistor does not shut through: {base_ma:.2f} mA at its base.")
    mean = typical * CARRIER_DUTY
    words = f"senders: LEDs {least:.1f} to {most:.1f} mA at the peak, {mean:.1f} mA on average"
    return Reckoned(f"{words}, GPIO {base_ma:.1f} mA", wrong)


def buzzer(harness: Harness) -> Reckoned:
    """A piezo between 5 V and a transistor, emptied by a resistor beside it."""
    base_ma, wrong = _driver(harness, "BUZZER", "BUZZER_BASE", "BUZZER_LOW")
    beside = resistor(harness, "5V", "BUZZER_LOW")
    if beside is None:
        return Reckoned("buzzer", [*wrong, "The piezo has no resistor that empties it."])
    collector_ma = RAIL_V[1] / beside * 1000
    if base_ma and collector_ma > GAIN_FORCED_MAX * base_ma:
        wrong.append(f"The piezo's transistor does not shut through: {collector_ma:.1f} mA.")
    return Reckoned(f"buzzer: {collector_ma:.1f} mA while on, GPIO {base_ma:.1f} mA", wrong)


def _buffer(harness: Harness) -> tuple[list[str], bool]:
    """What is wrong with the chip that lifts the lights' data, and whether it is there at all."""
    found = [
        nets
        for value, nets in harness.board.values()
        if value in BUFFERS and "LIGHTS" in nets and len(nets) == BUFFER_PINS
    ]
    if len(found) != 1:
        return [], False
    net_by_pin = dict(enumerate(found[0], start=1))
    wanted = {1: "GND", 2: "LIGHTS", 3: "LIGHTS_5V", 7: "GND", 14: "5V"}
    wrong = [
        f"The lights' buffer has {net_by_pin[pin] or 'nothing'} at pin {pin}, not {net}."
        for pin, net in wanted.items()
        if net_by_pin[pin] != net
    ]
    wrong += [
        f"The lights' buffer has an open input at pin {pin}."
        for pin in BUFFER_UNUSED_INPUTS
        if net_by_pin[pin] not in ("GND", "5V")
    ]
    wrong += [
        f"The lights' buffer has {net_by_pin[pin]} at its unused output {pin}."
        for pin in BUFFER_UNUSED_OUTPUTS
        if net_by_pin[pin]
    ]
    return wrong, True


def lights(harness: Harness) -> Reckoned:
    """A buffer on the lights' own supply takes the controller's 3.3 V for high and gives 5 V."""
    supplies = {
        part.nets_by_pin.get("5V")
        for part in harness.parts.values()
        if "LIGHTS_OUT" in part.nets_by_pin.values()
    }
    wrong, is_there = _buffer(harness)
    if supplies != {"5V"}:
        wrong.append("The lights are not fed with 5V, for which they are specified.")
    if not LIGHT_V[0] <= RAIL_V[0] <= RAIL_V[1] <= LIGHT_V[1]:
        wrong.append(f"The lights get {RAIL_V[0]} to {RAIL_V[1]} V, not {LIGHT_V}.")
    given = RAIL_V[0] - BUFFER_LOSS_V if is_there else LOGIC_V[0]
    needed = LIGHT_HIGH_SHARE * RAIL_V[1]
    if given - needed < LIGHT_MARGIN_V:
        wrong.append(f"The lights take {needed:.2f} V for high, and get {given:.2f}.")
    taken = OUT_HIGH_SHARE * LOGIC_V[0]
    if is_there and taken - BUFFER_HIGH_V < LIGHT_MARGIN_V:
        wrong.append(f"The buffer takes {BUFFER_HIGH_V} V for high, and gets {taken:.2f}.")
    wrong += _resting(harness)
    words = f"lights: high from {needed:.2f} V, get {given:.1f}"
    return Reckoned(f"{words}; their buffer from {BUFFER_HIGH_V} V, gets {taken:.2f}", wrong)


def _resting(harness: Harness) -> list[str]:
    """The buffer's input rests low while the controller starts or sleeps; it has a capacitor."""
    wrong = []
    down = resistor(harness, "LIGHTS", "GND")
    level = LOGIC_V[1] * down / (down + PULL_OHM) if down else LOGIC_V[1]
    if level > BUFFER_LOW_V:
        wrong.append(f"The data of the lights may rest at {level:.2f} V; low ends at 0.8.")
    if not any(v == "100n" and set(n) == {"5V", "GND"} for v, n in harness.board.values()):
        wrong.append("The lights' buffer has no capacitor of 100n.")
    return wrong


def entry(harness: Harness) -> Reckoned:
    """The one cable that goes outside has its suppressor diode at its end, before the charger."""
    outside = {cable.end for cable in harness.cables if cable.start == "P1"}
    wrong = []
    for name, part in harness.parts.items():
        volts = next((v for kind, v in STANDOFF_V.items() if part.part.startswith(kind)), None)
        ends = {cable.end for cable in harness.cables if cable.start == name}
        if volts is None:
            continue
        if part.nets_by_pin.get("ring") != "MAINS" or set(part.nets_by_pin.values()) != {
            "MAINS",
            "GND",
        }:
            wrong.append(f"{name} is not between MAINS and GND, its ring at MAINS.")
        if ends != outside:
            wrong.append(f"{name} is not where the cable from outside ends.")
        if volts < MAINS_V[1]:
            wrong.append(f"{name} leads at {volts} V already.")
        return Reckoned(f"entry: {name} over the adaptor's input, {volts} V standoff", wrong)
    return Reckoned("entry", ["No suppressor diode is at the cable that comes from outside."])


def reckon(harness: Harness, *, mains_pull: str | None = None) -> Sequence[Reckoned]:
    """Return every circuit with its figures; the pull is the firmware's unless it is told."""
    pull = pull_of("MAINS_PRESENT") if mains_pull is None else mains_pull
    return (
        mains(harness, pull),
        feed_back(harness),
        battery(harness),
        senders(harness),
        buzzer(harness),
        lights(harness),
        entry(harness),
    )
