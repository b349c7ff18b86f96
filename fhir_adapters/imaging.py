"""Images of a history as values: which pictures, from where, prepared how, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from fhir_adapters.history import AccessRecord, Alarm, Omission


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceAddress:
    """Where one DICOM instance is."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    modality: str = ""
    sop_class_uid: str = ""


class DicomWebServer(Protocol):
    """A DICOMweb origin server (PS3.18): QIDO-RS to list, WADO-RS to retrieve."""

    async def instances(self, study_instance_uid: str) -> tuple[InstanceAddress, ...]:
        """Every instance of a study. Raises AccessDenied, ServerFailed, AddressRefused."""
        ...

    async def retrieve(self, address: InstanceAddress) -> bytes:
        """One instance as a DICOM file (PS3.10).

        Raises as `instances`, ResourceMissing, and UnreadableImage above the byte limit.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHeader:
    """What a DICOM header says of its object, as written. Texts are the file's own and never shown as they are (T8)."""

    patient_id: str = field(repr=False)
    birth_date: str = field(repr=False)  # "19500131"; empty where absent
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    modality: str
    body_part: str  # Body Part Examined
    view: str  # View Position
    study_date: str  # "20261102"; empty where absent
    frames: int
    burned_in: bool  # Burned In Annotation is YES
    is_image: bool  # False for reports, waveforms, dose matrices and whatever has no rows and columns


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedImage:
    """One frame, ready for a model: 8-bit RGB, square, at most 896 pixels a side."""

    frame: int  # 1-based
    frames: int
    window: str  # how intensities were mapped: "center 2047, width 4095", "min-max"
    png: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyImage:
    """One picture as the model and the clinician see it: 8-bit RGB, square, with its label."""

    reference: str  # "ImagingStudy/123"
    address: InstanceAddress
    frame: int  # 1-based, as DICOM counts
    label: str  # "CR chest, 02-Nov-2026": what the text beside the picture says
    window: str  # how intensities were mapped: "center 2047, width 4095", "min-max"
    png: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """What `png` is."""
        return "image/png"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagingEvidence:
    """The key images of a history's studies, oldest first, and what was not seen of them."""

    images: tuple[KeyImage, ...]
    omissions: tuple[Omission, ...] = ()
    access_records: tuple[AccessRecord, ...] = ()
    alarms: tuple[Alarm, ...] = ()
