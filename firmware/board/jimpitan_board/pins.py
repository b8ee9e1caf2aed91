"""The pins of the reference board, ESP32-S3-WROOM-1. Unverified on hardware.

Generated from hardware/wiring/pinmap.json: change it there, then run
`python -m jimpitan_hardware.pinmap --write`, which also holds the rules it keeps.
"""

BATTERY_ADC = 1  # 18650 through two equal resistors of 100 k
MAINS_PRESENT = 2  # 5 V input through 68 k over 100 k, no pull; high on mains
BEAM_A = 4  # upper TSSP receiver: high without carrier is broken, as is a cut wire
BEAM_B = 5  # lower TSSP receiver: high without carrier is broken, as is a cut wire
LID_A = 6  # first reed to 3V3, pulled down: high is open
MOTION_WAKE = 7  # LIS3DH INT1, push-pull, active high
BUS_DATA = 8  # SDA, 4.7 k to 3V3; the optional screen branches off at the motion sensor
BUS_CLOCK = 9  # SCL, 4.7 k to 3V3; as SDA
LID_B = 10  # second reed, magnet the other way round: high is open
SPEAKER_CLOCK = 11  # MAX98357A BCLK, optional
SPEAKER_FRAME = 12  # MAX98357A LRC, optional
SPEAKER_DATA = 13  # MAX98357A DIN, optional
GATE_CLOCK_IN = 14  # what the pulse counters count; jumper JP1 to GATE_CLOCK_OUT
SCALE_DATA = 15  # HX711 DOUT
SCALE_CLOCK = 16  # HX711 PD_SCK
BEAM_CARRIER = 17  # 56 kHz to transistor Q1; both IR LEDs in series, 11 mA while high
LIGHTS = 18  # WS2812 data, lifted to 5 V by U8, 330 ohm in series; 10 k to ground
GATE_CLOCK_OUT = 21  # 20 kHz; jumper JP1 to GATE_CLOCK_IN
BUZZER = 39  # to transistor Q2; piezo, never a magnetic buzzer
COLOUR_LED = 40  # white LED of the TCS34725 board, high is lit
