"""Invented cards, jobs, summaries and answers, and one ledger in a folder to put them in."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from ledger.answers import Answers
from ledger.cards import Cards
from ledger.desk import Desk
from ledger.jobs import Jobs, Waits
from ledger.keys import KeyRing
from ledger.records import (
    Acknowledgment,
    CardRecord,
    Channel,
    Event,
    Issuance,
    NewJob,
    Outcome,
    PatientKey,
    StoredImage,
    StoredSummary,
    SummaryJob,
    Withdrawal,
)
from ledger.store import LedgerStore, open_store
from ledger.switches import SwitchedOff, Switches, SwitchKind
from ledger.verify import Verification, verify
from ledger.withdrawals import Withdrawals

KEY = PatientKey(client="ehr-a", tenant="north", fhir_base="https://ehr.test/fhir", patient_id="p-1")
OTHER_KEY = PatientKey(client="ehr-a", tenant="north", fhir_base="https://other.test/fhir", patient_id="p-1")
FOCUS = "chart-summary:e3b0"
USER = "Practitioner/dr-1"
_count = itertools.count()


def new_id() -> str:
    return str(uuid.uuid4())


def now() -> datetime:
    return datetime.now(UTC)


def a_card(**changed: Any) -> CardRecord:
    plain: dict[str, Any] = {
        "id": new_id(), "service_id": "chart-summary", "topic": "ai-summary", "kind": "brief", "summary_id": "",
        "fingerprint": "f1", "content": b'{"summary":"on a card"}', "surface_sha256": "ab" * 32,
        "expires_at": now() + timedelta(hours=12),
    }  # fmt: skip
    return CardRecord(**plain | changed)


def a_job(**changed: Any) -> NewJob:
    plain: dict[str, Any] = {
        "id": new_id(), "focus": FOCUS, "fingerprint": "f1", "recipe": "prompt-1/model-1/text-only",
        "payload": b'{"resources":[]}', "useful_until": now() + timedelta(hours=8),
    }  # fmt: skip
    return NewJob(**plain | changed)


def an_issuance(**changed: Any) -> Issuance:
    hook_instance = new_id()
    plain: dict[str, Any] = {
        "key": KEY, "user": USER, "service_id": "chart-summary", "hook_instance": hook_instance, "at": now(),
        "cards": (a_card(),), "events": (), "focus": FOCUS, "fingerprint": "f1",
    }  # fmt: skip
    return Issuance(**plain | changed)


def a_summary(job: SummaryJob, **changed: Any) -> StoredSummary:
    plain: dict[str, Any] = {
        "id": new_id(), "job_id": job.id, "key": job.key, "focus": job.focus, "fingerprint": job.fingerprint,
        "recipe": job.recipe, "made_at": now(), "content": b'{"statements":[]}',
    }  # fmt: skip
    return StoredSummary(**plain | changed)


def an_answer(card_id: str, **changed: Any) -> Acknowledgment:
    plain: dict[str, Any] = {
        "id": new_id(), "card_id": card_id, "client": KEY.client, "user": USER, "channel": Channel.PAGE,
        "outcome": Outcome.REVIEWED, "surface_sha256": "cd" * 32, "outcome_at": now(),
    }  # fmt: skip
    return Acknowledgment(**plain | changed)


def an_event(kind: str = "page.opened", subject: str = "", **changed: Any) -> Event:
    return Event(**{"kind": kind, "subject": subject or new_id(), "at": now(), "key": KEY, "user": USER} | changed)


PICTURE = StoredImage(ordinal=1, label="Chest, frontal", png=b"\x89PNG picture")


@dataclass
class Ledger:
    """A migrated ledger, its keys and its checkpoint file; `reopen` is another process' view of it."""

    url: str
    folder: Path
    keys: KeyRing | None
    store: LedgerStore = field(init=False)
    opened: list[LedgerStore] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = self.reopen()

    def reopen(
        self, *, keys: KeyRing | None = None, keyless: bool = False, busy_timeout_s: float = 20.0
    ) -> LedgerStore:
        ring = None if keyless else keys or self.keys
        store = open_store(self.url, keys=ring, checkpoint=self.checkpoint, busy_timeout_s=busy_timeout_s)
        self.opened.append(store)
        return store

    def close(self) -> None:
        for store in self.opened:
            store.close()

    @property
    def checkpoint(self) -> Path:
        return self.folder / "outside" / "checkpoint"

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def cards(self) -> Cards:
        return Cards(self.store, retry_failed_after_s=0.0)

    @property
    def jobs(self) -> Jobs:
        return Jobs(self.store, waits=Waits(retry_after_s=0.0, republish_after_s=60.0))

    @property
    def answers(self) -> Answers:
        return Answers(self.store)

    @property
    def desk(self) -> Desk:
        return Desk(self.store)

    def verify(self) -> Verification:
        return verify(self.store)

    def ask(self, **changed: Any) -> str:
        """A queued job's id."""
        result = self.cards.issue(an_issuance(job=a_job(**changed)), timeout_s=20)
        return result.job_id

    def claim(self, job_id: str, *, worker: str = "w1", lease_s: float = 60.0) -> SummaryJob:
        job = self.jobs.claim(job_id, worker=worker, lease_s=lease_s)
        assert job is not None
        return job

    def fill(self) -> dict[str, str]:
        """One row and more of every table; ids by table."""
        self.cards.issue(an_issuance(snapshot=b'{"entries":[]}', job=a_job()), timeout_s=20)
        job_id = self.ask(fingerprint="f2")
        job = self.claim(job_id)
        summary = a_summary(job)
        self.jobs.finish(job, summary, [PICTURE], [an_event("model.ran", summary.id)])
        card = a_card(kind="summary", summary_id=summary.id, fingerprint="f2")
        self.cards.issue(an_issuance(cards=(card, a_card()), events=(an_event("hook.received"),)), timeout_s=20)
        report = an_answer(card.id, outcome=Outcome.SAFETY_REPORT, comment="wrong dose", withdraws=True)
        self.answers.file(report)
        self.answers.file(an_answer(card.id))
        off = SwitchedOff(id=new_id(), kind=SwitchKind.MODEL, name="m-1", at=now(), by="auditor", note="drift")
        Switches(self.store).switch_off(off)
        return {
            "card": card.id, "job": job_id, "summary": summary.id, "image": f"{summary.id}/1",
            "acknowledgment": report.id, "withdrawal": report.id, "switch": off.id,
        }  # fmt: skip

    def tamper(self, *statements: str) -> None:
        """Change the database as its owner can: without the ledger, its guards and its foreign keys."""
        engine = create_engine(self.url)
        with engine.connect() as connection:
            if self.is_sqlite:
                triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (name,) in triggers.fetchall():
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                connection.exec_driver_sql("SET session_replication_role = replica")
            for statement in statements:
                assert connection.execute(text(statement)).rowcount != 0, f"nothing was tampered with: {statement}"
            connection.commit()
        engine.dispose()

    def withdraw(self, withdrawal: Withdrawal, key: PatientKey) -> None:
        """A withdrawal that no answer to a card brought."""
        prepared = Withdrawals(self.store).prepare(withdrawal, key)
        with self.store.write() as transaction:
            prepared.write(transaction)

    def later(self, seconds: float, *columns: str) -> None:
        """Let the jobs' waits run out, as if this time had passed for the database."""
        span = round(seconds * 1_000_000)
        moved = ", ".join(f"{column} = {column} - {span}" for column in columns)
        with self.store.chore() as chore:
            chore.execute(text(f"UPDATE job SET {moved}"))  # noqa: S608 - our own column names

    def count(self, table: str) -> int:
        return int(self.store.rows(text(f"SELECT count(*) AS n FROM {table}"))[0]["n"])  # noqa: S608
