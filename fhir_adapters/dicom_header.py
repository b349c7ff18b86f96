"""The head of a DICOM file: read before any pixel, with a list of what is allowed and limits on what it claims (T9).

The preamble is skipped unread and the file meta group is read here: pydicom sees neither, so a program in the
preamble means nothing and a deflated data set is refused before anything could inflate it.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import Tag
from pydicom.uid import UID

from fhir_adapters.decoder_wire import Refusal
from fhir_adapters.errors import UnreadableImage
from fhir_adapters.image_kinds import is_picture
from fhir_adapters.imaging import ImageHeader, InstanceAddress
from fhir_adapters.pixel_codecs import CODECS, IMPLICIT_LITTLE_ENDIAN
from fhir_adapters.uids import read_uid

MOST_FILE_BYTES = 256 << 20
MOST_FRAMES = 10_000
MOST_SIDE = 32_768
MOST_FRAME_BYTES = 128 << 20  # the largest mammograms have 40 MiB
MOST_BYTES = 8 << 30  # all frames, as declared; only one is ever decoded

# What pydicom and its codecs raise on damaged or hostile input. RecursionError: sequences nested some 300 deep.
DAMAGE = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, NotImplementedError, OSError,
    RecursionError, RuntimeError, TypeError, ValueError, struct.error,
)  # fmt: skip

_PREAMBLE = 128
_MOST_META_BYTES = 64 << 10
_PREFIX = b"DICM"
_GROUP_2 = b"\x02\x00"
_LONG_FORMS = frozenset((b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UR", b"UT", b"UN", b"SV", b"UV"))
_PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
_HEADER = tuple(
    int(Tag(keyword))
    for keyword in (
        "PatientID", "PatientBirthDate", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID",
        "Modality", "BodyPartExamined", "ViewPosition", "StudyDate", "InstanceNumber", "BurnedInAnnotation",
        "NumberOfFrames", "Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "PhotometricInterpretation",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileMeta:
    """Where a file's data set begins and how it is written."""

    transfer_syntax_uid: str
    begins: int


def read_meta(head: bytes) -> FileMeta:
    """The file meta group at the head of a PS3.10 file. Raises UnreadableImage for no DICOM or a syntax not allowed."""
    if head[_PREAMBLE : _PREAMBLE + 4] != _PREFIX:
        raise UnreadableImage(Refusal.NOT_DICOM)
    at, found = _PREAMBLE + 4, []
    while head[at : at + 2] == _GROUP_2:  # always explicit little endian (PS3.10 section 7.1)
        long_form = head[at + 4 : at + 6] in _LONG_FORMS
        begins = at + (12 if long_form else 8)
        if begins > len(head):
            raise UnreadableImage(Refusal.NOT_DICOM)
        (length,) = struct.unpack("<I" if long_form else "<H", head[begins - (4 if long_form else 2) : begins])
        if head[at + 2 : at + 4] == b"\x10\x00":
            found.append(head[begins : begins + length].rstrip(b"\0 ").decode("ascii", "replace"))
        at = begins + length
    if len(found) != 1:  # none: nothing may be guessed; two: readers would disagree on which
        raise UnreadableImage(Refusal.NOT_DICOM)
    if found[0] not in CODECS:
        raise UnreadableImage(Refusal.TRANSFER_SYNTAX)
    return FileMeta(found[0], at)


def read_header(dicom: bytes) -> ImageHeader:
    """Who and what a DICOM file is about, without its pixels. Raises UnreadableImage."""
    try:
        return header_of(read_whole(dicom, header_only=True))
    except DAMAGE as error:
        raise UnreadableImage(Refusal.DAMAGED) from error


def read_whole(dicom: bytes, *, header_only: bool = False) -> Any:  # noqa: ANN401 - pydicom's Dataset is untyped here
    """The data set, with its pixels unless `header_only`. Raises UnreadableImage, and the errors in DAMAGE."""
    if len(dicom) > MOST_FILE_BYTES:
        raise UnreadableImage(Refusal.TOO_LARGE)
    return _dataset(io.BytesIO(dicom), read_meta(dicom), header_only=header_only)


