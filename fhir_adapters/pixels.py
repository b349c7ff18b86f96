"""From stored values to the picture a model may see: window, colour, square; scaled once, never wrapped or clipped.

Pure numpy and Pillow. The recipes are those that MedGemma was trained with (Google-Health/medgemma,
generic_dicom_handler.py), in their rounding form, and the grayscale rules of DICOM PS3.3 C.11.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 896  # pixels: what MedGemma's vision tower takes

# Red, green and blue in Hounsfield units. Green begins at -135: the published server code says 135, which is a bug.
CT_WINDOWS = ((-1024.0, 1024.0), (-135.0, 215.0), (0.0, 80.0))

Stored = NDArray[np.integer]
Bytes = NDArray[np.uint8]
_Values = NDArray[np.float64]
_TABLE_SIZE = 1 << 17  # 16-bit values fit with any sign


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window (PS3.3 C.11.2.1.2); `function` is LINEAR, LINEAR_EXACT or SIGMOID."""

    center: float
    width: float
    function: str = "LINEAR"

    def __post_init__(self) -> None:
        """Refuse what the standard forbids, so that a window can be applied once it exists."""
        least = 1.0 if self.function == "LINEAR" else math.ulp(0.0)
        if not (math.isfinite(self.center) and math.isfinite(self.width) and self.width >= least):
            raise ValueError("no window")

    def apply(self, values: _Values) -> _Values:
        """Values as 0..1."""
        match self.function:
            case "SIGMOID":
                return 1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - self.center) / self.width, -700.0, 700.0)))
            case "LINEAR_EXACT":
                return np.clip((values - self.center) / self.width + 0.5, 0.0, 1.0)
            case _ if self.width == 1.0:
                return (values > self.center - 0.5).astype(np.float64)
            case _:
                return np.clip((values - (self.center - 0.5)) / (self.width - 1.0) + 0.5, 0.0, 1.0)

    def __str__(self) -> str:
        shape = "" if self.function == "LINEAR" else f", {self.function.lower().replace('_', ' ')}"
        return f"center {self.center:g}, width {self.width:g}{shape}"


@dataclass(frozen=True, slots=True)
class Table:
    """A lookup table (PS3.3 C.11.1, C.11.2): value `first` and all below take entry 0, all above the end the last."""

    first: int
    bits: int
    entries: NDArray[np.uint16]

    def apply(self, values: _Values) -> _Values:
        """Values as the table's entries."""
        places = np.clip(values - self.first, 0, len(self.entries) - 1).astype(np.int64)
        return self.entries[places].astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grayscale:
    """All that decides how stored values become gray: taken from the header, nothing guessed."""

    modality: str
    rescale: tuple[float, float] | None = None  # slope, intercept
    modality_table: Table | None = None
    window: Window | None = None
    table: Table | None = None  # VOI LUT; stands before the window where a file has both
    inverted: bool = False  # MONOCHROME1
    padding: tuple[int, int] | None = None  # stored values, both ends included, that stand for "no picture here"


def gray_picture(stored: Stored, rules: Grayscale) -> tuple[Bytes, str]:
    """(rows, columns) of stored values as (rows, columns, 3) of 0..255, and how they were mapped.

    CT: the three trained windows, never the file's. MR: least to most. All others: the file's VOI LUT or first
    window, else least to most. Raises ValueError for a CT without rescale.
    """
    if stored.ndim != 2 or not np.issubdtype(stored.dtype, np.integer) or not stored.size:  # noqa: PLR2004
        raise ValueError("no plane of whole numbers")
    empty = _padded(stored, rules.padding)
    if rules.modality == "CT":
        picture, said = _hounsfield(stored, rules), "CT windows -1024..1024, -135..215, 0..80 HU as red, green, blue"
    else:
        gray, said = _one_gray(stored, rules, empty)
        picture = np.repeat(gray[..., np.newaxis], 3, axis=2)
    if rules.inverted and rules.modality != "CT":  # a Hounsfield unit means the same in either photometric form
        picture = 255 - picture
    if empty is not None:
        picture[empty] = 0
    return picture, said


