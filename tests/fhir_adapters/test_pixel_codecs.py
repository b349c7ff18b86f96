"""T10: one codec per transfer syntax, right colors from each, and a plain refusal where a codec is not installed."""

import importlib.util
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dicom_files import STUDY, made, meta, real
from PIL import Image
from pydicom.pixels import pixel_array

from fhir_adapters.dates import PartialDate
from fhir_adapters.decoder import GuardedDecoder
from fhir_adapters.decoder_wire import Refusal
from fhir_adapters.dicom_folder import FolderDicomWebServer
from fhir_adapters.dicom_frame import render
from fhir_adapters.dicom_header import read_whole
from fhir_adapters.errors import UnreadableImage
from fhir_adapters.history import AlarmKind, Entry, Kind, PatientFacts, PatientHistory, Reason, Standing
from fhir_adapters.key_images import gather_images
from fhir_adapters.pixel_codecs import CODECS, JPEG_BASELINE, Codec, load

ROOT = Path(__file__).parents[2]
CORE = frozenset(Codec) - {Codec.LIBJPEG}
NO_DECODER = "no decoder for this transfer syntax is installed"
JPEG_LS, LOSSLESS_JPEG = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.70"
NEEDS_LIBJPEG = ["emri_small_jpeg_ls_lossless.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm"]
NEEDS_NO_LIBJPEG = [
    "examples_ybr_color.dcm", "SC_rgb_jpeg_dcmtk.dcm", "RG1_J2KI.dcm", "693_J2KR.dcm", "MR_small_RLE.dcm",
    "SC_rgb_rle_16bit.dcm", "CT_small.dcm", "MR_small_implicit.dcm",
]  # fmt: skip
BASELINE = [
    "SC_jpeg_no_color_transform.dcm", "SC_jpeg_no_color_transform_2.dcm", "SC_rgb_dcmtk_+eb+cr.dcm",
    "SC_rgb_dcmtk_+eb+cy+n1.dcm", "SC_rgb_dcmtk_+eb+cy+n2.dcm", "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_rgb_dcmtk_+eb+cy+s2.dcm", "SC_rgb_dcmtk_+eb+cy+s4.dcm", "SC_rgb_jpeg.dcm", "SC_rgb_jpeg_app14_dcmd.dcm",
    "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_jpeg_lossy_gdcm.dcm", "SC_rgb_small_odd_jpeg.dcm", "color3d_jpeg_baseline.dcm",
    "examples_ybr_color.dcm",
]  # fmt: skip


@pytest.fixture(scope="module")
def core():
    """A decoder of a site that has not installed libjpeg."""
    with GuardedDecoder(codecs=CORE) as decoder:
        yield decoder


@pytest.fixture(scope="module")
def full():
    with GuardedDecoder() as decoder:
        yield decoder


def shown(image):
    return np.asarray(Image.open(io.BytesIO(image.png)))


def test_here_every_codec_is_installed():
    assert load() == frozenset(Codec)


def test_only_lossless_jpeg_and_jpeg_ls_need_libjpeg():
    by_libjpeg = {syntax for syntax, codec in CODECS.items() if codec is Codec.LIBJPEG}
    assert by_libjpeg == {f"1.2.840.10008.1.2.4.{last}" for last in (70, 80, 81)}
    assert load([Codec.RLE, Codec.PILLOW]) == {Codec.RLE, Codec.PILLOW}


@pytest.mark.parametrize("name", NEEDS_NO_LIBJPEG)
def test_without_libjpeg_the_other_syntaxes_give_the_very_same_picture(core, full, name):
    dicom = real(name).read_bytes()
    assert core.decode(dicom) == full.decode(dicom)


@pytest.mark.parametrize("name", NEEDS_LIBJPEG)
def test_without_libjpeg_its_syntaxes_are_refused_in_order_and_the_header_is_still_read(core, full, name):
    dicom = real(name).read_bytes()
    with pytest.raises(UnreadableImage, match=NO_DECODER):
        core.decode(dicom)
    assert core.inspect(dicom) == full.inspect(dicom)
    assert core.replaced == 0
    assert shown(full.decode(dicom)).std() > 5


