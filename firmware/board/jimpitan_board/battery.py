"""The battery's voltage behind a divider, and whether 5 V is there."""

MYPY = False
if MYPY:
    import machine

SAMPLES = 16  # their mean takes a noise of 15 mV (an estimate: 8 to 15) to 4 mV
RATIO = 2  # two equal resistors of 100 k
FITTED_MV_MIN = 500  # below it no battery is fitted: an 18650 that lives has 2,500 at least
HEALTHY_MV = (3_000, 4_300)


class Battery:
    """One cell on ADC1. A reading takes 16 conversions, under 2 ms (unverified)."""

    def __init__(self, adc: "machine.ADC", mains: "machine.Pin") -> None:
        self._adc = adc
        self._mains = mains

    def battery_mv(self) -> int:
        """Return the voltage by the chip's own calibration, 0 when no battery is fitted."""
        total_uv = 0
        for _ in range(SAMPLES):
            total_uv += self._adc.read_uv()
        voltage_mv = (total_uv * RATIO + SAMPLES * 500) // (SAMPLES * 1000)
        return voltage_mv if voltage_mv >= FITTED_MV_MIN else 0

    def is_on_mains(self) -> bool:
        """Return whether the 5 V input has power."""
        return bool(self._mains.value())

    def selftest(self) -> "tuple[str, bool, str]":
        """Say whether the cell is within what a cell can have."""
        voltage_mv = self.battery_mv()
        is_healthy = HEALTHY_MV[0] <= voltage_mv <= HEALTHY_MV[1]
        source = "mains" if self.is_on_mains() else "battery"
        return "battery", is_healthy, "%d mV, on %s" % (voltage_mv, source)