def color_picture(colors: Stored, bits: int) -> Bytes:
    """(rows, columns, 3) of unsigned RGB with `bits` bits as 0..255: the high byte, not the low one."""
    if colors.ndim != 3 or colors.shape[2] != 3 or not 8 <= bits <= 32:  # noqa: PLR2004 - rows, columns, RGB
        raise ValueError("no RGB plane")
    return (colors >> (bits - 8)).astype(np.uint8)


def square(picture: Bytes) -> Bytes:
    """The picture centred on a black square of at most 896 pixels a side, its proportions kept; never enlarged.

    Bilinear with Pillow's anti-aliasing, as the model's own processor resizes. Scaling comes before padding: the
    result is that of padding first, and a strip of 1 x 65,535 pixels cannot ask for gigabytes.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:  # noqa: PLR2004
        # The two known bugs end here: 16-bit data that Pillow would clip, and 0..255 data scaled a second time.
        raise TypeError("only 8-bit RGB is resized")
    rows, columns = picture.shape[:2]
    scale = min(1.0, SIDE / max(rows, columns))
    if scale < 1.0:
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        picture = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
        rows, columns = picture.shape[:2]
    side = max(rows, columns)
    canvas: Bytes = np.zeros((side, side, 3), dtype=np.uint8)
    top, left = (side - rows) // 2, (side - columns) // 2
    canvas[top : top + rows, left : left + columns] = picture
    return canvas


def png(picture: Bytes) -> bytes:
    """An 8-bit RGB PNG without any metadata."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=6)
    return out.getvalue()


def _padded(stored: Stored, padding: tuple[int, int] | None) -> NDArray[np.bool_] | None:
    if padding is None:
        return None
    mask = (stored >= min(padding)) & (stored <= max(padding))
    return mask if mask.any() and not mask.all() else None


def _hounsfield(stored: Stored, rules: Grayscale) -> Bytes:
    if rules.rescale is None:
        raise ValueError("CT without rescale slope and intercept")  # stored values are no Hounsfield units
    slope, intercept = rules.rescale

    def window(low: float, high: float) -> Callable[[_Values], _Values]:
        return lambda values: np.clip((values * slope + intercept - low) / (high - low), 0.0, 1.0)

    return np.stack([_pointwise(stored, window(low, high)) for low, high in CT_WINDOWS], axis=2)


def _one_gray(stored: Stored, rules: Grayscale, empty: NDArray[np.bool_] | None) -> tuple[Bytes, str]:
    def modality(values: _Values) -> _Values:
        if rules.modality_table is not None:
            return rules.modality_table.apply(values)
        slope, intercept = rules.rescale or (1.0, 0.0)
        return values * slope + intercept

    if rules.modality != "MR" and rules.table is not None:
        voi = rules.table
        top = float((1 << voi.bits) - 1)
        return _pointwise(stored, lambda values: np.clip(voi.apply(modality(values)) / top, 0.0, 1.0)), "VOI LUT"
    if rules.modality != "MR" and rules.window is not None:
        chosen = rules.window
        return _pointwise(stored, lambda values: chosen.apply(modality(values))), str(chosen)
    shown = stored if empty is None else stored[~empty]
    ends = modality(np.array([shown.min(), shown.max()], dtype=np.float64))
    if rules.modality_table is not None:  # a table need not rise
        ends = modality(np.unique(shown).astype(np.float64))
    low, high = float(ends.min()), float(ends.max())
    width = high - low or 1.0
    return _pointwise(stored, lambda values: np.clip((modality(values) - low) / width, 0.0, 1.0)), "min-max"


def _pointwise(stored: Stored, mapping: Callable[[_Values], _Values]) -> Bytes:
    """`mapping` (to 0..1) on every value, rounded to 0..255; on each distinct value once where that is less work."""
    low, high = int(stored.min()), int(stored.max())
    if high - low < _TABLE_SIZE:
        table = np.rint(mapping(np.arange(low, high + 1, dtype=np.float64)) * 255.0).astype(np.uint8)
        return table[stored.astype(np.int64) - low]
    return np.rint(mapping(stored.astype(np.float64)) * 255.0).astype(np.uint8)
