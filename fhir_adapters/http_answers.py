"""What an HTTP answer of a FHIR or DICOMweb server means, and its body, capped: one rule for both."""

from __future__ import annotations

import math
import re
from typing import Final

import httpx2

from fhir_adapters.errors import (
    AccessDenied,
    AddressRefused,
    RequestRefused,
    ResourceMissing,
    ServerBusy,
    ServerFailed,
    UnreadableImage,
    UnreadableRecord,
)

_SECONDS: Final = re.compile(r"[0-9]{1,6}", re.ASCII)


def check_status(response: httpx2.Response, *, what: str, server: str) -> None:
    """Pass for 200. Raises AccessDenied, ResourceMissing, RequestRefused, AddressRefused or ServerFailed."""
    status = response.status_code
    outcome = f"HTTP {status}"
    match status:
        case 200:
            return
        case 400:
            raise RequestRefused(f"{what}: the {server} server refused the question (400).", outcome=outcome)
        case 401 | 403:
            raise AccessDenied(f"{what}: the {server} server refused access ({status}).", outcome=outcome)
        case 404 | 410:
            raise ResourceMissing(f"{what}: the {server} server has nothing there ({status}).", outcome=outcome)
        case _ if response.has_redirect_location:
            raise AddressRefused(f"{what}: redirects are not followed ({status}).", outcome=outcome)
        case 429 | 502 | 503 | 504:
            busy = f"{what}: the {server} server answered {status}. Ask again later."
            raise ServerBusy(busy, outcome=outcome, after_s=_retry_after(response))
        case _:
            raise ServerFailed(f"{what}: the {server} server answered {status}. Ask again later.", outcome=outcome)


def _retry_after(response: httpx2.Response) -> float:
    """Seconds that the server asks us to wait. A date is later than any deadline of ours: clocks differ (T22)."""
    said = response.headers.get("Retry-After", "0").strip()
    return float(said) if _SECONDS.fullmatch(said) else math.inf


async def read_capped(
    response: httpx2.Response, cap: int, *, what: str, unreadable: type[UnreadableImage | UnreadableRecord]
) -> bytes:
    """The body, read while it comes. Raises `unreadable` above `cap` bytes, and for a body that is compressed (T11)."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise unreadable(f"{what} came compressed, which was not asked for.", outcome="compressed")
    body = bytearray()
    async for chunk in response.aiter_bytes():  # nothing is encoded, so nothing is decoded
        body += chunk
        if len(body) > cap:
            raise unreadable(f"{what} is larger than {cap} bytes.", outcome="too large")
    return bytes(body)
