"""Gather: a patient's history and images, every fact with its reference, every gap with its reason."""

from fhir_adapters.dates import PartialDate
from fhir_adapters.details import Detail
from fhir_adapters.errors import AdapterError
from fhir_adapters.fhir_server import FhirServer, SearchResult
from fhir_adapters.history import (
    AccessRecord,
    Alarm,
    AlarmKind,
    Code,
    Coverage,
    Entry,
    Gathered,
    Kind,
    Omission,
    PatientFacts,
    PatientHistory,
    Reason,
    Standing,
    Value,
)
from fhir_adapters.imaging import DicomWebServer, ImagingEvidence, InstanceAddress, KeyImage
from fhir_adapters.secret import Secret

__all__ = [
    "AccessRecord",
    "AdapterError",
    "Alarm",
    "AlarmKind",
    "Code",
    "Coverage",
    "Detail",
    "DicomWebServer",
    "Entry",
    "FhirServer",
    "Gathered",
    "ImagingEvidence",
    "InstanceAddress",
    "KeyImage",
    "Kind",
    "Omission",
    "PartialDate",
    "PatientFacts",
    "PatientHistory",
    "Reason",
    "SearchResult",
    "Secret",
    "Standing",
    "Value",
]
