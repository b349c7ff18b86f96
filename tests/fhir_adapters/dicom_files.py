"""DICOM files for tests: real ones out of installed packages, and small ones made to measure."""

import importlib.util
import io
import struct
from pathlib import Path

import numpy as np
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite

EXPLICIT, IMPLICIT, RLE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.5"
DEFLATED = "1.2.840.10008.1.2.1.99"
STUDY, SERIES, INSTANCE = "1.2.826.0.1.1", "1.2.826.0.1.1.1", "1.2.826.0.1.1.1.1"
CR_CLASS, CT_CLASS = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.2"


def real(name: str) -> Path:
    """A file of pydicom-data or of pydicom's own wheel; nothing is downloaded."""
    spec = importlib.util.find_spec("data_store")
    assert spec is not None, "pydicom-data is not installed"
    found = [Path(place, "data", name) for place in spec.submodule_search_locations or []]
    path = next((path for path in found if path.is_file()), None)
    return path or Path(get_testdata_file(name, download=False))


def made(pixels=None, *, syntax=EXPLICIT, encoded=None, preamble=b"\0" * 128, without=(), **elements) -> bytes:
    """A DICOM file of one small gray image; `elements` by keyword replace what it says."""
    pixels = np.arange(16, dtype=np.uint16).reshape(4, 4) if pixels is None else pixels
    dataset = Dataset()
    said = {
        "SOPClassUID": CR_CLASS,
        "SOPInstanceUID": INSTANCE,
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": SERIES,
        "Modality": "CR",
        "PatientID": "p1",
        "PatientBirthDate": "19500131",
        "StudyDate": "20261102",
        "InstanceNumber": 1,
        "SamplesPerPixel": 1 if pixels.ndim == 2 else 3,
        "PhotometricInterpretation": "MONOCHROME2" if pixels.ndim == 2 else "RGB",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": pixels.dtype.itemsize * 8,
        "BitsStored": pixels.dtype.itemsize * 8,
        "HighBit": pixels.dtype.itemsize * 8 - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        **elements,
    }
    if pixels.ndim == 3:
        said.setdefault("PlanarConfiguration", 0)
    for keyword, value in said.items():
        if keyword not in without:
            setattr(dataset, keyword, value)
    if "PixelData" not in without:
        dataset.PixelData = encapsulate(encoded) if encoded is not None else pixels.tobytes()
        dataset["PixelData"].VR = "OB" if encoded is not None or pixels.dtype.itemsize == 1 else "OW"
    return written(dataset, syntax=syntax, preamble=preamble)


def written(dataset: Dataset, *, syntax=EXPLICIT, preamble=b"\0" * 128) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CR_CLASS)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", INSTANCE)
    out = io.BytesIO()
    dcmwrite(out, dataset, enforce_file_format=True)
    return preamble + out.getvalue()[128:]


def meta(syntax: str) -> bytes:
    """Preamble, prefix and a file meta group that names a transfer syntax; anything may follow."""
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    element = b"\x02\x00\x10\x00UI" + struct.pack("<H", len(uid)) + uid
    return b"\0" * 128 + b"DICM" + b"\x02\x00\x00\x00UL\x04\x00" + struct.pack("<I", len(element)) + element
