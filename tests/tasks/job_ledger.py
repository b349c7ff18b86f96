"""A real SQLite ledger with one queued job of a small chart, for the tests of the worker's side."""

from __future__ import annotations

import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import update

from fhir_adapters.history import Coverage, Gathered
from fhir_adapters.imaging import DecodedImage, ImageHeader, InstanceAddress
from fhir_adapters.reading import read_history
from ledger import schema
from ledger.cards import Cards
from ledger.desk import CardFilter, Desk
from ledger.events import record
from ledger.jobs import Jobs, Waits
from ledger.keys import create_key_file
from ledger.migrate import migrate
from ledger.records import CardRecord, Issuance, JobStanding, NewJob, PatientKey
from ledger.store import LedgerStore, open_store
from tasks.engine import Completion, StopReason
from tasks.job import JobPayload
from tasks.prompt import Prompt
from tasks.runner import Runner
from tasks.summarise import Sources, Workshop
from tasks.summary import ModelVersion

KEY = PatientKey(client="ehr", tenant="", fhir_base="https://ehr.test/fhir", patient_id="p1")
FOCUS = "chart-summary"
AS_OF = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
STUDY = "1.2.840.99.1"
FILM = "1.2.840.10008.5.1.4.1.1.1.1"
PNG = b"\x89PNG picture"
ALL = ("Condition", "AllergyIntolerance", "Observation", "ImagingStudy")


def patient(patient_id: str = "p1") -> dict[str, Any]:
    name = [{"family": "Canaryfamily", "given": ["Canarygiven"]}]
    return {"resourceType": "Patient", "id": patient_id, "birthDate": "1951-03-12", "gender": "female", "name": name}


def condition(number: int = 1, text: str = "Type 2 diabetes", *, patient_id: str = "p1") -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        "subject": {"reference": f"Patient/{patient_id}"},
        "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
        "code": {"text": text},
        "recordedDate": "2021-05-03",
    }


def imaging_study(uid: str = STUDY) -> dict[str, Any]:
    return {
        "resourceType": "ImagingStudy",
        "id": "i1",
        "status": "available",
        "subject": {"reference": "Patient/p1"},
        "started": "2026-11-02",
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
        "modality": [{"code": "DX"}],
        "description": "Chest",
    }


def gathered(*resources: dict[str, Any], patient_id: str = "p1") -> Gathered:
    return read_history(
        [patient(patient_id), *(resources or [condition()])],
        patient_id=patient_id,
        coverage=dict.fromkeys(ALL, Coverage.WHOLE),
    )


def payload_of(*resources: dict[str, Any]) -> bytes:
    """The payload of a chart of these resources, whoever they are about."""
    seen = gathered(*(one for one in resources if one.get("subject", {}).get("reference") == "Patient/p1"))
    plain = JobPayload.of(seen, service_id="chart-summary", as_of=AS_OF)
    return JobPayload(
        patient_id="p1",
        service_id=plain.service_id,
        as_of=plain.as_of,
        resources=(patient(), *resources),
        coverage=plain.coverage,
        omissions=plain.omissions,
    ).to_bytes()


@dataclass
class Engine:
    """A model that answers what it is told, or raises it; remembers its prompts."""

    answer: str | Exception
    budget: int = 32_000
    prompts: list[Prompt] = field(default_factory=list)
    version = ModelVersion(name="test model", revision="1", digest="0" * 64, engine="test", engine_version="1")

    def generate(self, prompt: Prompt) -> Completion:
        self.prompts.append(prompt)
        self.while_working()
        if isinstance(self.answer, Exception):
            raise self.answer
        return Completion(text=self.answer, stop_reason=StopReason.END, prompt_tokens=10, completion_tokens=5)

    def while_working(self) -> None:
        """What happens meanwhile."""


GOOD = '{"statements": [{"kind": "problem", "text": "Type 2 diabetes is active.", "refs": ["E1"]}]}'


@dataclass
class Pictures:
    """A DICOMweb server with one picture of each study; counts its calls."""

    calls: int = 0
    fails: Exception | None = None

    async def instances(self, study_instance_uid: str) -> tuple[InstanceAddress, ...]:
        self.calls += 1
        if self.fails:
            raise self.fails
        address = InstanceAddress(
            study_instance_uid=study_instance_uid,
            series_instance_uid=f"{study_instance_uid}.1",
            sop_instance_uid=f"{study_instance_uid}.1.1",
            modality="DX",
            sop_class_uid=FILM,
        )
        return (address,)

    async def retrieve(self, address: InstanceAddress) -> bytes:
        self.calls += 1
        return b"dicom"


