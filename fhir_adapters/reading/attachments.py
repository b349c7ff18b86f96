"""Attachments that hold text -> passage; every other one -> the reason why it was not read."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from fhir_adapters.history import Reason
from fhir_adapters.reading.elements import Element, text_of
from fhir_adapters.reading.markup import plain_text_of
from fhir_adapters.reading.plain_text import PASSAGE_LIMIT, passage

_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", re.ASCII)
_HTML = frozenset({"text/html", "application/xhtml+xml", "application/xhtml"})
_READABLE = _HTML | {"text/plain"}
# A closed list: other codecs of Python are not text encodings, or make text that cannot be written again.
_CHARSETS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "utf-8-sig",
    "ascii": "utf-8-sig",
    "iso-8859-1": "cp1252",  # https://encoding.spec.whatwg.org/#names-and-labels: what is written is windows-1252
    "latin1": "cp1252",
    "iso-8859-15": "iso8859-15",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
_BYTES_LIMIT = 4 * PASSAGE_LIMIT  # a character of UTF-8 takes four at most


@dataclass(frozen=True, slots=True)
class Attached:
    """The text of one attachment, or why there is none; both where it was cut."""

    text: str = ""
    not_read: tuple[Reason, str] | None = None


def read_attachment(attachment: Element) -> Attached:
    """One Attachment. https://hl7.org/fhir/R4/datatypes.html#Attachment. Nothing is ever fetched from its URL."""
    written = text_of(attachment, "contentType").lower()
    media_type, _, parameters = (part.strip() for part in written.partition(";"))
    if not _MEDIA_TYPE.fullmatch(media_type):
        media_type = ""  # what stands there goes into an omission, which holds nothing of the patient
    data = attachment.get("data")
    if not isinstance(data, str) or not data:
        return _without_data(attachment, media_type)
    if media_type not in _READABLE:
        return Attached(not_read=(Reason.UNREADABLE, media_type or "no content type"))
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(" \"'")
    if charset and charset not in _CHARSETS:
        return Attached(not_read=(Reason.UNREADABLE, f"{media_type}, unknown charset"))
    try:
        decoded = base64.b64decode(_digits(data), validate=True)
    except (binascii.Error, ValueError):
        return Attached(not_read=(Reason.UNREADABLE, f"{media_type}, not base64"))
    text = _decode(decoded, charset)
    text = passage(plain_text_of(text) if media_type in _HTML else text)
    if len(text) <= PASSAGE_LIMIT and len(data) <= _BYTES_LIMIT:
        return Attached(text)
    return Attached(text[:PASSAGE_LIMIT], (Reason.OVER_LIMIT, f"text beyond {PASSAGE_LIMIT // 1000} kB"))


def _without_data(attachment: Element, media_type: str) -> Attached:
    if attachment.get("url"):
        return Attached(not_read=(Reason.NOT_SUPPLIED, "attachment by URL"))
    return Attached(
        not_read=(Reason.UNREADABLE, f"{media_type}, empty" if media_type in _READABLE else "empty attachment")
    )


def _digits(data: str) -> str:
    """The base64 digits of at most the bytes we keep, without line breaks, padded where the writer forgot to."""
    digits = "".join(data[: _BYTES_LIMIT * 2].split())[: _BYTES_LIMIT // 3 * 4]
    return digits + "=" * (-len(digits) % 4)


def _decode(data: bytes, charset: str) -> str:
    if charset:
        return data.decode(_CHARSETS[charset], errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        # Undeclared and not UTF-8: a last character that was cut, or the Windows encoding of older systems.
        was_cut = broken.start >= len(data) - 3
        return data.decode("utf-8-sig" if was_cut else "cp1252", errors="replace")
