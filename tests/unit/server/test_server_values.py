"""Periods, estimated times, settings, totals and bounds: values that decide by themselves."""

import base64
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters.batch import ITEMS_MAX, read_batch
from jimpitan_server.adapters.keyring import BoxKeyring, BoxVault, MasterKey
from jimpitan_server.adapters.sealing import make_private_key, public_key_of, seal, unseal
from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.errors import Malformed, Misconfigured, TooLarge
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.occurred import Basis, Stamp, estimate_occurred
from jimpitan_server.domain.period import EdgeEvent, period_edges, period_start, periods_between
from jimpitan_server.domain.record import RecordKind
from jimpitan_server.entrypoints.http.pages import clock_time, rupiah
from jimpitan_server.entrypoints.http.rate import Buckets, Door
from jimpitan_server.services.ports import WrappedKey
from jimpitan_server.services.totals import BoxTotals, GiftRange, MoneyTotals, draw_up
from jimpitan_server.settings import load_settings
from jimpitan_wire import cbor
from server_boxes import FRIDAY, MASTER_KEY

OPENED, CLOSED = RecordKind.COLLECTION_OPENED, RecordKind.COLLECTION_CLOSED
LID = RecordKind.LID_OPENED


def test_first_lid_opening_in_each_collection_is_an_edge() -> None:
    told = [
        (3, LID),
        (5, OPENED),
        (6, LID),
        (7, LID),
        (8, CLOSED),
        (9, LID),
        (12, OPENED),
        (13, LID),
    ]
    events = [EdgeEvent(seq, kind) for seq, kind in reversed(told)]
    assert period_edges(events) == [6, 13]
    assert period_edges(events, declared=[3]) == [3, 6, 13]


def test_collection_without_a_lid_opening_ends_nothing() -> None:
    assert period_edges([EdgeEvent(1, OPENED), EdgeEvent(2, CLOSED), EdgeEvent(3, LID)]) == []


def test_lid_opening_just_before_its_collection_ends_the_period_as_the_firmware_writes_it():
    events = [EdgeEvent(4, LID), EdgeEvent(5, OPENED), EdgeEvent(7, CLOSED), EdgeEvent(9, LID)]
    assert period_edges(events) == [4]
    again = [EdgeEvent(4, LID), EdgeEvent(5, OPENED), EdgeEvent(6, LID), EdgeEvent(8, CLOSED)]
    assert period_edges(again) == [4], "a second opening within the visit ends nothing more"
    torn = [EdgeEvent(2, LID), EdgeEvent(5, OPENED), EdgeEvent(6, LID)]
    assert period_edges(torn) == [6], "an opening that is not the record before is another one"


@given(st.sets(st.integers(1, 50)), st.integers(1, 60))
def test_every_record_between_edges_lies_in_one_period(edges: set[int], seq: int) -> None:
    periods = periods_between(sorted(edges))
    start = period_start([period.seq_from for period in periods], seq)
    if seq not in edges:
        (found,) = [
            period
            for period in periods
            if period.seq_from < seq and (period.seq_to is None or seq < period.seq_to)
        ]
        assert found.seq_from == start


def stamp(**fields: int | None) -> Stamp:
    """Return the times of a record received at three on Friday."""
    given_: dict[str, int | None] = {
        "boot": 2,
        "uptime_ms": 60_000,
        "wall_s": None,
        "wall_uncertainty_s": 0,
    }
    return Stamp(received_at=FRIDAY, **(given_ | fields))  # type: ignore[arg-type]


