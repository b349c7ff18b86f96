"""DICOM unique identifiers: which texts are one, and nothing else may stand in a URL or a comparison."""

from __future__ import annotations

import re

# PS3.5 section 9.1: at most 64 characters, numeric components joined by dots. Zeros before a component are written by
# real devices and let through; an empty component is not, so neither "." nor ".." can climb in a URL path.
_UID = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_MOST_CHARACTERS = 64


def is_uid(text: str) -> bool:
    """Whether `text` is a DICOM UID."""
    return len(text) <= _MOST_CHARACTERS and _UID.fullmatch(text) is not None


def read_uid(text: object) -> str:
    """The UID in `text`, with or without FHIR's `urn:oid:`; empty where there is none (lenient in)."""
    bare = text.strip(" \0").removeprefix("urn:oid:") if isinstance(text, str) else ""
    return bare if is_uid(bare) else ""
