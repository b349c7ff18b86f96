"""Which DICOM objects are pictures: by SOP Class first, by modality where the class is unknown."""

from __future__ import annotations

# PS3.6 Annex A: the storage classes under 1.2.840.10008.5.1.4.1.1 that hold no picture for a reader, as prefixes.
# RT Dose has a pixel matrix, but its values are doses; a segmentation's are labels.
_STORAGE = "1.2.840.10008.5.1.4.1.1."
_NO_PICTURE_CLASSES = tuple(
    _STORAGE + branch + "."
    for branch in (
        "9",  # waveforms: ECG, audio, haemodynamics
        "11",  # presentation states
        "66",  # raw data, registrations, segmentations, surfaces
        "67",  # real world value maps
        "68",  # optical surface scans
        "78",  # lensometry, refraction, visual fields
        "79",
        "80",
        "81",
        "88",  # structured reports, key object selections, dose reports
        "104",  # encapsulated PDF, CDA, STL
        "481",  # radiotherapy
    )
)
_NO_PICTURE_CLASSES_WHOLE = frozenset(
    _STORAGE + branch for branch in ("66", "67", "30")
)  # raw data, value map, parametric map

# PS3.3 C.7.3.1.1.1, the defined terms of objects without a picture.
# fmt: off
_NO_PICTURE_MODALITIES = frozenset((
    "ANN", "ASMT", "AU", "DOC", "ECG", "EEG", "EMG", "EOG", "EPS", "FID", "HD", "KER", "KO", "OSS", "PLAN", "POS", "PR",
    "REG", "RESP", "RTDOSE", "RTINTENT", "RTPLAN", "RTRAD", "RTRECORD", "RTSEGANN", "RTSTRUCT", "RWV", "SEG", "SMR",
    "SR", "SRF", "STAIN", "TEXTUREMAP", "VA",
))
# fmt: on


def is_picture(*, sop_class_uid: str, modality: str) -> bool:
    """Whether an object of this class and modality can be a picture. Empty values exclude nothing."""
    if sop_class_uid in _NO_PICTURE_CLASSES_WHOLE or sop_class_uid.startswith(_NO_PICTURE_CLASSES):
        return False
    return modality not in _NO_PICTURE_MODALITIES
