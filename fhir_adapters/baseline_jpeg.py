"""Whether Pillow hands out a baseline JPEG's colors as RGB already, so that they are not converted twice (T10).

pydicom asks Pillow for the stored components and turns YBR into RGB itself; but of a codestream with an Adobe marker
(APP14) its plugin takes what Pillow makes of it, and Pillow makes RGB. Without this, such pictures come out in false
colors and without an error (pydicom 3.0.2, pydicom.pixels.decoders.pillow).
"""

from __future__ import annotations

import io

from PIL import Image

_NOT_TRANSFORMED = 0  # APP14's transform: 1 is YCbCr, and libjpeg-turbo takes every other value for it, too


def is_rgb_already(codestream: bytes) -> bool:
    """Whether pydicom's pillow plugin gives RGB that was YCbCr in the file. Raises OSError for what is no JPEG.

    A JFIF marker says YCbCr whatever the Adobe marker says (libjpeg-turbo, jdapimin.c).
    """
    with Image.open(io.BytesIO(codestream), formats=("JPEG",)) as image:
        transform = image.info.get("adobe_transform")
        return transform is not None and (transform != _NOT_TRANSFORMED or "jfif" in image.info)
