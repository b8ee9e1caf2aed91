"""One scenario for every interpreter: the same acts must give the same bytes.

A seeded stream of coins, notes, lids, outages, power cycles and acknowledgements; the outcome
is every byte in the journal and every byte that went to the broker.
"""

from bench_box import BOX, Bench
from jimpitan_board.files import FolderStore
from jimpitan_box.jitter import Jitter
from jimpitan_wire import down

STEPS = 120


def run(folder):
    """Run the scenario with its flash in `folder`; return the bench for a look inside."""
    draw = Jitter(20261122)
    bench = Bench(FolderStore(folder), heartbeat_ms=20000, segment_bytes_max=2000)
    sent = []
    for step in range(STEPS):
        act = draw.below(20)
        if act < 9:
            bench.coin(25000 + draw.below(15000), 38000 + draw.below(15000))
        elif act < 11:
            bench.coin(150000 + draw.below(500000), 100000 + draw.below(100000))
        elif act < 13:
            bench.lid(step % 2 == 0)
        elif act < 14:
            bench.net.is_reachable = not bench.net.is_reachable
            bench.net.hang_up()
        elif act < 15:
            sent.append(bench.net.sent)
            bench.net.sent = b""
            bench.power_on()
        elif act < 17:
            bench.acknowledge(max(0, bench.box.keeper.head - draw.below(4)))
        elif act < 18:
            bench.say(down.COLLECTION_OPEN, {1: step, 2: 60000})
        else:
            bench.run(draw.below(30), tick_us=100000)
    bench.net.is_reachable = True
    bench.run(60, tick_us=100000)
    sent.append(bench.net.sent)
    return bench, b"".join(sent)


def outcome(folder):
    """Return (journal bytes in order of file names, bytes sent, records, box id)."""
    bench, sent = run(folder)
    store = bench.store
    journal = []
    for name in sorted(store.names()):
        journal.append(name.encode() + b":" + store.read(name, 0, store.size(name)))
    return b"\n".join(journal), sent, bench.box.keeper.head, BOX
