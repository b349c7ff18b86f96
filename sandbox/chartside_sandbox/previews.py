"""A key image as a viewer shows it: grey, one window, where the model sees three CT windows as red, green and blue."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

from fhir_adapters.imaging import KeyImage

# Which of the channels of `fhir_adapters.pixels`: -135..215 HU shows soft tissue, 0..80 HU the brain.
_SOFT_TISSUE: Final = "G"
_BRAIN: Final = "B"


def preview(image: KeyImage) -> bytes:
    """A PNG. Pictures of other modalities are grey already and pass as they are."""
    if not image.window.startswith("CT windows"):
        return image.png
    is_head = "head" in image.label.lower() or "brain" in image.label.lower()
    with Image.open(io.BytesIO(image.png)) as colours:
        grey = colours.getchannel(_BRAIN if is_head else _SOFT_TISSUE)
    out = io.BytesIO()
    grey.save(out, format="PNG")
    return out.getvalue()
