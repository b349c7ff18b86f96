"""Whether a DICOM header and a FHIR Patient are one person: asked before a pixel is used, never switched off (T24)."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from fhir_adapters.dates import PartialDate
from fhir_adapters.history import PatientFacts
from fhir_adapters.imaging import ImageHeader


class Identity(Enum):
    """The answer of the wrong-patient guard (T24)."""

    SAME = "same"
    OTHER = "other"
    UNNAMED = "unnamed"  # the header names nobody: no proof of a mix-up, and no proof of the opposite


def identity_of(header: ImageHeader, patient: PatientFacts) -> Identity:
    """SAME only where PatientID is the FHIR id or the medical record number, letter for letter, and birth dates agree.

    A birth date that either side lacks, or writes as no date, is not compared; a FHIR date without month or day is
    compared as far as it goes.
    """
    if not header.patient_id:
        return Identity.UNNAMED
    if header.patient_id not in {patient.id, patient.identifier}:
        return Identity.OTHER
    born = dicom_date(header.birth_date)
    if born is not None and patient.birth_date is not None:
        known = patient.birth_date.text[:10]
        if not born.text.startswith(known):
            return Identity.OTHER
    return Identity.SAME


def dicom_date(text: str) -> PartialDate | None:
    """A DICOM date (VR DA, `19500131`; `1950.01.31` of old files); None for anything else."""
    digits = text.replace(".", "")
    try:
        return PartialDate(datetime.strptime(digits, "%Y%m%d").date().isoformat())  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
