"""The pin map of the reference board, ESP32-S3 (N8R2 class). Unverified on hardware.

Rules it keeps: no strapping pins (0, 3, 45, 46), no flash or PSRAM pins (26-37), no USB pins
(19, 20), wake sources below 22, the battery on ADC1 (1-10).
"""

BATTERY_ADC = 1
BEAM_A = 4
BEAM_B = 5
LID = 6
EDGES_MAX = 64  # of one step; a handful of coins makes about 30
