"""The device-regulation boundary as a type: whether a pixel may reach a model (decision 5). Its spelling is stored."""

from __future__ import annotations

from enum import StrEnum


class Profile(StrEnum):
    """What a site lets its model see."""

    TEXT_ONLY = "text-only"  # no pixel ever reaches a model
    IMAGING = "imaging"  # key images may
