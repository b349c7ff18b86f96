"""From a job to a checked summary: gather, look, ask, read, check. One plain function; storing is its caller's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from fhir_adapters.errors import AccessDenied, AddressRefused, PatientMissing, ServerFailed, UnreadableRecord
from fhir_adapters.gather import FhirServer, gather_history
from fhir_adapters.history import (
    AccessRecord,
    Alarm,
    AlarmKind,
    Gathered,
    Kind,
    Omission,
    PatientHistory,
    Reason,
)
from fhir_adapters.imaging import DicomWebServer, ImagingEvidence
from fhir_adapters.key_images import Decoder, gather_images
from ledger.records import PatientKey, SummaryJob
from tasks.engine import ModelEngine
from tasks.errors import ModelMissing, WrongPatientData
from tasks.job import JobPayload
from tasks.kinds import WorkEvent
from tasks.profile import Profile
from tasks.prompt import build_prompt
from tasks.reading import read_summary
from tasks.summary import Summary, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a worker may read for one client and base; None: only what the job carries."""

    fhir: FhirServer | None = None
    dicomweb: DicomWebServer | None = None


class Note(Protocol):
    """Told of each step as it ends; detail holds counts, hashes and ids, never record text."""

    def __call__(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Take it down, to be written with the change that ends the attempt."""
        ...

    def keep(self) -> None:
        """Write down now what was taken down so far: what follows may end this process."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What a worker has at hand for every job."""

    engine: ModelEngine | None  # None: a site without a model; jobs left from before end with that reason
    sources: Callable[[PatientKey], AbstractAsyncContextManager[Sources]]  # entered once a job, in its event loop
    profile: Profile
    decoder: Decoder | None = None
    clock: Callable[[], datetime]
    gather_timeout_s: float = 60.0
    images_timeout_s: float = 60.0
    images_at_most: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A checked summary with the history and the pictures it was made from."""

    summary: Summary
    history: PatientHistory = field(repr=False)
    evidence: ImagingEvidence = field(repr=False)


def summarise(job: SummaryJob, workshop: Workshop, *, note: Note) -> Made:
    """Make the summary that `job` asks for.

    Raises SummaryError (WrongPatientData at the first sign of another patient) and AdapterError; from `note`, what it
    raises.
    """
    engine = workshop.engine
    if engine is None:
        raise ModelMissing("no model is configured for this worker")
    payload = JobPayload.from_bytes(job.payload)
    if payload.patient_id != job.key.patient_id:
        raise WrongPatientData("the job's payload is of another patient than the job")
    gathered, evidence = asyncio.run(_gather(job, payload, workshop))
    _note_gathering(note, gathered, evidence)
    if gathered.stops_summary or _is_stopped(evidence) or gathered.history.patient.id != job.key.patient_id:
        raise WrongPatientData("something of another patient was met; no summary is made from this record")

    prompt = build_prompt(
        gathered.history,
        evidence.images,
        patient_id=job.key.patient_id,
        focus=job.focus,
        budget=engine.budget,
        as_of=payload.as_of,
    )
    note(
        WorkEvent.PROMPTED,
        {"prompt_hash": prompt.prompt_hash, "entries": len(prompt.entry_ids), "cut": list(prompt.cut),
         "images": len(prompt.images), "profile": workshop.profile},
    )  # fmt: skip
    note.keep()
    completion = engine.generate(prompt)
    note(
        WorkEvent.GENERATED,
        {"model": engine.version.name, "digest": engine.version.digest, "stop_reason": completion.stop_reason,
         "prompt_tokens": completion.prompt_tokens, "completion_tokens": completion.completion_tokens},
    )  # fmt: skip
    summary = read_summary(
        completion, prompt, gathered.history,
        model=engine.version, made_at=workshop.clock(), profile=workshop.profile,
    )  # fmt: skip
    summary = replace(summary, not_used=(*summary.not_used, *map(str, evidence.omissions)))
    note(
        WorkEvent.CHECKED,
        {"verified": summary.count(Verdict.VERIFIED), "cited": summary.count(Verdict.CITED),
         "withheld": len(summary.withheld)},
    )  # fmt: skip
    return Made(summary=summary, history=gathered.history, evidence=evidence)


async def _gather(job: SummaryJob, payload: JobPayload, workshop: Workshop) -> tuple[Gathered, ImagingEvidence]:
    async with workshop.sources(job.key) as sources:
        gathered = await _gather_record(payload, sources.fhir, workshop.gather_timeout_s)
        if gathered.stops_summary:
            return gathered, ImagingEvidence(images=())
        return gathered, await _look(gathered.history, sources.dicomweb, workshop)


async def _gather_record(payload: JobPayload, server: FhirServer | None, timeout_s: float) -> Gathered:
    """Read the worker's own server; where it gives nothing, what the hook saw still makes a summary.

    Another patient's record is no such case: WrongPatient goes up.
    """
    if server is None:
        return payload.read()
    try:
        return await gather_history(server, payload.patient_id, timeout_s=timeout_s)
    except (ServerFailed, AccessDenied, PatientMissing, UnreadableRecord, AddressRefused) as error:
        kept = payload.read()
        outcome = error.outcome or "failed"
        failure = AccessRecord(system="fhir", interaction="search", what="whole record", outcome=outcome)
        refused = (Alarm(kind=AlarmKind.ADDRESS_REFUSED, what="Patient"),) if isinstance(error, AddressRefused) else ()
        return replace(kept, access_records=(*kept.access_records, failure), alarms=(*kept.alarms, *refused))


async def _look(history: PatientHistory, server: DicomWebServer | None, workshop: Workshop) -> ImagingEvidence:
    """The key images, or the one reason for which none were fetched (decision 5: text-only touches no pixel)."""
    if workshop.profile != Profile.IMAGING:
        return _unseen(history, Reason.PROFILE)
    if server is None:
        return _unseen(history, Reason.NOT_SUPPLIED, "no image server")
    if workshop.decoder is None:
        return _unseen(history, Reason.FAILED, "no guarded decoder")
    return await gather_images(
        history, server, workshop.decoder, at_most=workshop.images_at_most, timeout_s=workshop.images_timeout_s
    )


def _unseen(history: PatientHistory, reason: Reason, detail: str = "") -> ImagingEvidence:
    studies = len(history.of_kind(Kind.IMAGING))
    unseen = Omission(what="pictures of ImagingStudy", reason=reason, count=studies, detail=detail)
    return ImagingEvidence(images=(), omissions=(unseen,) if studies else ())


def _is_stopped(evidence: ImagingEvidence) -> bool:
    """One picture of another patient stops the summary (T24); an address refused only costs the picture."""
    return any(alarm.kind is AlarmKind.WRONG_PATIENT_IMAGE for alarm in evidence.alarms)


def _note_gathering(note: Note, gathered: Gathered, evidence: ImagingEvidence) -> None:
    for record in (*gathered.access_records, *evidence.access_records):
        note(
            f"{record.system}.{record.interaction}",
            {"what": record.what, "outcome": record.outcome, "count": record.count},
        )
    for alarm in (*gathered.alarms, *evidence.alarms):
        _note_alarm(note, alarm)
    note(
        WorkEvent.GATHERED,
        {"entries": len(gathered.history.entries), "fingerprint": gathered.history.fingerprint,
         "coverage": dict(gathered.history.coverage),
         "not_seen": [str(omission) for omission in (*gathered.history.omissions, *evidence.omissions)]},
    )  # fmt: skip


def _note_alarm(note: Note, alarm: Alarm) -> None:
    note(f"alarm.{alarm.kind}", {"what": alarm.what, "count": alarm.count})
