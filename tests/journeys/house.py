"""A whole house for a journey: a ledger, a queue, the real service in this process, real workers in their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.main import build_parts, demo_client, open_ledger
from cds_service.parts import EngineInfo, Start
from cds_service.settings import DeadlineSettings, LedgerSettings, Settings
from ledger import schema
from ledger.desk import CardFilter, Desk
from ledger.jobs import Jobs, Waits
from ledger.keys import create_key_file
from ledger.story import Story
from ledger.verify import verify
from tasks.celery_app import CeleryQueue, make_celery
from tasks.relay import Relay

PORT = 8123  # of the address alone: nothing listens there
FHIR_BASE = f"http://127.0.0.1:{PORT}/fhir"
LAUNCHER = Path(__file__).with_name("worker_process.py")
PATIENCE_S = 40.0
QUICK = {"republish_after_s": 1.0, "retry_after_s": 0.2}
ENDED = {"done", "failed", "expired"}


@dataclass
class Worker:
    """A Celery worker in a process group of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its structured log lines."""
        text = self.log.read_text(errors="replace")
        return [json.loads(line) for line in text.splitlines() if line.startswith('{"')]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == name]

    def wait_ready(self, times: int = 1) -> None:
        wait_for(lambda: len(self.events("worker.ready")) >= times, self.tail)

    def wait_ended(self) -> int:
        return self.process.wait(PATIENCE_S)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill_group(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def family(self) -> list[int]:
        """The living processes below the one that was started, and itself: parent, child, decoders."""
        parents = {int(path.name): _parent(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}
        found = [self.process.pid]
        for ancestor in found:
            found += [pid for pid, parent in parents.items() if parent == ancestor]
        return found

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def end(self) -> None:
        """Whatever a test has left of it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)


@dataclass
class House:
    """Service and ledger of one test; `hook` is the EHR's call."""

    folder: Path
    ledger_url: str
    broker_url: str
    settings: Settings
    http: TestClient
    store: Any
    fhir_folder: Path | None
    workers: list[Worker] = field(default_factory=list)

    @property
    def marks(self) -> Path:
        """Where the slow engines say what they are doing."""
        return self.folder / "marks"

    def start_worker(self, engine: str, *, ready: bool = True, **changes: Any) -> Worker:
        """One worker with this engine ("module:Class"), quick to notice and to give up; `changes` are its plan's."""
        engine_options = changes.pop("engine_options", {})
        plan = {
            "ledger_url": self.ledger_url,
            "key_file": str(self.settings.ledger.key_file),
            "data_dir": str(self.settings.ledger.data_dir),
            "checkpoint": str(self.settings.ledger.checkpoint),
            "broker_url": self.broker_url,
            "broker_folder": str(self.folder / "queue") if self.broker_url.startswith("filesystem") else None,
            "profile": "text-only",
            "lease_s": 2.0,
            "relay_every_s": 0.2,
            "parent_check_s": 0.2,
            "waits": QUICK,
            "engine": engine,
            "engine_options": {"marks": str(self.marks)} | engine_options,
            "source": {"client": "sample-ehr", "fhir_base": FHIR_BASE, "fhir_folder": str(self.fhir_folder)}
            if self.fhir_folder
            else None,
        } | changes
        number = len(self.workers) + 1
        file = self.folder / f"worker-{number}.json"
        file.write_text(json.dumps(plan))
        log = self.folder / f"worker-{number}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own launcher
                [sys.executable, LAUNCHER, file],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        worker = Worker(process, log)
        self.workers.append(worker)
        if ready:
            worker.wait_ready()
        return worker

    def hook(self, body: dict[str, Any]) -> dict[str, Any]:
        """Fire chart-summary; the one card."""
        answer = self.http.post("/cds-services/chart-summary", json=body)
        assert answer.status_code == 200, answer.text
        (card,) = answer.json()["cards"]
        return card

    def jobs(self) -> list[dict[str, Any]]:
        columns = [schema.job.c[name] for name in ("id", "state", "attempt", "reason", "asked_at")]
        return [dict(row) for row in self.store.rows(select(*columns).order_by(schema.job.c.asked_at))]

    def states(self) -> list[str]:
        return [job["state"] for job in self.jobs()]

    def wait_ended(self, *, jobs: int, patience_s: float = PATIENCE_S) -> list[dict[str, Any]]:
        """Wait until so many jobs are there and each of them has ended."""

        def all_ended() -> bool:
            states = self.states()
            return len(states) == jobs and set(states) <= ENDED

        wait_for(all_ended, lambda: f"{self.jobs()}\n" + "\n".join(w.tail() for w in self.workers), patience_s)
        return self.jobs()

    def wait_mark(self, name: str) -> int:
        """Wait for an engine's mark; the process id in it."""
        path = self.marks / name
        wait_for(
            lambda: path.exists() and path.read_text().isdigit(), lambda: "\n".join(w.tail() for w in self.workers)
        )
        return int(path.read_text())

    def summaries(self) -> list[str]:
        """The job of each stored summary."""
        return [row["job_id"] for row in self.store.rows(select(schema.summary.c.job_id))]

    def kinds(self, kind: str) -> int:
        """How many audit entries of a kind there are."""
        return len(self.store.rows(select(schema.audit_entry.c.sequence).where(schema.audit_entry.c.kind == kind)))

    def story(self, card: dict[str, Any]) -> Story:
        story = Desk(self.store).story(card["uuid"])
        assert story is not None
        return story

    def card_kinds(self) -> list[str]:
        return [row.kind for row in Desk(self.store).cards(CardFilter())]


