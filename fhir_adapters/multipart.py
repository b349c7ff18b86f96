"""The one DICOM file in a WADO-RS answer.

A parser of its own, because the standard library's reads mail: it decodes the body as text, splits it at every line
feed and copies it several times, which 40 MB of pixels do not survive. Here nothing but the delimiter is looked for.
"""

from __future__ import annotations

import re
from email.message import Message

from fhir_adapters.errors import UnreadableImage

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,70}")  # RFC 2046 section 5.1.1
_MOST_HEADER_BYTES = 8_192
_DICOM = "application/dicom"


def only_part(content_type: str, body: bytes) -> bytes:
    """The DICOM file in a `multipart/related` or bare `application/dicom` answer; any other number than one is refused.

    Raises UnreadableImage, also where the closing delimiter is missing: such an answer was cut short.
    """
    head = _header(content_type)
    if head.get_content_type() == _DICOM:
        return body
    boundary = head.get_boundary() or ""
    if head.get_content_type() != "multipart/related" or _BOUNDARY.fullmatch(boundary) is None:
        raise _unreadable("neither multipart/related nor application/dicom")
    delimiter = b"--" + boundary.encode("ascii")
    begins, ends = _part(body, delimiter)
    if not body.startswith(b"--", ends + 2 + len(delimiter)):
        raise _unreadable("more than one part")
    head_ends = body.find(b"\r\n\r\n", begins, begins + _MOST_HEADER_BYTES)
    if head_ends < 0:
        raise _unreadable("a part without headers")
    content_types = re.findall(rb"(?im)^content-type[ \t]*:[ \t]*([^;\s]*)", body[begins:head_ends])
    if [name.lower() for name in content_types] not in ([], [_DICOM.encode()]):
        raise _unreadable("a part that is no DICOM file")
    return body[head_ends + 4 : ends]


def _part(body: bytes, delimiter: bytes) -> tuple[int, int]:
    """Where the first part begins (the line break after its delimiter) and ends (that before the next)."""
    first = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter)
    begins = body.find(delimiter, first) + len(delimiter)
    if first < 0 or body.startswith(b"--", begins):
        raise _unreadable("no part")
    if not body.startswith(b"\r\n", begins):
        raise _unreadable("another delimiter than announced")
    ends = body.find(b"\r\n" + delimiter, begins)
    if ends < 0:
        raise _unreadable("cut short")
    return begins, ends


def _header(content_type: str) -> Message:
    message = Message()
    message["Content-Type"] = re.sub(r"[\r\n]", " ", content_type)
    return message


def _unreadable(why: str) -> UnreadableImage:
    return UnreadableImage(f"The DICOMweb server's answer is unreadable: {why}.", outcome=why)
