"""The whole of what arrived -> one PatientHistory, the same whatever order it arrived in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fhir_adapters.fingerprint import fingerprint
from fhir_adapters.history import (
    Alarm,
    AlarmKind,
    Coverage,
    Entry,
    Gathered,
    Omission,
    PatientFacts,
    PatientHistory,
    Reason,
)
from fhir_adapters.reading.arrivals import Arrivals
from fhir_adapters.reading.draft import Draft, LeftOut
from fhir_adapters.reading.elements import Element
from fhir_adapters.reading.medicines import with_medicine
from fhir_adapters.reading.order import in_reading_order, most_wanted_first
from fhir_adapters.reading.readers import ORDER_READERS, READERS
from fhir_adapters.reading.versions import Reading, as_entry, read_latest


def read_history(
    resources: Iterable[object],
    *,
    patient_id: str,
    coverage: Mapping[str, Coverage],
    omissions: Sequence[Omission] = (),
    limit: int | None = None,
) -> Gathered:
    """The history of one patient from plain FHIR dicts (Bundles already unpacked).

    `coverage` and `omissions` say what the caller saw and did not see; what cannot be read here lowers a type from
    WHOLE to PART. At most `limit` resources become entries: allergies, problems and medicines first, then the newest.
    Resources of another patient are dropped, counted, and raise an alarm (T24). Access records are the caller's.

    Raises PatientMissing without our Patient, WrongPatient where another Patient is among the resources.
    """
    arrivals = Arrivals(patient_id, orders=ORDER_READERS.keys() & coverage.keys())
    for resource in resources:
        arrivals.take(resource)
    patient = arrivals.patient()
    entries = _entries(arrivals, limit)
    covered = _covered(coverage, entries, arrivals.unseen)
    return Gathered(
        history=PatientHistory(
            patient=patient,
            entries=entries,
            omissions=_omissions(arrivals, patient, omissions),
            coverage=tuple(sorted(covered.items())),
            fingerprint=fingerprint(patient, ((entry.reference, entry.content_hash) for entry in entries), covered),
        ),
        alarms=tuple(
            Alarm(kind=AlarmKind.WRONG_PATIENT_RESOURCE, what=what, count=count)
            for what, count in sorted(arrivals.others.items())
        ),
        resources=arrivals.read(),
    )


def _entries(arrivals: Arrivals, limit: int | None) -> tuple[Entry, ...]:
    """Read what is ours, up to the limit, and number it in reading order."""
    medications = arrivals.medications()
    is_over = limit is not None and len(arrivals.ours) > limit
    kept: list[tuple[Reading, Draft]] = []
    for reference in most_wanted_first(arrivals.ours) if is_over else arrivals.ours:
        if limit is not None and len(kept) >= limit:
            arrivals.leave(reference, Reason.OVER_LIMIT, "")
            continue
        versions: Sequence[Element] = arrivals.ours[reference]
        kind = reference.partition("/")[0]
        if kind.startswith("Medication"):
            versions = [with_medicine(resource, medications) for resource in versions]
        reading = _read(arrivals, reference, versions)
        if isinstance(reading.made, Draft):
            kept.append((reading, reading.made))
    return tuple(
        as_entry(reading, draft, number) for number, (reading, draft) in enumerate(in_reading_order(kept), start=1)
    )


def _read(arrivals: Arrivals, reference: str, versions: Sequence[Element]) -> Reading:
    """One reference's reading; what is not used of it is counted."""
    kind = reference.partition("/")[0]
    reading, differing = read_latest(reference, versions, READERS.get(kind) or ORDER_READERS[kind])
    if differing:
        arrivals.left_out[kind, Reason.DUPLICATE, "another version"] += differing
    if isinstance(reading.made, LeftOut):
        arrivals.leave(kind, reading.made.reason, reading.made.detail)
    else:
        for reason, detail in reading.made.not_read:
            arrivals.left_out[kind, reason, detail] += 1
    return reading


def _omissions(arrivals: Arrivals, patient: PatientFacts, others: Sequence[Omission]) -> tuple[Omission, ...]:
    """The caller's omissions and ours, equal ones counted together, in an order of their own.

    What the patient's record says of itself stands among them: a replaced record is not the whole chart.
    """
    counts = arrivals.left_out.copy()
    counts.update(("Patient", Reason.PATIENT_RECORD, mark) for mark in patient.marks)
    for omission in others:
        counts[omission.what, omission.reason, omission.detail] += omission.count
    return tuple(
        Omission(what=what, reason=reason, detail=detail, count=count)
        for (what, reason, detail), count in sorted(counts.items())
    )


def _covered(coverage: Mapping[str, Coverage], entries: Iterable[Entry], unseen: set[str]) -> dict[str, Coverage]:
    """The caller's coverage; never WHOLE where something of a type could not be read, never NONE where entries are."""
    covered = dict(coverage)
    for kind in {entry.resource_type for entry in entries} | (unseen & (READERS.keys() | ORDER_READERS.keys())):
        if covered.get(kind, Coverage.NONE) is Coverage.NONE or kind in unseen:
            covered[kind] = Coverage.PART
    return covered
