"""What the service counts about itself; no label holds anything that a request brought."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0)


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.hooks = Counter(
            "chartside_hooks_total", "Hook calls by what came of them", ("service", "outcome"), registry=self.registry
        )
        self.hook_seconds = Histogram(
            "chartside_hook_seconds",
            "Time from arrival to answer, by what it was: card, none, refused",
            ("service", "outcome"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.shed = Counter(
            "chartside_hooks_shed_total", "Hook calls answered 503 before anything of them was read",
            registry=self.registry,
        )  # fmt: skip
        self.unsent = Counter(
            "chartside_cards_unsent_total", "Cards whose EHR had gone before the answer", ("service",),
            registry=self.registry,
        )  # fmt: skip
        self.refusals = Counter(
            "chartside_unauthenticated_total",
            "Calls without a valid token, by reason",
            ("reason",),
            registry=self.registry,
        )
        self.answers = Counter(
            "chartside_answers_total", "Answers to cards, by channel and what became of them", ("channel", "filed"),
            registry=self.registry,
        )  # fmt: skip
        self.key_set_age = Gauge(
            "chartside_key_set_age_seconds", "Since a client's keys were last read well", ("client",),
            registry=self.registry,
        )  # fmt: skip
        self.key_set_failures = Counter(
            "chartside_key_set_failures_total", "Looks at a client's keys that brought nothing to use",
            ("client", "reason"), registry=self.registry,
        )  # fmt: skip
        self.alarms = Counter(
            "chartside_alarms_total", "Alarms raised while gathering", ("kind",), registry=self.registry
        )

    def exposition(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
