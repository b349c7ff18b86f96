"""A second reading of lossless JPEG below 16 bits, because the first one is known to be wrong at times (T10).

ITU T.81 H.2.1 adds prediction and difference modulo 65,536. pylibjpeg-libjpeg clamps to the sample's range instead
(github.com/pydicom/pylibjpeg-libjpeg/issues/90, version 2.5.0 too), and ultrasound of large makers then comes out
white without an error. At 16 bits it wraps as it should. So the same codestream is read as one of 16 bits: every value
is then off by one constant, the difference of the two first predictions, and otherwise exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fhir_adapters.pixel_codecs import Codec, module

_SOF3 = b"\xff\xc3"
_WIDE = 16


def second_reading(codestream: bytes) -> tuple[NDArray[np.int64], int] | None:
    """The samples and their precision in bits; None at 16 bits, where the first reading is right.

    Only where libjpeg is installed. Raises ValueError for what is no lossless JPEG, and what libjpeg raises.
    """
    frame = _frame_header(codestream)
    precision = codestream[frame + 4]
    if precision >= _WIDE:
        return None
    widened = codestream[: frame + 4] + bytes([_WIDE]) + codestream[frame + 5 :]
    wide = module(Codec.LIBJPEG).decode(widened, colour_transform=0)
    offset = (1 << (_WIDE - 1)) - (1 << (precision - 1))
    return (np.asarray(wide, dtype=np.int64) - offset) & ((1 << precision) - 1), precision


def _frame_header(codestream: bytes) -> int:
    """Where the SOF3 marker stands: from segment to segment, because a table may hold the same two bytes."""
    at = 2
    while codestream[at : at + 1] == b"\xff" and codestream[at : at + 2] != _SOF3:
        length = int.from_bytes(codestream[at + 2 : at + 4], "big")
        if length < 2:  # noqa: PLR2004 - the length counts its own two bytes
            break
        at += 2 + length
    if codestream[at : at + 2] != _SOF3 or len(codestream) < at + 5:
        raise ValueError("no lossless JPEG")
    return at
