"""Hashes that name content: equal for the same facts however and in whatever order they were gathered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import orjson

from fhir_adapters.dates import PartialDate
from fhir_adapters.details import Detail
from fhir_adapters.history import Code, Coverage, Kind, PatientFacts, Standing, Value


class Content(Protocol):
    """What of an entry is content: not its number, its line (which our wording makes), versionId or lastUpdated."""

    @property
    def kind(self) -> Kind: ...  # noqa: D102 - as Entry's
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def standing(self) -> Standing: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def when(self) -> PartialDate | None: ...  # noqa: D102
    @property
    def until(self) -> PartialDate | None: ...  # noqa: D102
    @property
    def values(self) -> tuple[Value, ...]: ...  # noqa: D102
    @property
    def details(self) -> Sequence[tuple[Detail, str]]: ...  # noqa: D102
    @property
    def codes(self) -> tuple[Code, ...]: ...  # noqa: D102
    @property
    def passage(self) -> str: ...  # noqa: D102
    @property
    def ai_asserted(self) -> bool: ...  # noqa: D102
    @property
    def restricted(self) -> bool: ...  # noqa: D102


def content_hash(content: Content) -> str:
    """SHA-256 (hex) over the kept content of one entry.

    Members stand in this fixed order, so a new field of Entry changes no hash until it is added here.
    """
    kept = [
        content.kind,
        content.title,
        content.standing,
        content.status,
        content.when.text if content.when else None,
        content.until.text if content.until else None,
        [
            (value.label, value.text, value.number, value.comparator, value.unit, value.low, value.high, value.flag)
            for value in content.values
        ],
        content.details,
        [(code.system, code.code, code.display) for code in content.codes],
        content.passage,
        content.ai_asserted,
        content.restricted,
    ]
    return hashlib.sha256(orjson.dumps(kept, default=str)).hexdigest()  # `str` for Decimal


def fingerprint(patient: PatientFacts, entries: Iterable[tuple[str, str]], coverage: Mapping[str, Coverage]) -> str:
    """SHA-256 (hex) over the patient's facts, sorted (reference, content hash) pairs and the coverage vector."""
    kept = [_facts(patient), sorted(entries), sorted(coverage.items())]
    return hashlib.sha256(orjson.dumps(kept)).hexdigest()


def patient_hash(patient: PatientFacts) -> str:
    """SHA-256 (hex) over the patient's facts alone: another one is another person, or the same one corrected."""
    return hashlib.sha256(orjson.dumps(_facts(patient))).hexdigest()


def _facts(patient: PatientFacts) -> tuple[object, ...]:
    return (
        patient.id,
        patient.name,
        patient.birth_date.text if patient.birth_date else None,
        patient.gender,
        patient.identifier,
        patient.deceased.text if isinstance(patient.deceased, PartialDate) else patient.deceased,
        *patient.marks,  # an unmarked record keeps its print
    )
