"""In whatever order a patient's events come, a report holds what it must, a purge empties, and the ledger verifies."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_values import FOCUS, KEY, Ledger, a_card, a_job, a_summary, an_answer, an_issuance, now
from sqlalchemy import text

from ledger.keys import KeyRing
from ledger.purge import purge
from ledger.records import JobState, SummaryJob
from ledger.verify import verify

STAMPS = (datetime(1999, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC))
STEPS = (
    "ask f1", "ask f2", "claim", "finish", "fail", "report", "report long ago", "report in years", "release first",
    "release last", "see f1", "see f2", "purge jobs", "purge histories", "purge withdrawals", "purge summaries",
)  # fmt: skip


class Patient:
    """One patient's events over a real ledger, and what must hold after each."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.claimed: list[SummaryJob] = []
        self.open_reports: list[str] = []
        self.histories: dict[str, bool] = {}

    def do(self, step: str) -> None:
        verb, _, what = step.partition(" ")
        getattr(self, verb)(what)
        self.check()

    def ask(self, fingerprint: str) -> None:
        self.ledger.cards.issue(an_issuance(job=a_job(fingerprint=fingerprint)), timeout_s=20)

    def claim(self, _: str) -> None:
        for row in self.ledger.store.rows(text("SELECT id FROM job WHERE state = 'queued'")):
            self.claimed.append(self.ledger.claim(row["id"]))

    def finish(self, _: str) -> None:
        for job in self.claimed[-1:]:
            self.ledger.jobs.finish(job, a_summary(job), [], [], history=(job.fingerprint, b'{"by":"worker"}'))
            self.histories[job.fingerprint] = True
            self.claimed.pop()

    def fail(self, _: str) -> None:
        for job in self.claimed[-1:]:
            self.ledger.jobs.fail(job, "engine-failed", retry=False)
            self.claimed.pop()

    def report(self, when: str) -> None:
        card = a_card()
        self.ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
        stamp = {"long ago": STAMPS[0], "in years": STAMPS[1]}.get(when, now())
        answer = an_answer(card.id, outcome_at=stamp, withdraws=True)
        self.ledger.answers.file(answer)
        self.open_reports.append(answer.id)

    def release(self, which: str) -> None:
        if self.open_reports:
            report = self.open_reports.pop(0 if which == "first" else -1)
            assert self.ledger.answers.release(report, by="auditor", at=STAMPS[0], note="checked")

    def see(self, fingerprint: str) -> None:
        self.ledger.cards.issue(an_issuance(fingerprint=fingerprint, snapshot=b'{"by":"hook"}'), timeout_s=20)
        self.histories[fingerprint] = True

    def purge(self, what: str) -> None:
        table, name = {
            "jobs": ("job", "id"), "withdrawals": ("withdrawal", "id"), "summaries": ("summary", "id"),
            "histories": ("snapshot", "key_index || '/' || fingerprint"),
        }[what]  # fmt: skip
        rows = self.ledger.store.rows(text(f"SELECT {name} AS name FROM {table}"))  # noqa: S608 - our own names
        purge(self.ledger.store, [(table, row["name"]) for row in rows], by="retention", at=now(), reason="time")
        self.histories = {} if what == "histories" else self.histories

    def check(self) -> None:
        for fingerprint in ("f1", "f2"):
            situation = self.ledger.cards.situation(KEY, focus=FOCUS, fingerprint=fingerprint)
            assert (situation.withdrawal is not None) == bool(self.open_reports)
            assert situation.summary is None or not self.open_reports
            assert situation.has_snapshot == self.histories.get(fingerprint, False)
            assert (self.ledger.cards.snapshot(KEY, fingerprint) is not None) == situation.has_snapshot
        waiting = self.ledger.store.rows(text("SELECT state, payload FROM job"))
        assert all(row["payload"] for row in waiting if row["state"] in (JobState.QUEUED, JobState.LEASED))

    def close(self) -> None:
        found, blind = self.ledger.verify(), verify(self.ledger.reopen(keyless=True))
        assert (found.first_broken, blind.first_broken) == (None, None)
        for report in self.open_reports:
            assert self.ledger.answers.release(report, by="auditor", at=now(), note="checked")
        kept = self.ledger.store.rows(text("SELECT count(*) AS n FROM summary WHERE content IS NOT NULL"))[0]["n"]
        assert (self.ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1").summary is not None) == bool(kept)


def test_whatever_comes_in_whatever_order(migrated_file: Path, keys: KeyRing) -> None:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(STEPS), min_size=6, max_size=30))
    def run(steps: list[str]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="chartside-order-"))
        shutil.copy(migrated_file, folder / "ledger.db")
        ledger = Ledger(url=f"sqlite:///{folder}/ledger.db", folder=folder, keys=keys)
        try:
            patient = Patient(ledger)
            for step in steps:
                patient.do(step)
            patient.close()
        finally:
            ledger.close()
            shutil.rmtree(folder)

    run()


ORDERS = (
    "ask f1,claim,report long ago,finish,release first",
    "ask f1,report,claim,finish,ask f2,claim,finish,release last",
    "ask f1,claim,finish,report in years,ask f2,report long ago,claim,release first,finish,release first",
    "report,ask f1,claim,fail,ask f1,claim,finish,release last,report,purge withdrawals,release first",
    "ask f1,claim,report,purge withdrawals,finish,ask f2,claim,finish,release first,purge summaries",
    "ask f1,claim,fail,purge jobs,ask f1,claim,finish,purge jobs,ask f1,see f1,purge histories,see f1",
    "see f1,purge histories,purge histories,see f1,see f2,purge histories,ask f1,claim,finish",
    "ask f1,claim,fail,purge jobs,purge jobs,ask f1,claim,fail,purge jobs,ask f1,report,claim,finish",
    "ask f1,claim,finish,purge summaries,ask f1,report,see f1,release first,purge histories,see f1",
    "report,report long ago,report in years,release last,ask f1,claim,release last,finish,release last",
)


@pytest.mark.parametrize("order", ORDERS)
def test_orders_worth_naming_hold_on_both_databases(ledger: Ledger, order: str) -> None:
    patient = Patient(ledger)
    for step in order.split(","):
        patient.do(step)
    patient.close()
