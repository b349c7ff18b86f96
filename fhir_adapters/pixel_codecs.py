"""Which codec reads which transfer syntax, and which codecs are installed; our own code imports them here alone.

Importing this module imports no codec. (pydicom imports, with itself, those of pylibjpeg that are installed.)
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any


class Codec(StrEnum):
    """A codec by the module that must be there for it."""

    NONE = "pydicom"  # pixels as they are
    PILLOW = "PIL.JpegImagePlugin"
    RLE = "rle"
    OPENJPEG = "openjpeg"
    LIBJPEG = "libjpeg"  # GPL-3.0, so only where a site has installed it (docs/decisions/0001)

    @property
    def plugin(self) -> str:
        """The name by which pydicom knows it."""
        return _PLUGINS.get(self, "pylibjpeg")


_PLUGINS = {Codec.NONE: "", Codec.PILLOW: "pillow"}

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
LOSSLESS_JPEG = "1.2.840.10008.1.2.4.70"

# PS3.5 section 10. One codec per syntax, so that the same file gives the same pixels everywhere (T10). Not here:
# deflated (inflates without a limit), big endian (retired), video.
CODECS = {
    IMPLICIT_LITTLE_ENDIAN: Codec.NONE,
    "1.2.840.10008.1.2.1": Codec.NONE,  # explicit little endian
    "1.2.840.10008.1.2.5": Codec.RLE,
    JPEG_BASELINE: Codec.PILLOW,
    LOSSLESS_JPEG: Codec.LIBJPEG,  # selection value 1
    "1.2.840.10008.1.2.4.80": Codec.LIBJPEG,  # JPEG-LS lossless
    "1.2.840.10008.1.2.4.81": Codec.LIBJPEG,  # JPEG-LS near-lossless
    "1.2.840.10008.1.2.4.90": Codec.OPENJPEG,  # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.91": Codec.OPENJPEG,  # JPEG 2000
    "1.2.840.10008.1.2.4.201": Codec.OPENJPEG,  # HTJ2K lossless
    "1.2.840.10008.1.2.4.202": Codec.OPENJPEG,  # HTJ2K lossless RPCL
    "1.2.840.10008.1.2.4.203": Codec.OPENJPEG,  # HTJ2K
}

# What the codecs would otherwise import with the first file, when the child may not be able to read them any more.
_LATER = {
    # a JPEG with an Exif or an MPF segment; and the plugin's second format, or Pillow imports all its formats
    Codec.PILLOW: ("PIL.TiffImagePlugin", "PIL.MpoImagePlugin", "PIL.Jpeg2KImagePlugin"),
}


def load(codecs: Iterable[Codec] = tuple(Codec)) -> frozenset[Codec]:
    """Import these codecs with all that they need later, and say which of them are there."""
    return frozenset(codec for codec in codecs if _is_there(codec))


def module(codec: Codec) -> Any:  # noqa: ANN401 - the codecs are untyped
    """The codec itself. Raises ImportError where it is not installed."""
    return importlib.import_module(codec)


def _is_there(codec: Codec) -> bool:
    try:
        module(codec)
        for name in _LATER.get(codec, ()):
            importlib.import_module(name)
        if codec.plugin:
            importlib.import_module(f"pydicom.pixels.decoders.{codec.plugin}")
    except ImportError:
        return False
    return True
