"""A real DICOM file under another identity: pixels and transfer syntax as they are, everything personal left behind.

What is kept is a list; what is not on it does not travel. So the pictures of the demo are real, their link to a
synthetic patient is not, and whoever shows them says so.
"""

from __future__ import annotations

import io
import warnings
from datetime import date
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID

from fhir_adapters.decoder_wire import Refusal
from fhir_adapters.dicom_header import DAMAGE, read_whole
from fhir_adapters.errors import UnreadableImage
from fhir_adapters.history import PatientFacts
from fhir_adapters.uids import is_uid

# Technical attributes without names, dates, places or identifiers; group 0028 (the image pixel module, windows and
# lookup tables) comes along whole, but for its texts.
_KEPT = frozenset(
    (
        "SOPClassUID", "Modality", "ImageType", "BodyPartExamined", "ViewPosition", "Laterality", "ImageLaterality",
        "PatientOrientation", "PatientPosition", "SeriesNumber", "InstanceNumber", "AcquisitionNumber",
        "SliceThickness", "SpacingBetweenSlices", "SliceLocation", "ImagePositionPatient", "ImageOrientationPatient",
        "KVP", "RepetitionTime", "EchoTime", "MagneticFieldStrength", "ScanningSequence", "SequenceVariant",
        "ScanOptions", "MRAcquisitionType", "ConversionType", "PresentationIntentType", "PresentationLUTShape",
        "PixelIntensityRelationship", "PixelIntensityRelationshipSign", "ImagerPixelSpacing", "FrameTime",
        "FrameIncrementPointer", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "PixelData",
    )
)  # fmt: skip
_KEPT_IN_GROUPS = _KEPT | frozenset(
    (
        "FrameVOILUTSequence", "PixelValueTransformationSequence", "PixelMeasuresSequence", "PlanePositionSequence",
        "PlaneOrientationSequence", "FrameContentSequence", "FrameAnatomySequence", "FrameLaterality",
        "InStackPositionNumber",
    )
)  # fmt: skip
_PIXEL_GROUP = 0x0028
_TEXTS_OF_PIXEL_GROUP = frozenset(("LT", "ST", "UT", "UI", "LO", "SH", "PN"))
_SEXES = {"male": "M", "female": "F", "other": "O"}


def restamp(
    source: Path,
    *,
    patient: PatientFacts,
    study_instance_uid: str,
    series_instance_uid: str,
    sop_instance_uid: str,
    study_date: date,
) -> bytes:
    """`source` as a PS3.10 file of `patient`: PatientID is the FHIR id, name and birth date are the patient's.

    Private elements, free texts, names, places, dates, other identifiers, overlays and the preamble are gone; text
    drawn into the pixels stays and is the caller's to judge. Raises ValueError for a UID that is none, OSError where
    the file cannot be read, and UnreadableImage where it is no DICOM file of an allowed syntax.
    """
    if not all(map(is_uid, (study_instance_uid, series_instance_uid, sop_instance_uid))):
        raise ValueError("a DICOM UID is digits and dots, at most 64 of them")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's warnings quote header text
        try:
            original = read_whole(source.read_bytes())
            stamped = _kept(original, _KEPT)
        except DAMAGE as error:
            if isinstance(error, OSError):
                raise
            raise UnreadableImage(Refusal.DAMAGED) from error
        stamped.StudyInstanceUID, stamped.SeriesInstanceUID = study_instance_uid, series_instance_uid
        stamped.SOPInstanceUID = sop_instance_uid
        stamped.StudyDate = stamped.SeriesDate = stamped.ContentDate = study_date.strftime("%Y%m%d")
        stamped.StudyTime = stamped.AccessionNumber = stamped.StudyID = stamped.ReferringPhysicianName = ""
        stamped.SpecificCharacterSet = "ISO_IR 192"
        stamped.PatientID, stamped.PatientName = patient.id, _person_name(patient.name)
        stamped.PatientBirthDate = _birth_date(patient)
        stamped.PatientSex = _SEXES.get(patient.gender, "")
        return _written(stamped, original.file_meta.TransferSyntaxUID)


def _kept(dataset: Any, keywords: frozenset[str]) -> Dataset:  # noqa: ANN401 - pydicom's Dataset is untyped here
    kept = Dataset()
    for tag in dataset.keys():  # noqa: SIM118 - iterating a Dataset converts every element
        element_group = int(tag) >> 16
        if element_group % 2:  # private
            continue
        element = dataset[tag]
        of_pixels = element_group == _PIXEL_GROUP and element.VR not in _TEXTS_OF_PIXEL_GROUP
        if not of_pixels and element.keyword not in keywords:
            continue
        if element.VR == "SQ":
            element.value = [_kept(item, _KEPT_IN_GROUPS) for item in element.value]
        kept.add(element)
    return kept


def _person_name(name: str) -> str:
    r"""A name as DICOM's PN: in one component, without its separators. `Ada Byron` stays so."""
    return " ".join(name.translate(str.maketrans("^=\\", "   ")).split())[:64]


def _birth_date(patient: PatientFacts) -> str:
    born = patient.birth_date
    return born.text[:10].replace("-", "") if born is not None and born.is_day else ""


def _written(dataset: Dataset, transfer_syntax_uid: UID) -> bytes:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = transfer_syntax_uid
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID") or UID("1.2.840.10008.5.1.4.1.1.7")  # secondary capture
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    out = io.BytesIO()
    file = FileDataset(out, dataset, preamble=b"\0" * 128, file_meta=meta)
    file.save_as(out, enforce_file_format=True)
    return out.getvalue()