def test_time_is_estimated_from_the_best_there_is() -> None:
    wall_s = int(FRIDAY.timestamp())
    own = estimate_occurred(stamp(wall_s=wall_s, wall_uncertainty_s=3))
    assert (own.at, own.uncertainty, own.basis) == (FRIDAY, timedelta(seconds=3), Basis.WALL)
    anchor = stamp(uptime_ms=20_060_000, wall_s=wall_s, wall_uncertainty_s=1)
    found = estimate_occurred(stamp(), anchor)
    assert found.at == FRIDAY - timedelta(seconds=20_000)
    assert found.uncertainty == timedelta(seconds=2)  # 20,000 s at 50 per million are 1 s
    assert found.basis is Basis.ANCHOR
    for useless in (None, stamp(boot=3, wall_s=wall_s), stamp()):
        assert estimate_occurred(stamp(), useless).basis is Basis.RECEIVED


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "JIMPITAN_MASTER_KEY is not set"),
        ({"MASTER_KEY": "not base64!"}, "is not base64"),
        ({"MASTER_KEY": base64.b64encode(bytes(16)).decode()}, "exactly 32 bytes"),
        ({"MASTER_KEY": base64.b64encode(bytes(32)).decode()}, "placeholder"),
        ({"MASTER_KEY": base64.b64encode(b"change me! " * 3)[:44].decode()}, "bytes"),
        ({"MASTER_KEY": base64.b64encode(b"abcdefghijklmnopqrstuvwxyz012345").decode()}, "place"),
        ({"MASTER_KEY": MASTER_KEY, "TIMEZONE": "Mars/Base"}, "JIMPITAN_TIMEZONE"),
        ({"MASTER_KEY": MASTER_KEY, "PORT": "99999"}, "JIMPITAN_PORT"),
        ({"MASTER_KEY": MASTER_KEY, "GAP_PATIENCE_S": "1"}, "JIMPITAN_GAP_PATIENCE_S"),
    ],
)
def test_unsafe_or_wrong_setting_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], word: str
) -> None:
    monkeypatch.delenv("JIMPITAN_MASTER_KEY", raising=False)
    for name, value in values.items():
        monkeypatch.setenv(f"JIMPITAN_{name}", value)
    with pytest.raises(Misconfigured) as refused:
        load_settings()
    assert word in refused.value.sentence
    assert values.get("MASTER_KEY", "-") not in refused.value.sentence.replace("-", "")


def test_master_key_never_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", MASTER_KEY)
    settings = load_settings()
    assert MASTER_KEY not in repr(settings)
    assert settings.master_secret() == base64.b64decode(MASTER_KEY)


def test_wrapped_key_opens_only_for_its_box_and_epoch() -> None:
    vault = BoxVault(MasterKey(base64.b64decode(MASTER_KEY)))
    wrapped = vault.close(BoxId("box-1"), 1, b"k" * 32)
    assert b"kkkk" not in wrapped
    assert vault.open(WrappedKey(BoxId("box-1"), 1, wrapped, None, False)) == b"k" * 32
    for box, epoch in (("box-2", 1), ("box-1", 2)):
        with pytest.raises(Misconfigured):
            vault.open(WrappedKey(BoxId(box), epoch, wrapped, None, False))


class CountingKeys:
    """A store of wrapped keys that counts how often it is asked for a box."""

    def __init__(self, vault: BoxVault) -> None:
        self._vault = vault
        self.asked: list[str] = []

    async def wrapped_keys(self, boxes: Sequence[BoxId]) -> list[WrappedKey]:
        """Return the key of each box."""
        self.asked += boxes
        return [
            WrappedKey(box, 1, self._vault.close(box, 1, b"k" * 32), None, False) for box in boxes
        ]


async def test_keyring_remembers_a_bounded_number_of_boxes() -> None:
    vault = BoxVault(MasterKey(base64.b64decode(MASTER_KEY)))
    keyring, store = BoxKeyring(vault, boxes_max=2), CountingKeys(vault)

    async def ask(*boxes: str, version: int = 1) -> None:
        states = {
            BoxId(box): BoxState(box=BoxId(box), epoch=1, keys_version=version) for box in boxes
        }
        assert set(await keyring.channels(states, store)) == set(boxes)

    await ask("a", "b")
    await ask("a", "b")
    assert store.asked == ["a", "b"]
    await ask("a", version=2)
    await ask("c")
    await ask("a", version=2)
    await ask("b")
    assert store.asked == ["a", "b", "a", "c", "b"]