@dataclass
class Decoder:
    """Reads every file as the film of one patient."""

    patient_id: str = "p1"
    calls: int = 0

    def inspect(self, dicom: bytes) -> ImageHeader:
        self.calls += 1
        return ImageHeader(
            patient_id=self.patient_id, birth_date="", study_instance_uid=STUDY, series_instance_uid=f"{STUDY}.1",
            sop_instance_uid=f"{STUDY}.1.1", sop_class_uid=FILM, modality="DX", body_part="CHEST", view="PA",
            study_date="20261102", frames=1, burned_in=False, is_image=True,
        )  # fmt: skip

    def decode(self, dicom: bytes) -> DecodedImage:
        self.calls += 1
        return DecodedImage(frame=1, frames=1, window="min-max", png=PNG)


def sources(**given: Any) -> Any:
    """One client's sources, whoever asks."""

    @asynccontextmanager
    async def open_sources(_key: PatientKey) -> Any:
        yield Sources(**given)

    return open_sources


def workshop(engine: Any, **changes: Any) -> Workshop:
    plain: dict[str, Any] = {
        "engine": engine,
        "sources": sources(),
        "profile": "text-only",
        "clock": partial(datetime.now, UTC),
    }
    return Workshop(**plain | changes)


@dataclass
class JobLedger:
    """The ledger, and the worker's way through it."""

    store: LedgerStore

    @property
    def jobs(self) -> Jobs:
        return Jobs(self.store, waits=Waits(republish_after_s=0.2, retry_after_s=0.0))

    def ask(self, payload: bytes | None = None, *, key: PatientKey = KEY, **changes: Any) -> str:
        """Issue a brief card and queue a job for it; the job's id."""
        seen = gathered()
        plain: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "focus": FOCUS,
            "fingerprint": seen.history.fingerprint,
            "recipe": "r1",
            "payload": payload_of(condition()) if payload is None else payload,
            "useful_until": datetime.now(UTC) + timedelta(hours=1),
        }
        job = NewJob(**plain | changes)
        issuance = Issuance(
            key=key, user="Practitioner/u1", service_id="chart-summary", hook_instance=str(uuid.uuid4()),
            at=datetime.now(UTC), cards=(self._card(seen.history.fingerprint),), events=(), focus=FOCUS,
            fingerprint=seen.history.fingerprint, job=job,
        )  # fmt: skip
        Cards(self.store).issue(issuance, timeout_s=5)
        return job.id

    def runner(self, engine: Any, *, lease_s: float = 30, record_with: Any = None, **changes: Any) -> Runner:
        return Runner(
            jobs=self.jobs,
            record=record_with or partial(record, self.store),
            workshop=workshop(engine, **changes),
            worker="w1",
            lease_s=lease_s,
            clock=partial(datetime.now, UTC),
            new_id=lambda: str(uuid.uuid4()),
        )

    def take_over(self, job_id: str) -> None:
        """Let the lease run out, and another worker claim the job."""
        with self.store.chore() as chore:
            chore.execute(update(schema.job).where(schema.job.c.id == job_id).values(lease_until=0))
        assert self.jobs.claim(job_id, worker="w2", lease_s=30) is not None

    def standing(self, job_id: str) -> JobStanding:
        found = self.jobs.standing(job_id)
        assert found is not None
        return found

    def situation(self) -> Any:
        return Cards(self.store).situation(KEY, focus=FOCUS, fingerprint=gathered().history.fingerprint)

    def story(self) -> Any:
        """The story of the newest card."""
        (row, *_) = Desk(self.store).cards(CardFilter())
        return Desk(self.store).story(row.id)

    def told(self, job_id: str) -> list[str]:
        """The kinds of what is recorded about the job, in chain order."""
        return [entry.kind for entry in self.story().entries if entry.subject == job_id]

    def detail(self, kind: str) -> Any:
        return next(entry.detail for entry in self.story().entries if entry.kind == kind)

    @staticmethod
    def _card(fingerprint: str) -> CardRecord:
        return CardRecord(
            id=str(uuid.uuid4()), service_id="chart-summary", topic="chart-brief", kind="brief", summary_id="",
            fingerprint=fingerprint, content=b"{}", surface_sha256="ab" * 32,
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )  # fmt: skip


def open_job_ledger(folder: Path) -> JobLedger:
    (folder / "data").mkdir(parents=True)
    keys = create_key_file(folder / "keys" / "ledger.json")
    url = f"sqlite:///{folder / 'data' / 'ledger.db'}"
    migrate(url)
    return JobLedger(open_store(url, keys=keys, checkpoint=folder / "checkpoint.log", busy_timeout_s=5))
