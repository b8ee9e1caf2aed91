"""Counts what happens, for Prometheus; no box and no person appears in a label."""

import hmac

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from jimpitan_server.domain.errors import NotAllowed, NotAuthenticated
from jimpitan_server.services.accept import Accepted

LOOPBACK = {"127.0.0.1", "::1"}

# From a small batch on SQLite to a full one waiting for a slow disk.
BATCH_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.records = Counter(
            "jimpitan_records",
            "Records by what became of them",
            ["outcome"],
            registry=self.registry,
        )
        self.refused = Counter(
            "jimpitan_refused", "Refused bytes by reason", ["reason"], registry=self.registry
        )
        self.deposits = Counter(
            "jimpitan_deposits", "Deposits sensed and recorded", registry=self.registry
        )
        self.batch_seconds = Histogram(
            "jimpitan_batch_seconds",
            "Time from a verified token to the commit of a batch",
            buckets=BATCH_SECONDS,
            registry=self.registry,
        )
        self.limited = Counter(
            "jimpitan_rate_limited",
            "Requests refused for their rate",
            ["door"],
            registry=self.registry,
        )
        self.gaps_passed = Counter(
            "jimpitan_gaps_passed", "Gaps passed without an explanation", registry=self.registry
        )
        self.bank_answers = Counter(
            "jimpitan_bank_answers", "Answers to banks by code", ["code"], registry=self.registry
        )
        self.thanks = Counter(
            "jimpitan_thanks",
            "Thanks for payments by what became of them",
            ["outcome"],
            registry=self.registry,
        )
        self.viewers = Gauge(
            "jimpitan_live_viewers", "Viewers of the live board", registry=self.registry
        )

    def note_batch(self, accepted: Accepted, seconds: float) -> None:
        """Count one committed batch."""
        self.records.labels("stored").inc(accepted.stored)
        self.records.labels("duplicate").inc(sum(r.duplicate for r in accepted.receipts))
        for receipt in accepted.receipts:
            for reason in receipt.reasons:
                self.refused.labels(reason).inc()
        self.deposits.inc(accepted.deposits)
        self.batch_seconds.observe(seconds)

    def page(self) -> bytes:
        """Return the page that Prometheus reads."""
        return generate_latest(self.registry)


def check_reader(token: str | None, *, client: str, authorization: str) -> None:
    """Refuse who may not read the metrics: without a token everybody beyond this machine."""
    if token is None:
        if client not in LOOPBACK:
            raise NotAllowed("Metrics are for this machine, or set JIMPITAN_METRICS_TOKEN.")
        return
    if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        raise NotAuthenticated("Send the header Authorization: Bearer <metrics token>.")
