"""The words beside a picture: chosen from lists of ours, whatever the file or the record says (T8)."""

from __future__ import annotations

import re

from fhir_adapters.dates import PartialDate
from fhir_adapters.details import Detail
from fhir_adapters.history import Entry
from fhir_adapters.image_identity import dicom_date
from fhir_adapters.imaging import DecodedImage, ImageHeader

MODALITIES = frozenset(
    ("CR", "CT", "DX", "ES", "GM", "IO", "MG", "MR", "NM", "OP", "PT", "PX", "RF", "SM", "US", "XA", "XC")
)

# PS3.3 C.8.1.2, C.8.11.5
_VIEWS = {"AP": "AP", "PA": "PA", "LL": "left lateral", "RL": "right lateral", "LATERAL": "lateral"}

# Words of PS3.16 annex L and of SNOMED CT's body structures, and what we call them; the first that occurs counts.
_BODY_PARTS = {
    "chest": "chest", "thorax": "chest", "thoracic": "chest", "lung": "chest",
    "abdomen": "abdomen", "abdominal": "abdomen", "pelvis": "pelvis", "pelvic": "pelvis",
    "head": "head", "brain": "brain", "skull": "skull", "neck": "neck", "heart": "heart", "cardiac": "heart",
    "breast": "breast", "cspine": "cervical spine", "tspine": "thoracic spine", "lspine": "lumbar spine",
    "spine": "spine", "shoulder": "shoulder", "clavicle": "clavicle", "elbow": "elbow", "forearm": "forearm",
    "wrist": "wrist", "hand": "hand", "hip": "hip", "femur": "femur", "knee": "knee", "leg": "leg", "ankle": "ankle",
    "foot": "foot", "liver": "liver", "kidney": "kidney", "arm": "arm",
}  # fmt: skip


def image_label(entry: Entry, header: ImageHeader, image: DecodedImage, *, place: tuple[int, int]) -> str:
    """What a picture is, in one line: `CT chest, 02-Nov-2026, image 40 of 80`.

    `place` is the instance's number within its series and their count.
    """
    modality = header.modality if header.modality in MODALITIES else "image"
    first = " ".join(filter(None, (modality, _body_part(header, entry), _VIEWS.get(header.view, ""))))
    when = entry.when or dicom_date(header.study_date)
    return ", ".join(
        filter(
            None,
            (
                first,
                _day(when),
                f"image {place[0]} of {place[1]}" if place[1] > 1 else "",
                f"frame {image.frame} of {image.frames}" if image.frames > 1 else "",
                "burned-in text marked" if header.burned_in else "",
            ),
        )
    )


def known_modality(modality: str) -> str:
    """A modality's code if it is one of DICOM's shape, else empty: for technical details."""
    return modality if re.fullmatch(r"[A-Z]{2,10}", modality) else ""


def _body_part(header: ImageHeader, entry: Entry) -> str:
    for text in (header.body_part, entry.detail.get(Detail.BODY_SITE, "")):
        words = re.findall(r"[a-z]+", text.lower())
        for word, name in _BODY_PARTS.items():
            if word in words:
                return name
    return ""


def _day(when: PartialDate | None) -> str:
    return str(when) if when is not None else "undated"
