"""One frame of a DICOM object as a picture: runs in the guarded child only, because here the codecs run."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from pydicom.encaps import get_frame
from pydicom.pixels import pixel_array
from pydicom.pixels.processing import apply_color_lut

from fhir_adapters.baseline_jpeg import is_rgb_already
from fhir_adapters.decoder_wire import Refusal
from fhir_adapters.dicom_header import DAMAGE, check_claims, header_of, read_header, read_meta, read_whole, whole
from fhir_adapters.errors import UnreadableImage
from fhir_adapters.lossless_jpeg import second_reading
from fhir_adapters.pixel_codecs import CODECS, JPEG_BASELINE, LOSSLESS_JPEG, Codec
from fhir_adapters.pixels import Bytes, Grayscale, Stored, Table, Window, color_picture, gray_picture, square

_COLORS = frozenset(("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"))
_GRAYS = frozenset(("MONOCHROME1", "MONOCHROME2"))


def render(dicom: bytes, frame: int | None = None, *, codecs: Collection[Codec]) -> tuple[Bytes, int, int, str]:
    """The square picture of one frame, its number (from 1), the number of frames and how intensities were mapped.

    Without `frame`: the only one of a single-frame object, the middle one of a multi-frame object (of ten, the
    fifth). A file whose transfer syntax none of `codecs` reads is refused before
    its pixels are read. Raises UnreadableImage.
    """
    try:
        if not read_header(dicom).is_image:
            raise UnreadableImage(Refusal.NO_IMAGE)
        if CODECS[read_meta(dicom).transfer_syntax_uid] not in codecs:
            raise UnreadableImage(Refusal.NO_DECODER)
        dataset = read_whole(dicom)
        if "PixelData" not in dataset:  # the head promised a picture, the file ends before it
            raise UnreadableImage(Refusal.DAMAGED)
        check_claims(dataset)
        frames = header_of(dataset).frames
        chosen = (frames + 1) // 2 if frame is None else frame
        if not 1 <= chosen <= frames:
            raise UnreadableImage(Refusal.NO_FRAME)
        picture, window = _picture(dataset, chosen)
    except DAMAGE as error:
        raise UnreadableImage(Refusal.DAMAGED) from error
    return square(picture), chosen, frames, window


def _picture(dataset: Any, frame: int) -> tuple[Bytes, str]:  # noqa: ANN401 - pydicom's Dataset is untyped here
    photometric = str(dataset.PhotometricInterpretation).strip()
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    if photometric not in _COLORS | _GRAYS | {"PALETTE COLOR"}:
        raise UnreadableImage(Refusal.NO_IMAGE)
    as_it_comes = syntax == JPEG_BASELINE and photometric in _COLORS and is_rgb_already(_codestream(dataset, frame))
    # pydicom puts planes in order and, unless it is asked for the pixels as they come, turns YBR into RGB
    plugin = CODECS[syntax].plugin
    stored: Stored = pixel_array(dataset, index=frame - 1, raw=as_it_comes, decoding_plugin=plugin)
    if syntax == LOSSLESS_JPEG and not _read_alike(dataset, frame):
        raise UnreadableImage(Refusal.DOUBTFUL)
    if photometric in _COLORS:
        return color_picture(stored, max(8, whole(dataset, "BitsStored"))), "colors as stored"
    if photometric == "PALETTE COLOR":
        colors: Stored = apply_color_lut(stored, dataset)[..., :3]
        return color_picture(colors, colors.dtype.itemsize * 8), "palette"
    rules = grayscale_rules(dataset, frame)
    if rules.modality == "CT" and rules.rescale is None:
        raise UnreadableImage(Refusal.NO_RESCALE)
    return gray_picture(stored, rules)


def _read_alike(dataset: Any, frame: int) -> bool:  # noqa: ANN401
    """Whether two readings of a lossless JPEG frame agree; where they do not, the picture is not used (T10)."""
    second = second_reading(_codestream(dataset, frame))
    if second is None:
        return True
    samples, precision = second
    first = pixel_array(dataset, index=frame - 1, raw=True, decoding_plugin=Codec.LIBJPEG.plugin)
    mask = (1 << min(precision, whole(dataset, "BitsStored"))) - 1
    return bool(np.array_equal(first.astype(np.int64) & mask, samples & mask))


def _codestream(dataset: Any, frame: int) -> bytes:  # noqa: ANN401
    codestream: bytes = get_frame(dataset.PixelData, frame - 1, number_of_frames=header_of(dataset).frames)
    return codestream


def grayscale_rules(dataset: Any, frame: int) -> Grayscale:  # noqa: ANN401
    """What the header says about gray: the frame's functional groups first, then the shared ones, then the top level.

    Of a multi-valued window the first counts. A slope without an intercept, or the reverse, is no rescale.
    """
    values = _group(dataset, frame, "PixelValueTransformationSequence")
    window = _group(dataset, frame, "FrameVOILUTSequence")
    slope, intercept = _number(values, "RescaleSlope"), _number(values, "RescaleIntercept")
    if (slope is None) != (intercept is None):
        raise UnreadableImage(Refusal.NO_RESCALE)
    return Grayscale(
        modality=str(dataset.get("Modality") or "").strip().upper(),
        rescale=None if slope is None or intercept is None else (slope, intercept),
        modality_table=_table(dataset, "ModalityLUTSequence"),
        window=_window(window),
        table=_table(window, "VOILUTSequence"),
        inverted=str(dataset.PhotometricInterpretation).strip() == "MONOCHROME1",
        padding=_padding(dataset),
    )


def _group(dataset: Any, frame: int, keyword: str) -> Any:  # noqa: ANN401
    """The item of a functional group macro that holds for this frame (PS3.3 C.7.6.16), else the data set itself."""
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    for groups in (*per_frame[frame - 1 : frame], *shared[:1]):
        items = groups.get(keyword)
        if items:
            return items[0]
    return dataset


def _number(dataset: Any, keyword: str) -> float | None:  # noqa: ANN401
    value = dataset.get(keyword)
    if value is None or value == "":
        return None
    number = float(value if isinstance(value, (int, float, str)) else value[0])
    if not np.isfinite(number):
        raise ValueError("no finite number")
    return number


def _window(dataset: Any) -> Window | None:  # noqa: ANN401
    center, width = _number(dataset, "WindowCenter"), _number(dataset, "WindowWidth")
    if center is None or width is None:
        return None
    try:
        return Window(center, width, str(dataset.get("VOILUTFunction") or "LINEAR").strip().upper())
    except ValueError:  # a width of nothing: as if the file had no window
        return None


def _table(dataset: Any, keyword: str) -> Table | None:  # noqa: ANN401
    items = dataset.get(keyword)
    if not items:
        return None
    count, first, bits = (int(part) for part in items[0].LUTDescriptor)
    count = count or 1 << 16  # 0 stands for 65,536
    data = items[0].LUTData
    if isinstance(data, bytes):
        entries = np.frombuffer(data, dtype="<u2" if len(data) >= 2 * count else "<u1")
    else:
        entries = np.atleast_1d(np.asarray(data, dtype=np.uint16))
    if not 1 <= bits <= 16 or len(entries) < count:  # noqa: PLR2004 - PS3.3 C.11.1.1.1
        raise ValueError("no lookup table")
    return Table(first, bits, entries[:count].astype(np.uint16))


def _padding(dataset: Any) -> tuple[int, int] | None:  # noqa: ANN401
    if dataset.get("PixelPaddingValue") is None:
        return None
    value = whole(dataset, "PixelPaddingValue")
    return value, whole(dataset, "PixelPaddingRangeLimit", absent=value)
