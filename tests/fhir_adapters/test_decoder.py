"""T9: whatever a file does to a decoder, this process goes on, says why, and decodes the next one."""

import io
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from dicom_files import DEFLATED, EXPLICIT, IMPLICIT, INSTANCE, RLE, STUDY, made, meta, real
from PIL import Image
from pydicom.charset import python_encoding

from fhir_adapters.decoder import GuardedDecoder, _read_header_answer, _read_picture_answer
from fhir_adapters.decoder_guard import DecodeLimits
from fhir_adapters.decoder_wire import Refusal
from fhir_adapters.errors import GuardMissing, UnreadableImage

LIMITS_THAT_ALWAYS_HOLD = {"memory", "cpu time", "open files", "no file written"}

# An 8 x 8 picture of 0, 4, 8 … 252 in one HTJ2K codestream, losslessly (written with OpenJPH)
HTJ2K = bytes.fromhex(
    "ff4fff510029400000000008000000080000000000000000000000080000000800000000000000000001070101ff500008000200000002"
    "ff52000c00020001000504044001ff5c00132048505050505050505050505050484848ff64001700014f70656e4a50482056657220302e"
    "32362e332eff90000a0000000000490001ff93c025db008774000000c012c01280e2000774002201877400c012c013000000c274008e8e"
    "00435400c025805480aaa9e27400bef7fec00001ecb600ffd9"
)


@pytest.fixture(scope="module")
def decoder():
    with GuardedDecoder() as decoder:
        yield decoder


def shown(image):
    return np.asarray(Image.open(io.BytesIO(image.png)))


def assert_fit(decoder):
    """The next, good file is decoded as if nothing had been."""
    assert decoder.inspect(made()).patient_id == "p1"
    assert decoder.decode(made()).frame == 1


def element(tag, vr, value):
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    return head + (struct.pack("<HI", 0, len(value)) if vr in {b"SQ", b"OW"} else struct.pack("<H", len(value))) + value


def test_the_limits_always_hold_and_the_rest_is_reported(decoder):
    assert set(decoder.isolation) >= LIMITS_THAT_ALWAYS_HOLD
    assert set(decoder.isolation) <= LIMITS_THAT_ALWAYS_HOLD | {
        "no network", "not root", "no new privileges", "no new process",
    }  # fmt: skip


