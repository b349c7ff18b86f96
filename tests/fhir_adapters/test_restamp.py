"""A restamped file is the same picture of another person, and of nobody else."""

import io
from datetime import date

import pydicom
import pytest
from dicom_files import made, real, written
from pydicom.dataset import Dataset

from fhir_adapters.dates import PartialDate
from fhir_adapters.dicom_frame import render
from fhir_adapters.dicom_header import read_header
from fhir_adapters.errors import UnreadableImage
from fhir_adapters.history import PatientFacts
from fhir_adapters.pixel_codecs import load
from fhir_adapters.restamp import restamp

PATIENT = PatientFacts(
    id="chart-1", name="Ada^M=N\\ Byron", birth_date=PartialDate("1950-01-31"), gender="female", identifier="MRN1"
)
UIDS = {"study_instance_uid": "1.2.3.1", "series_instance_uid": "1.2.3.1.1", "sop_instance_uid": "1.2.3.1.1.1"}
CANARY = "CANARY"

TEXTS = (
    "PatientName", "OtherPatientNames", "PatientAddress", "InstitutionName", "StudyDescription", "SeriesDescription",
    "ImageComments", "ProtocolName", "AccessionNumber", "StationName", "WindowCenterWidthExplanation",
    "PatientComments", "OperatorsName", "DerivationDescription",
)  # fmt: skip
REAL = [
    "RG1_J2KI.dcm", "RG3_J2KI.dcm", "693_J2KR.dcm", "CT_small.dcm", "MR2_J2KR.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm",
    "emri_small_RLE.dcm", "eCT_Supplemental.dcm", "examples_palette.dcm", "examples_ybr_color.dcm", "vlut_04.dcm",
    "MR_small_implicit.dcm", "OBXXXX1A_2frame.dcm",
]  # fmt: skip


def stamp(path, patient=PATIENT, **changed):
    return restamp(path, patient=patient, **{**UIDS, "study_date": date(2026, 11, 2), **changed})


def open_dicom(data):
    return pydicom.dcmread(io.BytesIO(data))


@pytest.mark.parametrize("name", REAL)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_pixels_syntax_and_presentation_stay_as_they_were(name):
    stamped, original = stamp(real(name)), real(name).read_bytes()
    new, old = open_dicom(stamped), open_dicom(original)
    assert new.file_meta.TransferSyntaxUID == old.file_meta.TransferSyntaxUID
    assert new.PixelData == old.PixelData
    (picture, *said), (before, *said_before) = render(stamped, codecs=load()), render(original, codecs=load())
    assert said == said_before
    assert (picture == before).all()


@pytest.mark.parametrize("name", REAL)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_header_names_the_given_patient_and_study_and_no_other(name):
    stamped, old = stamp(real(name)), open_dicom(real(name).read_bytes())
    header = read_header(stamped)
    assert (header.patient_id, header.birth_date, header.study_date) == ("chart-1", "19500131", "20261102")
    assert (header.study_instance_uid, header.series_instance_uid) == ("1.2.3.1", "1.2.3.1.1")
    new = open_dicom(stamped)
    assert (new.PatientName, new.PatientSex, new.SOPInstanceUID) == ("Ada M N Byron", "F", "1.2.3.1.1.1")
    assert new.file_meta.MediaStorageSOPInstanceUID == "1.2.3.1.1.1"
    text = stamped.replace(bytes(new["PixelData"].value), b"")
    for keyword in ("PatientName", "InstitutionName", "StudyInstanceUID", "SOPInstanceUID", "StudyTime", "StationName"):
        value = str(old.get(keyword) or "")
        assert len(value) < 4 or value.encode() not in text, keyword


def test_private_elements_texts_overlays_and_the_preamble_are_left_behind(tmp_path):
    texts = dict.fromkeys(TEXTS, CANARY)
    path = tmp_path / "in.dcm"
    dataset = open_dicom(made(WindowCenter=8, WindowWidth=16, **texts, preamble=b"MZ" + b"x" * 126))
    dataset.private_block(0x0009, CANARY, create=True).add_new(1, "LO", CANARY)
    dataset.add_new(0x60003000, "OW", CANARY.encode() * 2)
    item = Dataset()
    item.ReferencedSOPInstanceUID, item.PatientID = "1.9.9", CANARY
    dataset.ReferencedImageSequence = [item]
    groups, inner = Dataset(), Dataset()
    inner.WindowCenter, inner.WindowWidth, inner.WindowCenterWidthExplanation = 8, 16, CANARY
    groups.FrameVOILUTSequence = [inner]
    groups.ReferencedImageSequence = [item]
    dataset.SharedFunctionalGroupsSequence = [groups]
    path.write_bytes(written(dataset, preamble=b"MZ" + b"x" * 126))
    stamped = stamp(path)
    assert CANARY.encode() not in stamped
    assert b"1.9.9" not in stamped
    assert stamped[:132] == b"\0" * 128 + b"DICM"
    assert render(stamped, codecs=load())[3] == "center 8, width 16"


@pytest.mark.parametrize(
    ("written_date", "stamped"), [("1950", ""), ("1950-01", ""), (None, ""), ("1950-01-31", "19500131")]
)
def test_a_birth_date_is_never_sharpened(tmp_path, written_date, stamped):
    (tmp_path / "in.dcm").write_bytes(made())
    born = PartialDate(written_date) if written_date else None
    patient = PatientFacts(id="p", name="", birth_date=born, gender="unknown", identifier="")
    header = open_dicom(stamp(tmp_path / "in.dcm", patient))
    assert (header.PatientBirthDate, header.PatientSex) == (stamped, "")


@pytest.mark.parametrize("uid", ["", "1..2", "../x", "1" * 65])
def test_a_uid_that_is_none_is_refused(tmp_path, uid):
    for name in UIDS:
        with pytest.raises(ValueError, match="UID"):
            stamp(tmp_path / "in.dcm", **{name: uid})


def test_what_is_no_dicom_file_is_refused(tmp_path):
    (tmp_path / "in.dcm").write_text("no DICOM")
    with pytest.raises(UnreadableImage):
        stamp(tmp_path / "in.dcm")
    with pytest.raises(FileNotFoundError):
        stamp(tmp_path / "missing.dcm")
