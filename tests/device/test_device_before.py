"""What a box remembers over a power cut: the mass on its plate and which sensors it has."""

from bench_box import Bench, MemoryStore
from jimpitan_box.before import NAME, Before
from jimpitan_box.config import Config
from jimpitan_box.detector import LID
from jimpitan_box.watch import Watch
from jimpitan_wire import records


class Life:
    """One power cycle of a watch and its note; mass comes ten times a second."""

    def __init__(self, store):
        self.watch = Watch(Config())
        self.note = Before(store, self.watch)
        self.now_ms = 0

    def run(self, mass_mg, seconds, has_scale=True, has_motion=True):
        facts = []
        for _ in range(seconds * 10):
            self.now_ms += 100
            scale_ms = self.now_ms if has_scale else None
            if has_motion:
                facts += self.watch.moved((0, 0, 1000), self.now_ms)
            if has_scale:
                self.watch.raw(self.now_ms)
                facts += self.watch.mass(mass_mg + self.now_ms % 300 // 3, self.now_ms)
            facts += self.watch.step(self.now_ms, scale_ms)
            self.note.step(self.now_ms)
        return facts


def test_money_that_was_taken_while_the_plug_was_out_is_missed():
    store = MemoryStore()
    assert Life(store).run(500000, 30) == []
    kind, body = Life(store).run(480000, 30)[0]
    assert kind == records.TAMPER
    assert body[records.TAMPER_SIGN] == records.SIGN_WEIGHT_LOSS
    assert 19500 < body[records.TAMPER_MASS_MG] < 20500
    assert Life(store).run(480000, 30) == [], "told once"


def test_a_colder_room_is_no_theft():
    store = MemoryStore()
    Life(store).run(500000, 30)
    assert Life(store).run(496000, 30) == []


def test_what_fell_in_the_dark_is_weighed_without_deposits():
    store = MemoryStore()
    Life(store).run(500000, 30)
    ((kind, body),) = Life(store).run(515000, 30)
    assert kind == records.WEIGHED
    assert body[records.WEIGHED_DEPOSITS] == 0
    assert 14500 < body[records.WEIGHED_MASS_MG] < 15500


def test_an_opened_lid_forgets_what_lay_there_even_when_the_power_goes_next():
    store = MemoryStore()
    life = Life(store)
    life.run(500000, 30)
    life.watch.rest(False)
    life.note.step(life.now_ms)
    assert Life(store).run(20000, 30) == []


def test_a_sensor_that_spoke_before_and_is_silent_since_the_start_is_told_once():
    store = MemoryStore()
    Life(store).run(500000, 30)
    facts = Life(store).run(0, 60, has_scale=False, has_motion=False)
    lost = [body[records.TAMPER_DETAIL] for _, body in facts]
    assert lost == [records.SENSOR_SCALE, records.SENSOR_MOTION]
    assert Life(store).run(0, 60, has_scale=False, has_motion=False) == []


def test_a_box_that_never_had_a_sensor_misses_none():
    assert Life(MemoryStore()).run(0, 60, has_scale=False, has_motion=False) == []


def test_a_nap_takes_nothing_from_what_was_known_before_the_power_went():
    store = MemoryStore()
    Life(store).run(500000, 30)
    life = Life(store)
    life.watch.wake(0)
    assert life.run(496000, 30) == [], "four grams are drift after a start"


def test_the_note_is_written_seldom():
    store = MemoryStore()
    writes = []
    replace = store.replace
    store.replace = lambda name, content: writes.append(name) or replace(name, content)
    life = Life(store)
    life.run(500000, 60)
    assert len(writes) <= 2
    for step in range(20):
        life.watch.weighed(4500)
        life.run(504500 + step * 4500, 3)
    assert len(writes) <= 9


def test_a_damaged_note_is_no_memory():
    for content in (b"", b"\x00" * 9, b"no note"):
        store = MemoryStore()
        store.files[NAME] = content
        life = Life(store)
        assert life.watch.expected_mg is None
        assert life.run(1000, 20) == []


def test_a_flash_that_refuses_stops_no_box():
    store = MemoryStore()
    store.is_full = True
    assert Life(store).run(500000, 30) == []


def test_the_box_keeps_the_note_beside_its_journal():
    bench = Bench()
    bench.run(1)
    bench.box.senses.watch._expected = 5000
    bench.run(11)
    assert NAME in bench.store.files
    bench.power_on()
    assert bench.box.senses.watch.expected_mg == 5000


def test_an_opened_lid_is_noted_in_the_step_that_records_it():
    for phase in (0, 3, 7):  # of the tenth of a second in which slow things wait
        bench = Bench()
        bench.run(1)
        bench.box.senses.watch._expected = 5000
        bench.run(11 + phase / 100)
        bench.run(0.01, [(0.005, LID, True)])
        while records.LID_OPENED not in bench.kinds():
            bench.run(0.01)
        bench.power_on()
        assert bench.box.senses.watch.expected_mg is None