@contextmanager
def open_house(folder: Path, *, ledger_url: str, broker_url: str, fhir_folder: Path | None = None) -> Iterator[House]:
    """A running service over this database and this broker. At its end the chain verifies; its workers are killed."""
    (folder / "marks").mkdir(parents=True)
    key_file = folder / "keys" / "ledger.json"
    create_key_file(key_file)
    settings = Settings(
        demo=True,
        profile="text-only",
        port=PORT,
        public_base_url=f"http://127.0.0.1:{PORT}",
        ledger=LedgerSettings(
            url=ledger_url, data_dir=folder / "data", key_file=key_file, checkpoint=folder / "checkpoint.log"
        ),
        deadlines=DeadlineSettings(gather_s=5, cap_s=10),  # two cores are shared with everything else
    )
    store = open_ledger(settings)
    celery = make_celery(broker_url, folder=folder / "queue" if broker_url.startswith("filesystem") else None)
    relay = Relay(Jobs(store, waits=Waits(**QUICK)), CeleryQueue(celery), every_s=0.2)
    parts = replace(
        build_parts(settings, store, demo=demo_client(FHIR_BASE, fhir_folder=fhir_folder)),
        engine=EngineInfo(name="scripted", revision="1", profile="text-only"),
        wake=relay.wake,
    )
    parts = replace(parts, starts=(*parts.starts, _started(relay)))
    with TestClient(create_app(parts), base_url=f"http://127.0.0.1:{PORT}") as http:
        house = House(folder, ledger_url, broker_url, settings, http, store, fhir_folder)
        try:
            yield house
            assert verify(store).ok
        finally:
            for worker in house.workers:
                worker.end()


def _started(relay: Relay) -> Start:
    async def start(opened: AsyncExitStack) -> None:
        relay.start()
        opened.callback(relay.stop)

    return start


def wait_for(condition: Callable[[], bool], story: Callable[[], str], patience_s: float = PATIENCE_S) -> None:
    """Wait until it holds; after too long, fail and tell what happened."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, story()
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether there is such a process that is not a zombie."""
    return _parent(pid) != 0


def _parent(pid: int) -> int:
    """The parent of a living process; 0 for any other."""
    try:
        _, _, fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    state, parent, *_ = fields.split()
    return 0 if state == "Z" else int(parent)


def hook_body(patient_id: str, **members: Any) -> dict[str, Any]:
    """A patient-view call for a small made-up chart, all of it in the prefetch."""
    return {
        "hook": "patient-view",
        "hookInstance": str(uuid.uuid4()),
        "context": {"userId": "Practitioner/u1", "patientId": patient_id},
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": patient_id, "gender": "female", "birthDate": "1951-03-12"},
            "conditions": _bundle(_condition(patient_id)),
            **{key: _bundle() for key in _EMPTY},
        },
    } | members


_EMPTY = (
    "allergies", "medicationRequests", "medicationStatements", "observations", "diagnosticReports", "procedures",
    "immunizations", "encounters", "carePlans", "documents", "imagingStudies",
)  # fmt: skip


def _bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _condition(patient_id: str) -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "id": f"c-{patient_id}",
        "subject": {"reference": f"Patient/{patient_id}"},
        "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
        "code": {"text": "Type 2 diabetes"},
        "recordedDate": "2021-05-03",
    }
