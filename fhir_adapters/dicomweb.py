"""A DICOMweb server over HTTP, never trusted: one base, checked UIDs, no redirects, capped bytes, one part.

QIDO-RS lists a study's instances, WADO-RS retrieves one (PS3.18 sections 10.6 and 10.4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2
import orjson

from fhir_adapters.addresses import read_base
from fhir_adapters.errors import AddressRefused, ResourceMissing, ServerFailed, UnreadableImage
from fhir_adapters.http_answers import check_status, read_capped
from fhir_adapters.imaging import InstanceAddress
from fhir_adapters.multipart import only_part
from fhir_adapters.uids import is_uid, read_uid

_STUDY, _SERIES, _INSTANCE = "0020000D", "0020000E", "00080018"
_SOP_CLASS, _MODALITY, _NUMBER = "00080016", "00080060", "00200013"
_WADO_ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*'  # as stored, nothing transcoded
_NO_TIMEOUT = httpx2.Timeout(None).as_dict()  # the deadline stands over all phases together


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveLimits:
    """How much of one answer is taken. Sizes in bytes, time in seconds per request."""

    list_bytes: int = 16_000_000
    instance_bytes: int = 200_000_000
    request_s: float = 30.0
    page: int = 1_000
    pages: int = 10


class HttpDicomWebServer:
    """A DICOMweb server at `base_url`, such as `https://pacs.example/dicom-web`.

    `headers` hold the credentials (`Authorization: Basic …` or `Bearer …`) and are shown to nobody. `client` brings TLS
    and the connections; its cookies, headers and redirects are not used. Raises AddressRefused for a base that is no
    plain http or https URL.
    """

    def __init__(
        self,
        base_url: str,
        *,
        client: httpx2.AsyncClient,
        headers: Mapping[str, str] | None = None,
        limits: RetrieveLimits = RetrieveLimits(),
    ) -> None:
        """Keep what is needed; nothing is asked yet."""
        self._base = read_base(base_url)
        self._client = client
        self._credentials = dict(headers or {})
        self._limits = limits

    def __repr__(self) -> str:
        return f"HttpDicomWebServer({str(self._base)!r}, headers={'…' if self._credentials else None})"

    async def instances(self, study_instance_uid: str) -> tuple[InstanceAddress, ...]:
        """Every instance of a study, by series and instance number; none where the server knows no such study.

        What the server lists of other studies, or without UIDs, is not used. Raises AccessDenied, ServerFailed,
        AddressRefused.
        """
        study = f"studies/{_checked(study_instance_uid)}"
        found: list[tuple[str, int, str, InstanceAddress]] = []
        for page in range(self._limits.pages):
            items = await self._page(study, offset=page * self._limits.page)
            found += (listed for item in items if (listed := _listed(item, study_instance_uid)) is not None)
            if len(items) < self._limits.page:
                break
        ordered = {address.sop_instance_uid: address for *_, address in sorted(found, key=lambda one: one[:3])}
        return tuple(ordered.values())

    async def retrieve(self, address: InstanceAddress) -> bytes:
        """One instance as the server stores it. Raises as `instances`, ResourceMissing and UnreadableImage."""
        uids = address.study_instance_uid, address.series_instance_uid, address.sop_instance_uid
        study, series, instance = (_checked(uid) for uid in uids)
        path = f"studies/{study}/series/{series}/instances/{instance}"
        content_type, body = await self._get(path, _WADO_ACCEPT, self._limits.instance_bytes)
        return only_part(content_type, body)

    async def _page(self, study: str, *, offset: int) -> list[object]:
        query = f"includefield={_NUMBER}&includefield={_SOP_CLASS}&limit={self._limits.page}&offset={offset}"
        path = f"{study}/instances?{query}"
        try:
            _, body = await self._get(path, "application/dicom+json", self._limits.list_bytes)
        except ResourceMissing:  # some servers answer 404 where the standard has 204
            return []
        except UnreadableImage as error:
            raise ServerFailed(f"{study}: the list is unreadable.", outcome=error.outcome) from None
        try:
            items = orjson.loads(body) if body.strip() else []
        except orjson.JSONDecodeError:
            items = None
        if not isinstance(items, list):
            raise ServerFailed(f"{study}: the list is no JSON list.", outcome="unreadable list")
        return items

    async def _get(self, path: str, accept: str, cap: int) -> tuple[str, bytes]:
        what = path.partition("?")[0]
        try:
            async with asyncio.timeout(self._limits.request_s):
                return await self._answer(f"{self._base}/{path}", accept, cap, what=what)
        except (TimeoutError, httpx2.TimeoutException):
            raise ServerFailed(f"{what}: the DICOMweb server did not answer in time.", outcome="timed out") from None
        except httpx2.InvalidURL:
            raise AddressRefused(f"{what}: the address is no URL.", outcome="address refused") from None
        except httpx2.HTTPError as error:
            # The class alone: its message and its request may hold the URL and the headers.
            raise ServerFailed(f"{what}: the connection failed.", outcome=type(error).__name__) from None

    async def _answer(self, url: str, accept: str, cap: int, *, what: str) -> tuple[str, bytes]:
        # identity: a compressed body can grow a thousandfold in one chunk, behind the byte cap (T11).
        headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": "chartside", **self._credentials}
        request = httpx2.Request("GET", url, headers=headers, extensions={"timeout": _NO_TIMEOUT})
        response = await self._client.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            _check_status(response, what=what)
            body = await read_capped(response, cap, what=what, unreadable=UnreadableImage)
            return response.headers.get("Content-Type", ""), body
        finally:
            await response.aclose()


def _checked(uid: str) -> str:
    if not is_uid(uid):
        raise AddressRefused("A DICOM UID is digits and dots, at most 64 of them.", outcome="no UID")
    return uid


def _check_status(response: httpx2.Response, *, what: str) -> None:
    match response.status_code:
        case 204:  # QIDO-RS: nothing matches
            return
        case 206:  # part of an instance is none, and a list cut short would read as the whole study
            raise ServerFailed(f"{what}: the DICOMweb server answered in part.", outcome="HTTP 206")
        case _:
            check_status(response, what=what, server="DICOMweb")


def _listed(item: object, study_instance_uid: str) -> tuple[str, int, str, InstanceAddress] | None:
    """One item of the list with its place in it; None where it names no instance of this study."""
    if not isinstance(item, dict):
        return None
    series, instance = read_uid(_first(item, _SERIES)), read_uid(_first(item, _INSTANCE))
    if not series or not instance or read_uid(_first(item, _STUDY)) not in {"", study_instance_uid}:
        return None
    number = str(_first(item, _NUMBER))
    address = InstanceAddress(
        study_instance_uid=study_instance_uid,
        series_instance_uid=series,
        sop_instance_uid=instance,
        modality=str(_first(item, _MODALITY)).strip().upper()[:16],
        sop_class_uid=read_uid(_first(item, _SOP_CLASS)),
    )
    return series, int(number) if number.isascii() and number.isdigit() and len(number) < 12 else 0, instance, address  # noqa: PLR2004


def _first(item: dict[object, object], tag: str) -> object:
    """The first value of an attribute in the DICOM JSON model (PS3.18 annex F); empty text where there is none."""
    attribute = item.get(tag)
    values = attribute.get("Value") if isinstance(attribute, dict) else None
    return values[0] if isinstance(values, list) and values and values[0] is not None else ""
