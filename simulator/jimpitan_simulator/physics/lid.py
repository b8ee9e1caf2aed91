"""The reed switch of the lid: bounces of its contacts, and chatter of a lid that is slow."""

import random

from jimpitan_simulator.physics.parameters import World


def lid_edges(world: World, draw: random.Random, is_open: bool) -> list[tuple[float, bool]]:
    """Return (seconds, open) of every edge while a lid opens or closes, the last one stays."""
    edges, at_s = [(0.0, is_open)], 0.0
    for _ in range(round(world["lid.bounces"])):
        at_s += draw.uniform(0.05, world["lid.bounce"]) / 1000
        edges.append((at_s, not is_open))
        at_s += draw.uniform(0.05, world["lid.bounce"]) / 1000
        edges.append((at_s, is_open))
    if not is_open and world["lid.chatter"] > 0:
        at_s += draw.uniform(0, world["lid.chatter"]) / 1000
        edges += [(at_s, True), (at_s + 0.001, False)]
    return edges
