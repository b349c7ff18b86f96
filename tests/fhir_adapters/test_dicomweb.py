"""T5, CH-12: a DICOMweb server is never trusted with more than the UIDs that it was asked for."""

import asyncio

import httpx2
import orjson
import pytest
from dicom_files import INSTANCE, SERIES, STUDY, made

from fhir_adapters.dicomweb import HttpDicomWebServer, RetrieveLimits
from fhir_adapters.errors import AccessDenied, AddressRefused, ResourceMissing, ServerFailed, UnreadableImage
from fhir_adapters.imaging import InstanceAddress

BASE = "https://pacs.example/dicom-web"
CANARY = "canary-credential"
ADDRESS = InstanceAddress(study_instance_uid=STUDY, series_instance_uid=SERIES, sop_instance_uid=INSTANCE)
MULTIPART = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b42'}


NORMAL = RetrieveLimits()


def server(handler, *, limits=NORMAL, headers=None):
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(handler))
    return HttpDicomWebServer(BASE, client=client, limits=limits, headers=headers)


def response(status=200, *, body=b"", json=None, headers=None):
    """An answer that arrives in chunks, as over a wire."""

    async def chunks():
        content = body if json is None else orjson.dumps(json)
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]

    return httpx2.Response(status, content=chunks(), headers=headers)


def answering(status=200, **answer):
    return server(lambda request: response(status, **answer))


def item(instance=INSTANCE, *, series=SERIES, study=STUDY, number=1, modality="CR"):
    return {
        "0020000D": {"vr": "UI", "Value": [study]},
        "0020000E": {"vr": "UI", "Value": [series]},
        "00080018": {"vr": "UI", "Value": [instance]},
        "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.1"]},
        "00080060": {"vr": "CS", "Value": [modality]},
        "00200013": {"vr": "IS", "Value": [number]},
    }


def multipart(content):
    return b"--b42\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--b42--\r\n"


async def test_it_asks_by_the_standard_with_the_credentials_given():
    seen = []

    def handler(request):
        seen.append(request)
        if request.url.path.endswith("/instances"):
            return response(json=[item()])
        return response(body=multipart(made()), headers=MULTIPART)

    asked = server(handler, headers={"Authorization": f"Bearer {CANARY}"})
    (address,) = await asked.instances(STUDY)
    assert await asked.retrieve(address) == made()
    listing, file = seen
    assert str(listing.url).startswith(f"{BASE}/studies/{STUDY}/instances?")
    assert listing.headers["Accept"] == "application/dicom+json"
    assert str(file.url) == f"{BASE}/studies/{STUDY}/series/{SERIES}/instances/{INSTANCE}"
    assert file.headers["Accept"] == 'multipart/related; type="application/dicom"; transfer-syntax=*'
    assert {request.headers["Authorization"] for request in seen} == {f"Bearer {CANARY}"}
    assert {request.headers["Accept-Encoding"] for request in seen} == {"identity"}


def test_credentials_are_shown_to_nobody():
    shown = repr(server(lambda request: httpx2.Response(200), headers={"Authorization": CANARY}))
    assert CANARY not in shown
    assert BASE in shown


@pytest.mark.parametrize(
    "base",
    ["ftp://pacs.example/x", "https://user:word@pacs.example/x", "pacs.example", "https://pacs.example/a?b=c", ""],
)
def test_t5_a_base_that_is_no_plain_url_is_refused(base):
    with pytest.raises(AddressRefused):
        HttpDicomWebServer(base, client=httpx2.AsyncClient())


@pytest.mark.parametrize(
    "uid",
    [
        "",
        ".",
        "..",
        "1..2",
        "1.2.",
        "../../admin",
        "1.2/series",
        "1.2?x=1",
        "1.2%2e%2e",
        "1.2\r\nX: y",
        "1" * 65,
        "١.٢",
    ],
)
async def test_t5_nothing_but_a_uid_gets_into_a_url(uid):
    def untouched(request):
        raise AssertionError("no request may leave")

    asked = server(untouched)
    with pytest.raises(AddressRefused):
        await asked.instances(uid)
    for changed in ("study_instance_uid", "series_instance_uid", "sop_instance_uid"):
        uids = {"study_instance_uid": STUDY, "series_instance_uid": SERIES, "sop_instance_uid": INSTANCE, changed: uid}
        with pytest.raises(AddressRefused):
            await asked.retrieve(InstanceAddress(**uids))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AccessDenied), (403, AccessDenied), (302, AddressRefused), (307, AddressRefused), (400, ServerFailed),
        (406, ServerFailed), (429, ServerFailed), (500, ServerFailed), (503, ServerFailed), (206, ServerFailed),
    ],
)  # fmt: skip
async def test_ch12_every_status_has_its_error(status, error):
    asked = answering(status, headers={"Location": "https://evil.example/"})
    for ask in (asked.instances(STUDY), asked.retrieve(ADDRESS)):
        with pytest.raises(error) as caught:
            await ask
        assert caught.value.outcome == f"HTTP {status}"


