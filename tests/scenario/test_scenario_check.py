"""Whole towns under faults: nothing lost, nothing doubled, every rupiah where it belongs."""

import components
import pytest
from checking import check

KEYS = {
    "seed",
    "boxes",
    "deposits",
    "deposits_unkept",
    "records_kept",
    "records_recorded",
    "lost",
    "doubled",
    "quarantined",
    "truth_cash_idr",
    "counted_idr",
    "truth_qris_idr",
    "confirmed_idr",
    "provisional_idr",
    "unattributed_idr",
    "notifications_sent",
    "credits_recorded",
    "latency_ms_p50",
    "latency_ms_p95",
    "faults",
}


@pytest.mark.scenario
@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"])
def test_nothing_is_lost_and_every_rupiah_is_where_it_belongs(tmp_path, broker):
    if broker == "mosquitto":
        components.program("mosquitto", "install mosquitto")
    words = ("--seed", "7", "--boxes", "10", "--seconds", "40", "--broker", broker)
    code, report = check(tmp_path, *words)
    assert report["wrong"] == []
    assert report["no_effect"] == []
    assert code == 0
    assert set(report) >= KEYS
    assert report["broker"] == broker
    assert report["lost"] == report["doubled"] == 0
    assert report["records_kept"] == report["records_recorded"] > 50
    assert report["counted_idr"] == report["truth_cash_idr"] > 0
    assert report["confirmed_idr"] > 0
    assert report["confirmed_idr"] + report["provisional_idr"] == report["truth_qris_idr"]


@pytest.mark.scenario
def test_the_same_holds_on_postgresql(tmp_path):
    with components.postgresql() as host:
        url = components.postgresql_url(host, "postgres")
        words = ("--seed", "3", "--boxes", "6", "--seconds", "30", "--database-url", url)
        code, report = check(tmp_path, *words)
    assert (code, report["wrong"], report["no_effect"]) == (0, [], [])
    assert report["database"] == "postgresql+asyncpg"
    assert report["records_kept"] == report["records_recorded"] > 30
    assert report["counted_idr"] == report["truth_cash_idr"] > 0
