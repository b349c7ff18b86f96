"""Forms of our own pages: small, urlencoded, read as text by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from cds_service.errors import BadForm
from cds_service.limits import read_body

_BYTES: Final = 64_000
_FIELDS: Final = 20
_KIND: Final = "application/x-www-form-urlencoded"


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a form by name. Raises BadForm, also for a field sent twice, and BodyTooLarge."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise BadForm
    body = await read_body(request, limit=_BYTES)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise BadForm from None  # the cause holds what was sent
    form = dict(pairs)
    if len(form) != len(pairs):
        raise BadForm
    return form