@pytest.mark.parametrize("syntax", CODECS)
def test_a_syntax_without_its_codec_is_refused_before_pixels_are_read(syntax):
    # no pixels at all: whoever looked for them would say that the file is damaged
    dicom = made(syntax=syntax, without=("PixelData",)) if syntax != "1.2.840.10008.1.2" else made(syntax=syntax)
    with pytest.raises(UnreadableImage, match=NO_DECODER):
        render(dicom, codecs=load() - {CODECS[syntax]})


def test_what_is_no_picture_or_not_on_the_list_is_told_so_first(core):
    sr = made(syntax=JPEG_LS, without=("PixelData", "Rows", "Columns"), SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    with pytest.raises(UnreadableImage, match="no image"):
        core.decode(sr)
    with pytest.raises(UnreadableImage, match="not on the list"):
        core.decode(meta("1.2.840.10008.1.2.4.102"))


@pytest.mark.parametrize("syntax", [JPEG_LS, LOSSLESS_JPEG])
async def test_without_its_codec_an_image_becomes_an_omission_that_says_why(core, tmp_path, syntax):
    evidence = await gather(core, tmp_path, made(np.zeros((4, 4), np.uint8), syntax=syntax, encoded=[b"\xff\xd8"]))
    assert (evidence.images, evidence.alarms) == ((), ())
    assert [(one.what, one.reason, one.detail) for one in evidence.omissions] == [
        ("ImagingStudy/1", Reason.UNREADABLE, NO_DECODER)
    ]


async def test_t24_another_patients_image_raises_the_alarm_with_or_without_its_codec(core, tmp_path):
    other = made(np.zeros((4, 4), np.uint8), syntax=JPEG_LS, encoded=[b"\xff\xd8"], PatientID="p2")
    evidence = await gather(core, tmp_path, other)
    assert [alarm.kind for alarm in evidence.alarms] == [AlarmKind.WRONG_PATIENT_IMAGE]
    assert [one.reason for one in evidence.omissions] == [Reason.OTHER_PATIENT]


@pytest.mark.filterwarnings("ignore:Expected explicit VR")  # one of the files says one thing and does another
@pytest.mark.parametrize("name", BASELINE)
def test_pillow_and_libjpeg_see_the_same_colors_in_real_baseline_files(name):
    dicom = real(name).read_bytes()
    by_pillow, number, *_ = render(dicom, codecs=load())
    plain = made(pixel_array(read_whole(dicom), index=number - 1, decoding_plugin="pylibjpeg"), Modality="OT")
    by_libjpeg, *_ = render(plain, codecs=load())
    difference = np.abs(by_pillow.astype(int) - by_libjpeg.astype(int))
    assert difference.max() <= 6  # chroma at half resolution is stretched in two ways
    assert difference.mean() < 0.2
    assert by_pillow.std() > 0


SIDE = 64
RED, GREEN = np.meshgrid(np.arange(SIDE) * 4, np.arange(SIDE) * 4)
COLORS = np.stack([RED, GREEN, 255 - RED // 2 - GREEN // 2], axis=-1).astype(np.uint8)


def jpeg(*segments, picture=COLORS, untransformed=False):
    """A baseline JPEG with these application segments and no other."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=95, subsampling=0, keep_rgb=untransformed)
    written, at = out.getvalue(), 2
    while written[at] == 0xFF and 0xE0 <= written[at + 1] <= 0xEF:
        at += 2 + int.from_bytes(written[at + 2 : at + 4], "big")
    return written[:2] + b"".join(segments) + written[at:]


def segment(marker, content):
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def adobe(transform):
    return segment(0xEE, b"Adobe" + b"\0\x64\0\0\0\0" + bytes([transform]))


JFIF = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
EXIF = segment(0xE1, b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0")


@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "YBR_FULL", "RGB"])
@pytest.mark.parametrize(
    "codestream",
    [
        jpeg(JFIF),
        jpeg(JFIF, EXIF),  # Exif says "turn it": DICOM has its own words for that
        jpeg(adobe(1)),
        jpeg(adobe(2)),
        jpeg(JFIF, adobe(1)),
        jpeg(JFIF, adobe(0)),
        jpeg(adobe(0), untransformed=True),
    ],
    ids=["JFIF", "Exif", "Adobe YCbCr", "Adobe YCCK", "JFIF and Adobe", "JFIF against Adobe", "Adobe RGB, RGB ids"],
)
def test_t10_whatever_marks_a_color_jpeg_its_colors_come_out_right(core, codestream, photometric):
    dicom = made(
        COLORS, syntax=JPEG_BASELINE, encoded=[codestream], PhotometricInterpretation=photometric, Modality="OT"
    )
    picture = shown(core.decode(dicom)).astype(int)
    plain = shown(core.decode(made(COLORS, Modality="OT"))).astype(int)
    assert np.abs(picture - plain).max() <= 4


def test_a_gray_baseline_film_is_decoded(core):
    gray = np.ascontiguousarray(COLORS[..., 0])
    dicom = made(gray, syntax=JPEG_BASELINE, encoded=[jpeg(JFIF, picture=gray)])
    assert np.abs(shown(core.decode(dicom)).astype(int) - shown(core.decode(made(gray))).astype(int)).max() <= 4


@pytest.mark.parametrize(
    "codestream",
    [
        jpeg(JFIF)[:-400],
        jpeg(JFIF, picture=COLORS[:32, :32]),
        jpeg(JFIF, picture=np.tile(COLORS, (2, 2, 1))),
        jpeg(JFIF, picture=np.ascontiguousarray(COLORS[..., 0])),
        jpeg(untransformed=True),  # nothing but the letters R, G, B: Pillow cannot be asked for what is stored
        b"\xff\xd8\xff\xd9",
        b"GIF89a" + bytes(100),
        bytes(2),
    ],
    ids=["cut short", "smaller", "larger", "gray", "letters alone", "empty JPEG", "a GIF", "nothing"],
)
def test_a_baseline_jpeg_that_is_not_what_the_header_says_is_refused(core, codestream):
    dicom = made(COLORS, syntax=JPEG_BASELINE, encoded=[codestream], PhotometricInterpretation="YBR_FULL_422")
    with pytest.raises(UnreadableImage, match=Refusal.DAMAGED):
        core.decode(dicom)
    assert core.decode(made()).frame == 1
    assert core.replaced == 0


def test_where_libjpeg_is_really_not_installed_all_the_rest_works(tmp_path):
    packages = Path(importlib.util.find_spec("pydicom").origin).parents[1]
    for entry in packages.iterdir():
        if not re.match(r"_?libjpeg|pylibjpeg_libjpeg", entry.name):
            (tmp_path / entry.name).symlink_to(entry)
    script = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from fhir_adapters.dicom_frame import render
from fhir_adapters.dicom_header import read_whole
from fhir_adapters.errors import UnreadableImage
from fhir_adapters.pixel_codecs import load
said = {"codecs": sorted(load())}
for path in json.loads(sys.argv[2]):
    with open(path, "rb") as file:
        try: said[path] = render(file.read(), codecs=load())[3]
        except UnreadableImage as error: said[path] = "refused: " + str(error)
print(json.dumps(said))
"""
    good, refused = [str(real(name)) for name in NEEDS_NO_LIBJPEG], [str(real(name)) for name in NEEDS_LIBJPEG]
    places = json.dumps([str(ROOT), str(tmp_path)])
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-S", "-I", "-c", script, places, json.dumps(good + refused)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.pop("codecs") == sorted(CORE)
    assert {path: said[path] for path in refused} == dict.fromkeys(refused, f"refused: {NO_DECODER}")
    assert [path for path in good if said[path].startswith("refused")] == []


async def gather(decoder, folder, dicom):
    (folder / "a.dcm").write_bytes(dicom)
    patient = PatientFacts(id="p1", name="", birth_date=PartialDate("1950-01-31"), gender="", identifier="")
    study = Entry(
        id="E1",
        reference="ImagingStudy/1",
        kind=Kind.IMAGING,
        title="Imaging",
        standing=Standing.CURRENT,
        status="available",
        when=PartialDate("2026-11-02"),
        until=None,
        values=(),
        details=(("Study instance UID", STUDY),),
        codes=(),
        passage="",
        line="Imaging",
        content_hash="",
        version="",
        last_updated="",
    )
    history = PatientHistory(patient=patient, entries=(study,), omissions=(), coverage=(), fingerprint="")
    return await gather_images(history, FolderDicomWebServer(folder), decoder, timeout_s=30.0)