def listing_of(file: BinaryIO) -> tuple[int, InstanceAddress]:
    """The instance number and address of an open file, its pixels unread. Raises UnreadableImage, errors in DAMAGE."""
    dataset = _dataset(file, read_meta(file.read(_MOST_META_BYTES)), header_only=True)
    header = header_of(dataset)
    if not (header.study_instance_uid and header.series_instance_uid and header.sop_instance_uid):
        raise UnreadableImage(Refusal.DAMAGED)
    address = InstanceAddress(
        study_instance_uid=header.study_instance_uid,
        series_instance_uid=header.series_instance_uid,
        sop_instance_uid=header.sop_instance_uid,
        modality=header.modality,
        sop_class_uid=header.sop_class_uid,
    )
    return whole(dataset, "InstanceNumber"), address


def _dataset(source: BinaryIO, meta: FileMeta, *, header_only: bool) -> Any:  # noqa: ANN401
    source.seek(meta.begins)
    dataset = read_dataset(
        source,
        is_implicit_VR=meta.transfer_syntax_uid == IMPLICIT_LITTLE_ENDIAN,
        is_little_endian=True,
        stop_when=_at_pixels if header_only else None,
        specific_tags=[Tag(tag) for tag in _HEADER] if header_only else None,
    )
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(meta.transfer_syntax_uid)
    return dataset


def header_of(dataset: Any) -> ImageHeader:  # noqa: ANN401
    """The header's facts as values. Raises the errors in DAMAGE."""
    sop_class_uid, modality = read_uid(_text(dataset, "SOPClassUID")), _text(dataset, "Modality").upper()
    return ImageHeader(
        patient_id=_text(dataset, "PatientID"),
        birth_date=_text(dataset, "PatientBirthDate"),
        study_instance_uid=read_uid(_text(dataset, "StudyInstanceUID")),
        series_instance_uid=read_uid(_text(dataset, "SeriesInstanceUID")),
        sop_instance_uid=read_uid(_text(dataset, "SOPInstanceUID")),
        sop_class_uid=sop_class_uid,
        modality=modality,
        body_part=_text(dataset, "BodyPartExamined").upper(),
        view=_text(dataset, "ViewPosition").upper(),
        study_date=_text(dataset, "StudyDate"),
        frames=whole(dataset, "NumberOfFrames", absent=1),
        burned_in=_text(dataset, "BurnedInAnnotation").upper() == "YES",
        is_image=bool(whole(dataset, "Rows") and whole(dataset, "Columns"))
        and is_picture(sop_class_uid=sop_class_uid, modality=modality),
    )


def check_claims(dataset: Any) -> None:  # noqa: ANN401
    """Refuse a header that claims more than the limits, in Python's integers, before a decoder believes it."""
    rows, columns = whole(dataset, "Rows"), whole(dataset, "Columns")
    frames = whole(dataset, "NumberOfFrames", absent=1)
    samples, bits = whole(dataset, "SamplesPerPixel", absent=1), whole(dataset, "BitsAllocated")
    if rows < 1 or columns < 1 or samples not in {1, 3} or bits not in {1, 8, 16, 32}:
        raise UnreadableImage(Refusal.NO_IMAGE)
    if not 1 <= frames <= MOST_FRAMES:
        raise UnreadableImage(Refusal.TOO_MANY_FRAMES)
    frame_bytes = rows * columns * samples * bits // 8
    if max(rows, columns) > MOST_SIDE or frame_bytes > MOST_FRAME_BYTES or frame_bytes * frames > MOST_BYTES:
        raise UnreadableImage(Refusal.TOO_LARGE)


def whole(dataset: Any, keyword: str, *, absent: int = 0) -> int:  # noqa: ANN401
    """A whole number of the header; `absent` where it is empty. Raises ValueError or TypeError for anything else."""
    value = dataset.get(keyword)
    return absent if value is None or value == "" else int(value)


def _at_pixels(tag: Any, _vr: str | None, _length: int) -> bool:  # noqa: ANN401
    return int(tag) in _PIXELS


def _text(dataset: Any, keyword: str) -> str:  # noqa: ANN401
    """A text as written. Several values stay joined: a PatientID of two parts equals neither (T24)."""
    value = dataset.get(keyword)
    if value is not None and not isinstance(value, str) and hasattr(value, "__iter__"):
        value = "\\".join(map(str, value))
    return "" if value is None else str(value).strip(" \0")[:256]