@given(st.binary(max_size=200))
def test_sealed_opens_only_with_the_private_key_and_purpose(plain: bytes) -> None:
    private = make_private_key()
    sealed = seal(public_key_of(private), plain, purpose=b"one")
    assert unseal(private, sealed, purpose=b"one") == plain
    for key, content, purpose in (
        (make_private_key(), sealed, b"one"),
        (private, sealed, b"two"),
        (private, sealed[:-1], b"one"),
        (private, bytes([sealed[0], sealed[1] ^ 1]) + sealed[2:], b"one"),
        (private, b"\x02" + sealed[1:], b"one"),
        (private, b"", b"one"),
        (private, b"\x01" + bytes(32) + sealed[33:], b"one"),
    ):
        with pytest.raises(Malformed):
            unseal(key, content, purpose=purpose)


@given(st.binary(max_size=100))
def test_any_batch_is_read_or_refused(body: bytes) -> None:
    try:
        items = read_batch(body)
    except (Malformed, TooLarge):
        return
    assert all(isinstance(message, bytes) for _, _, message in items)


def test_batch_is_read_as_written_and_bounded() -> None:
    items = [["box-1", 5, b"message"], ["box-2", 6, b""]]
    assert read_batch(cbor.encode(items)) == [tuple(item) for item in items]
    with pytest.raises(TooLarge):
        read_batch(cbor.encode([items[0]] * (ITEMS_MAX + 1)))


def test_bucket_refills_with_time_and_forgets_the_longest_unused() -> None:
    door = Door("test", burst=2, per_s=1)
    buckets = Buckets(clients_max=2)
    assert [buckets.take(door, "a", 0.0) for _ in range(3)] == [True, True, False]
    assert buckets.take(door, "b", 0.0)
    assert buckets.take(door, "a", 1.0)
    assert not buckets.take(door, "a", 1.0)
    assert not buckets.take(door, "a", 0.5)  # a clock that goes back gives nothing away
    buckets.take(door, "c", 1.0)
    assert buckets.take(door, "b", 1.0)
    assert buckets.take(Door("other", burst=1, per_s=1), "a", 1.0)


class FixedTotals:
    """A store of sums that a test sets."""

    def __init__(self, deposits: int) -> None:
        self.deposits = deposits

    async def totals(self, *, seen_after: datetime) -> tuple[BoxTotals, MoneyTotals]:
        """Return sums for two boxes, and what was counted."""
        assert seen_after == FRIDAY - timedelta(minutes=15)
        boxes = BoxTotals(
            records=9, deposits=self.deposits, boxes_reporting=1, boxes_total=2, newest_at=None
        )
        return boxes, MoneyTotals(
            counted_idr=5000, counted_at=FRIDAY, statement_to=date(2026, 11, 19)
        )


async def test_version_rises_only_when_a_figure_changes() -> None:
    gift = GiftRange(typical_idr=1000, low_idr=500, high_idr=2000)
    store = FixedTotals(3)
    patience = timedelta(minutes=15)
    first = await draw_up(store, gift=gift, stale_after=patience, now=FRIDAY)
    assert (first.sensed.low, first.sensed.estimate_idr, first.sensed.high) == (1500, 3000, 6000)
    same = await draw_up(store, gift=gift, stale_after=patience, now=FRIDAY, before=first)
    assert same.version == first.version
    assert same.content_tag() == first.content_tag()
    store.deposits = 4
    later = await draw_up(store, gift=gift, stale_after=patience, now=FRIDAY, before=same)
    assert later.version == first.version + 1
    assert later.as_json()["counted_at"] == FRIDAY.isoformat(timespec="milliseconds")
    assert later.as_json()["statement_to"] == "2026-11-19"
    assert set(later.as_json()) == {
        "sensed",
        "counted_idr",
        "confirmed_idr",
        "provisional_idr",
        "unattributed_idr",
        "counted_at",
        "statement_to",
        "boxes_reporting",
        "boxes_total",
        "newest_at",
        "generated_at",
        "version",
    }


def test_amounts_and_times_are_written_as_in_indonesia() -> None:
    assert rupiah(1_250_000) == "Rp\u00a01.250.000"
    assert rupiah(-500) == "−Rp\u00a0500"
    at = datetime(2026, 11, 20, 7, 5, tzinfo=UTC)
    assert clock_time(at, "Asia/Jakarta") == "20/11/2026 14.05 WIB"
    assert clock_time(at, "Asia/Jayapura") == "20/11/2026 16.05 WIT"