def test_the_walls_are_real_and_not_only_reported():
    attempts = """
import os, socket, sys
from fhir_adapters.decoder_guard import DecodeLimits, raise_walls
walls = raise_walls(DecodeLimits())
def fails(act):
    try: act()
    except (OSError, MemoryError): return True
def write():
    with open(sys.argv[1], "wb", buffering=0) as file: file.write(b"x")
assert fails(lambda: bytearray(3 << 30)), "memory"
assert fails(lambda: [os.dup(2) for _ in range(64)]), "files"
assert fails(write), "write"
assert "no new process" not in walls or fails(os.fork), "fork"
assert "not root" not in walls or os.geteuid() != 0, "root"
def connect(): socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=5)
assert "no network" not in walls or fails(connect), "network"
"""
    # Where anybody may write, so that nothing but the wall forbids it; it must not come to be.
    forbidden = str(Path(tempfile.gettempdir(), f"chartside-{os.getpid()}"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-c", attempts, forbidden, port],
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_real_chest_film_comes_out_square_and_upright_and_not_inverted(decoder):
    image = decoder.decode(real("RG1_J2KI.dcm").read_bytes())
    picture = shown(image).astype(int)
    assert (picture.shape, image.window) == ((896, 896, 3), "center 15000, width 30000")
    lungs = picture[200:350, 620:680, 0].mean(), picture[200:350, 220:300, 0].mean()
    spine, liver = picture[300:700, 430:460, 0].mean(), picture[700:850, 150:300, 0].mean()
    assert max(lungs) < 190 < min(spine, liver)  # air dark, bone and liver bright, the liver below
    assert picture[:, :20].max() == 0  # the bars that make it square


@pytest.mark.parametrize(
    ("name", "window", "frames"),
    [
        ("693_J2KR.dcm", "CT windows -1024..1024, -135..215, 0..80 HU as red, green, blue", (1, 1)),
        ("CT_small.dcm", "CT windows -1024..1024, -135..215, 0..80 HU as red, green, blue", (1, 1)),
        ("MR2_J2KR.dcm", "min-max", (1, 1)),
        ("JPGLosslessP14SV1_1s_1f_8b.dcm", "center 127, width 254", (1, 1)),
        ("emri_small_RLE.dcm", "min-max", (5, 10)),
        ("emri_small_jpeg_ls_lossless.dcm", "min-max", (5, 10)),
        ("eCT_Supplemental.dcm", "CT windows -1024..1024, -135..215, 0..80 HU as red, green, blue", (1, 2)),
        ("examples_palette.dcm", "palette", (1, 1)),
        ("examples_ybr_color.dcm", "colors as stored", (15, 30)),
        ("SC_rgb_32bit.dcm", "colors as stored", (1, 1)),
        ("vlut_04.dcm", "VOI LUT", (1, 1)),
        ("MR_small_implicit.dcm", "min-max", (1, 1)),
    ],
)
def test_real_files_of_every_kind_are_decoded(decoder, name, window, frames):
    image = decoder.decode(real(name).read_bytes())
    assert (image.window, (image.frame, image.frames)) == (window, frames)
    assert shown(image).std() > 5


@pytest.mark.parametrize(
    ("compressed", "plain"),
    [
        ("693_J2KR.dcm", "693_UNCR.dcm"),
        ("MR2_J2KR.dcm", "MR2_UNCR.dcm"),
        ("RG3_J2KR.dcm", "RG3_UNCR.dcm"),
        ("emri_small_RLE.dcm", "emri_small.dcm"),
        ("emri_small_jpeg_ls_lossless.dcm", "emri_small.dcm"),
        ("OBXXXX1A_rle.dcm", "OBXXXX1A.dcm"),
        ("MR_small_jp2klossless.dcm", "MR_small.dcm"),
    ],
)
def test_lossless_files_give_the_very_picture_of_their_uncompressed_twins(decoder, compressed, plain):
    assert decoder.decode(real(compressed).read_bytes()).png == decoder.decode(real(plain).read_bytes()).png


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.203"])
def test_high_throughput_jpeg_2000_is_decoded(decoder, syntax):
    dicom = made(np.zeros((8, 8), dtype=np.uint8), syntax=syntax, encoded=[HTJ2K])
    assert (shown(decoder.decode(dicom))[..., 0].ravel() == np.rint(np.arange(64) * 4 / 252 * 255)).all()


def test_the_header_is_read_without_the_pixels(decoder):
    header = decoder.inspect(made(ViewPosition="PA", BodyPartExamined="CHEST", BurnedInAnnotation="YES"))
    assert (header.patient_id, header.birth_date, header.study_date) == ("p1", "19500131", "20261102")
    assert (header.modality, header.body_part, header.view, header.burned_in) == ("CR", "CHEST", "PA", True)
    assert (header.study_instance_uid, header.sop_instance_uid) == (STUDY, INSTANCE)
    assert header.is_image
    assert "p1" not in repr(header)
    assert "1950" not in repr(header)


def test_a_patient_id_of_two_values_equals_neither(decoder):
    assert decoder.inspect(made(PatientID="p1\\p2")).patient_id == "p1\\p2"


@pytest.mark.parametrize("charset", sorted(filter(None, python_encoding)))
def test_headers_in_any_character_set_are_read_behind_the_walls(decoder, charset):
    # the walls may hide the interpreter's own codecs from the child
    dicom = made(SpecificCharacterSet="ISO_IR 6".ljust(len(charset), "_"))
    place = dicom.index(b"ISO_IR 6")
    at = place - 2
    padded = charset.encode() + b" " * (len(charset) % 2)
    length = int.from_bytes(dicom[at:place], "little")
    dicom = dicom[:at] + len(padded).to_bytes(2, "little") + padded + dicom[place + length :]
    assert decoder.inspect(dicom).patient_id == "p1"


@pytest.mark.parametrize(
    "name", ["test-SR.dcm", "waveform_ecg.dcm", "rtdose_1frame.dcm", "rtplan.dcm", "liver_1frame.dcm"]
)
def test_what_is_no_picture_is_known_by_its_header_and_refused_as_pixels(decoder, name):
    dicom = real(name).read_bytes()
    assert not decoder.inspect(dicom).is_image
    with pytest.raises(UnreadableImage, match="no image"):
        decoder.decode(dicom)


def test_a_frame_can_be_asked_for_and_must_be_there(decoder):
    dicom = real("emri_small_RLE.dcm").read_bytes()
    assert decoder.decode(dicom, frame=10).frame == 10
    assert decoder.decode(dicom, frame=1).png != decoder.decode(dicom, frame=10).png
    for frame in (0, 11, -1):
        with pytest.raises(UnreadableImage, match="no such frame"):
            decoder.decode(dicom, frame=frame)


def test_of_a_multi_valued_window_the_first_counts(decoder):
    assert decoder.decode(made(WindowCenter=[8, 99], WindowWidth=[16, 99])).window == "center 8, width 16"
    assert decoder.decode(made(WindowCenter=8, WindowWidth=0)).window == "min-max"
    assert decoder.decode(made(WindowCenter=8)).window == "min-max"


@pytest.mark.parametrize("rescale", [{}, {"RescaleSlope": 1}, {"RescaleIntercept": 0}])
def test_a_ct_without_a_whole_rescale_is_refused(decoder, rescale):
    with pytest.raises(UnreadableImage, match="CT without rescale"):
        decoder.decode(made(Modality="CT", **rescale))


def test_signed_values_and_padding_come_through_the_whole_way(decoder):
    stored = np.array([[-2000, -2000], [-24, 1000]], dtype=np.int16)
    image = decoder.decode(made(stored, Modality="CR", PixelPaddingValue=-2000))
    assert shown(image)[..., 0].tolist() == [[0, 0], [0, 255]]


def rows(**claims):
    return made(SOPClassUID="1.2.840.10008.5.1.4.1.1.7", **claims)


def rle_bomb():
    """A 4 x 4 picture whose one RLE segment unpacks to some 100 MB."""
    segment = bytes([129, 0]) * 800_000
    return made(np.zeros((4, 4), np.uint8), syntax=RLE, encoded=[struct.pack("<16I", 1, 64, *[0] * 14) + segment])


def huge_j2k():
    """A JPEG 2000 codestream that claims 2^31 x 2^31 pixels where the header claims 4 x 4."""
    size = struct.pack(">HHIIIIIIIIHBBB", 41, 0, 2**31 - 1, 2**31 - 1, 0, 0, 2**31 - 1, 2**31 - 1, 0, 0, 1, 7, 1, 1)
    stream = b"\xff\x4f\xff\x51" + size + HTJ2K[45:]
    return made(np.zeros((4, 4), np.uint8), syntax="1.2.840.10008.1.2.4.90", encoded=[stream])


def nested(depth, *, undefined):
    """Sequences within sequences."""
    if undefined:
        opening = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
        return meta(EXPLICIT) + opening * depth
    inner = b""
    for _ in range(depth):
        inner = element(0x00081140, b"SQ", b"\xfe\xff\x00\xe0" + struct.pack("<I", len(inner)) + inner)
    return meta(EXPLICIT) + inner


def palette_overflow():
    table = {f"{color}PaletteColorLookupTableData": b"\1\2" for color in ("Red", "Green", "Blue")}
    shape = {f"{color}PaletteColorLookupTableDescriptor": [0, 0, 16] for color in ("Red", "Green", "Blue")}
    return made(np.full((4, 4), 60000, np.uint16), PhotometricInterpretation="PALETTE COLOR", **table, **shape)


HOSTILE = {
    "nothing": (b"", "not a DICOM file"),
    "no DICOM": (b"MZ" + b"\0" * 4000, "not a DICOM file"),
    "a meta group cut short": (meta(EXPLICIT)[:140], "not a DICOM file"),
    "two transfer syntaxes": (meta(EXPLICIT) + meta(DEFLATED)[132:], "not a DICOM file"),
    "65535 x 65535 x 1000": (rows(Rows=65535, Columns=65535, NumberOfFrames=1000), "larger than the limits"),
    "65535 x 1": (rows(Rows=65535, Columns=1), "larger than the limits"),
    "a million frames": (rows(NumberOfFrames=1_000_000), "more frames than the limit"),
    "minus one frame": (rows(NumberOfFrames=-1), "more frames than the limit"),
    "24 bits": (rows(BitsAllocated=24), "no image"),
    "fewer bytes than rows": (rows(Rows=400, Columns=400), "damaged"),
    "no pixels": (made(without=("PixelData",)), "damaged"),
    "no rows": (made(without=("Rows",)), "no image"),
    "deflated": (meta(DEFLATED) + zlib.compress(b"\0" * 50_000_000)[2:-4], "transfer syntax"),
    "a real deflated file": (real("image_dfl.dcm").read_bytes(), "transfer syntax"),
    "big endian": (real("MR_small_bigendian.dcm").read_bytes(), "transfer syntax"),
    "video": (meta("1.2.840.10008.1.2.4.102"), "transfer syntax"),
    "a real truncated file": (real("MR_truncated.dcm").read_bytes(), "damaged"),
    "a film cut in half": (real("RG1_J2KI.dcm").read_bytes()[:300_000], "damaged"),
    "a frame cut short": (real("emri_small_jpeg_2k_lossless_too_short.dcm").read_bytes(), "damaged"),
    "frames that is no number": (real("badVR.dcm").read_bytes(), "damaged"),
    "JPEG 2000 with another size": (huge_j2k(), "damaged"),
    "sequences 10,000 deep": (nested(10_000, undefined=True), "damaged|no image"),
    "measured sequences 2,000 deep": (nested(2_000, undefined=False), "no image"),
    "a length of 4 GB": (meta(EXPLICIT) + b"\x10\x00\x20\x00UN\0\0\xf0\xff\xff\xff", "damaged|no image"),
    "palette overflow": (palette_overflow(), "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_its_reason_and_the_next_is_decoded(decoder, name):
    dicom, reason = HOSTILE[name]
    before = decoder.replaced
    with pytest.raises(UnreadableImage, match=reason):
        decoder.decode(dicom)
    assert decoder.replaced == before  # refused in order, not by a crash
    assert_fit(decoder)


def test_an_rle_bomb_gives_no_more_than_the_pixels_that_the_header_claims(decoder):
    assert shown(decoder.decode(rle_bomb())).shape == (4, 4, 3)
    assert_fit(decoder)


def lossless_jpeg(*differences):
    """One row of 8-bit samples as lossless JPEG, each the one to its left (first: 128) plus a difference (T.81 H)."""
    bits = ""
    for difference in differences:
        size = abs(difference).bit_length()
        value = difference if difference > 0 else difference + (1 << size) - 1
        bits += format(size, "04b") + (format(value, f"0{size}b") if size else "")
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    frame = b"\xff\xc3\0\x0b\x08\0\x01" + len(differences).to_bytes(2, "big") + b"\x01\x01\x11\0"
    table = b"\xff\xc4" + (19 + 12).to_bytes(2, "big") + bytes([0, 0, 0, 0, 12, *[0] * 12, *range(12)])
    return b"\xff\xd8" + frame + table + b"\xff\xda\0\x08\x01\x01\0\x01\0\0" + data + b"\xff\xd9"


def lossless(*differences):
    pixels = np.zeros((1, len(differences)), dtype=np.uint8)
    return made(pixels, syntax="1.2.840.10008.1.2.4.70", encoded=[lossless_jpeg(*differences)], Modality="US")


def test_t10_lossless_jpeg_that_relies_on_wrapping_is_not_shown_wrong(decoder):
    # 128 - 76 = 52; 52 + 76 = 128
    assert (
        decoder.decode(lossless(-76, 76, -128)).png
        == decoder.decode(made(np.array([[52, 128, 0]], dtype=np.uint8))).png
    )
    # the same samples, written as ultrasound encoders do: 52 - 180 = -128, modulo 256 it is 128 again
    with pytest.raises(UnreadableImage, match="two readings of its pixels differ"):
        decoder.decode(lossless(-76, -180, -128))


def test_a_program_in_the_preamble_means_nothing(decoder):
    program = b"MZ" + bytes(range(126))
    assert decoder.decode(made(preamble=program)).png == decoder.decode(made()).png


def test_random_damage_to_a_real_file_is_an_image_or_a_refusal(decoder):
    random = np.random.default_rng(7)
    good = np.frombuffer(real("MR_small_RLE.dcm").read_bytes(), np.uint8)
    outcomes = []
    for _ in range(60):
        bad = good.copy()
        bad[random.integers(132, len(bad), 12)] = random.integers(0, 256, 12)
        try:
            outcomes.append(decoder.decode(bad.tobytes()).png[1:4])
        except UnreadableImage as error:
            outcomes.append(error.args[0])
    assert set(outcomes) <= {b"PNG", *Refusal}
    assert b"PNG" in outcomes
    assert len(set(outcomes)) > 1
    assert_fit(decoder)


def test_a_file_above_the_size_limit_is_refused(decoder):
    with pytest.raises(UnreadableImage):
        decoder.decode(meta(IMPLICIT) + bytes(257 << 20))
    assert_fit(decoder)


def test_a_file_that_needs_more_memory_than_the_limit_is_refused_and_the_parent_lives():
    with GuardedDecoder(limits=DecodeLimits(memory_bytes=400 << 20)) as small:
        with pytest.raises(UnreadableImage, match=r"memory|damaged|crashed"):
            small.decode(made(np.zeros((8000, 8000), dtype=np.uint16)))
        assert_fit(small)


def test_a_file_that_takes_too_long_is_killed_and_counted():
    with GuardedDecoder(limits=DecodeLimits(timeout_s=0.001)) as hasty:
        with pytest.raises(UnreadableImage, match="more time than the limit"):
            hasty.decode(real("RG1_J2KR.dcm").read_bytes())
        assert hasty.replaced == 1


def test_a_child_that_is_stopped_is_killed_and_replaced():
    with GuardedDecoder(limits=DecodeLimits(timeout_s=1.0)) as decoder:
        os.kill(_child(decoder), signal.SIGSTOP)
        with pytest.raises(UnreadableImage, match="more time than the limit"):
            decoder.decode(made())
        assert decoder.replaced == 1
        assert_fit(decoder)


def test_a_child_killed_with_kill_9_is_replaced():
    with GuardedDecoder() as decoder:
        first = _child(decoder)
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert_fit(decoder)
        assert _child(decoder) != first


def test_t24_after_an_interrupted_decode_no_answer_reaches_the_next_file():
    # as Celery's soft time limit does: an exception out of a signal handler, in the middle of an exchange
    class SoftTimeLimit(Exception):
        pass

    def interrupt(*_):
        raise SoftTimeLimit

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with GuardedDecoder() as decoder:
            first = _child(decoder)
            os.kill(first, signal.SIGSTOP)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(SoftTimeLimit):
                decoder.inspect(made(PatientID="another"))
            assert decoder.inspect(made()).patient_id == "p1"
            assert _child(decoder) != first
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_child_that_exceeds_its_cpu_time_is_replaced():
    with GuardedDecoder(limits=DecodeLimits(cpu_s=1)) as tired:
        film = real("RG1_J2KR.dcm").read_bytes()
        outcomes = []
        for _ in range(5):
            try:
                outcomes.append(tired.decode(film).frame)
            except UnreadableImage as error:
                outcomes.append(str(error))
        assert "the decoder crashed on it" in outcomes
        assert set(outcomes) <= {1, "the decoder crashed on it"}  # a fast machine may end some in time
        assert tired.replaced == outcomes.count("the decoder crashed on it")


def test_a_child_serves_a_number_of_files_and_is_then_replaced_without_blame():
    with GuardedDecoder(limits=DecodeLimits(uses=2)) as decoder:
        first = _child(decoder)
        assert_fit(decoder)
        assert_fit(decoder)
        assert _child(decoder) != first
        assert decoder.replaced == 0


def test_two_threads_share_the_pool():
    with GuardedDecoder(children=2) as decoder:
        pictures = []
        threads = [threading.Thread(target=lambda: pictures.append(decoder.decode(made()).png)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(pictures) == 6
        assert len(set(pictures)) == 1


def test_no_child_outlives_its_decoder():
    with GuardedDecoder() as decoder:
        child = _child(decoder)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    with pytest.raises(GuardMissing):
        decoder.decode(made())


def test_where_no_process_can_be_started_there_is_no_decoding(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(GuardMissing, match="cannot be started"), GuardedDecoder():
        pass


def test_limits_that_cannot_be_set_mean_no_decoding():
    # more open files than any kernel allows
    with pytest.raises(GuardMissing, match="cannot be set up"), GuardedDecoder(limits=DecodeLimits(open_files=1 << 40)):
        pass


@pytest.mark.parametrize("limit", ["memory_bytes", "cpu_s", "open_files", "timeout_s", "start_s", "uses"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_that_is_none_cannot_be_built(limit, value):
    with pytest.raises(ValueError, match="more than nothing"):
        DecodeLimits(**{limit: value})


def test_it_works_in_a_daemonic_fork_which_may_have_no_multiprocessing_children():
    # as in a Celery prefork child
    script = """
import multiprocessing, sys
sys.path.insert(0, sys.argv[1])
from dicom_files import made
from fhir_adapters.decoder import GuardedDecoder
def work():
    with GuardedDecoder() as decoder:
        sys.exit(0 if decoder.decode(made()).png else 1)
process = multiprocessing.get_context("fork").Process(target=work, daemon=True)
process.start()
process.join()
sys.exit(process.exitcode)
"""
    here = os.path.dirname(__file__)  # noqa: PTH120
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script, here], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("answer", "pixels"),
    [
        ({}, b""),
        ({"side": 2, "frame": 1, "frames": 1, "window": "w"}, b"\0" * 11),
        ({"side": 897, "frame": 1, "frames": 1, "window": "w"}, b"\0" * (897 * 897 * 3)),
        ({"side": True, "frame": 1, "frames": 1, "window": "w"}, b"\0" * 3),
        ({"side": 1, "frame": 1, "frames": 1, "window": "w" * 300}, b"\0" * 3),
    ],
)
def test_the_answer_of_a_child_that_was_taken_over_is_not_believed(answer, pixels):
    with pytest.raises(UnreadableImage, match="crashed"):
        _read_picture_answer(answer, pixels)
    with pytest.raises(UnreadableImage, match="crashed"):
        _read_header_answer({"header": answer})


def _child(decoder):
    child = decoder._slots.get()
    decoder._slots.put(child)
    return child._process.pid