async def test_an_unknown_study_has_no_instances_and_an_unknown_instance_is_missing():
    for unknown in (answering(404), answering(204), answering(200, json=[]), answering(200)):
        assert await unknown.instances(STUDY) == ()
    with pytest.raises(ResourceMissing):
        await answering(404).retrieve(ADDRESS)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[", b"\xff\xfe", b"12"])
async def test_a_list_that_is_none_is_a_failure_and_not_an_empty_study(body):
    with pytest.raises(ServerFailed):
        await answering(body=body).instances(STUDY)


async def test_what_the_list_says_of_other_studies_or_without_uids_is_not_used():
    items = [
        item("1.9"), item("1.8", study="9.9.9"), item("../x"), item(series=""), None, 7, "x", {},
        {"00080018": {"Value": None}}, {"00080018": 3}, item("1.9"),
    ]  # fmt: skip
    (address,) = await answering(json=items).instances(STUDY)
    assert address.sop_instance_uid == "1.9"
    assert (address.modality, address.sop_class_uid) == ("CR", "1.2.840.10008.5.1.4.1.1.1")


async def test_instances_come_by_series_and_number_whatever_the_servers_order():
    items = [item("1.3", number=10), item("1.2", number=9), item("1.1", series="1.2.826.0.1.1.2", number=1)]
    listed = await answering(json=items).instances(STUDY)
    assert [address.sop_instance_uid for address in listed] == ["1.2", "1.3", "1.1"]


async def test_a_long_study_is_listed_page_by_page_and_to_an_end():
    asked_for = []

    def handler(request):
        start = int(request.url.params["offset"])
        asked_for.append(start)
        count = int(request.url.params["limit"])
        return response(json=[item(f"1.{start + n + 1}", number=start + n) for n in range(count)])

    listed = await server(handler, limits=RetrieveLimits(page=2, pages=3)).instances(STUDY)
    assert len(listed) == 6
    assert asked_for == [0, 2, 4]


async def test_ch12_answers_above_the_cap_are_not_read_to_their_end():
    taken = 0

    async def endless():
        nonlocal taken
        while True:
            taken += 1000
            yield b"x" * 1000

    limits = RetrieveLimits(instance_bytes=5_000, list_bytes=5_000)
    asked = server(lambda request: httpx2.Response(200, content=endless(), headers=MULTIPART), limits=limits)
    with pytest.raises(UnreadableImage) as caught:
        await asked.retrieve(ADDRESS)
    assert caught.value.outcome == "too large"
    with pytest.raises(ServerFailed):
        await asked.instances(STUDY)
    assert taken <= 12_000


async def test_a_compressed_answer_is_refused():
    asked = answering(body=b"x", headers={**MULTIPART, "Content-Encoding": "gzip"})
    with pytest.raises(UnreadableImage) as caught:
        await asked.retrieve(ADDRESS)
    assert caught.value.outcome == "compressed"


@pytest.mark.parametrize(
    "failure", [httpx2.ConnectError, httpx2.ReadError, httpx2.ReadTimeout, httpx2.RemoteProtocolError]
)
async def test_ch12_a_broken_connection_is_a_failure_without_the_url_or_the_credentials(failure):
    def handler(request):
        raise failure(f"{request.url} {CANARY}", request=request)

    with pytest.raises(ServerFailed) as caught:
        await server(handler, headers={"Authorization": CANARY}).retrieve(ADDRESS)
    assert CANARY not in str(caught.value)
    assert "pacs.example" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_ch12_a_server_that_never_answers_is_left_at_the_deadline():
    async def handler(request):
        await asyncio.Event().wait()

    with pytest.raises(ServerFailed) as caught:
        await server(handler, limits=RetrieveLimits(request_s=0.01)).retrieve(ADDRESS)
    assert caught.value.outcome == "timed out"


async def test_ch12_an_empty_multipart_answer_is_unreadable():
    with pytest.raises(UnreadableImage):
        await answering(body=b"--b42--", headers=MULTIPART).retrieve(ADDRESS)


async def test_cookies_of_one_answer_do_not_travel_with_the_next_request():
    sent = []

    def handler(request):
        sent.append(request.headers.get("Cookie"))
        return response(json=[], headers={"Set-Cookie": "session=1"})

    asked = server(handler)
    await asked.instances(STUDY)
    await asked.instances(STUDY)
    assert sent == [None, None]
