"""A FHIR server is never trusted: CH-11's faults each end in what was seen plus a reason, or in one clear error."""

import asyncio
import contextlib
import logging
import traceback

import httpx2
import pytest
from hypothesis import given, settings
from tiny_fhir import BASE, TinyFhir, answer, broken_fhir, bundle, observation, outcome, patient

from fhir_adapters.errors import (
    AccessDenied,
    AdapterError,
    AddressRefused,
    ResourceMissing,
    ServerFailed,
    UnreadableRecord,
    WrongPatient,
)
from fhir_adapters.fhir_http import HttpFhirServer, ReadLimits
from fhir_adapters.history import AlarmKind, Reason
from fhir_adapters.secret import Secret

CANARY = "canary-token-8c1f"
OF_P1 = {"patient": "p1"}
CHART = (patient(), *(observation(number) for number in range(12)))


@contextlib.asynccontextmanager
async def server_of(tiny, **limits):
    async with tiny.client() as client:
        yield HttpFhirServer(BASE, client=client, token=Secret(CANARY), limits=ReadLimits(**limits))


async def search(tiny, **limits):
    async with server_of(tiny, **limits) as server:
        return await server.search("Observation", OF_P1)


def ids(result):
    return [resource["id"] for resource in result.resources]


def first_page_then(second):
    """A server whose second page is `second`."""
    first = bundle(*CHART[1:6], next_url=f"{BASE}/Observation?page=2")
    return TinyFhir(CHART, instead={"page=2": second, "Observation": answer(first)})


async def test_all_pages_are_read_with_the_token_and_without_redirects_or_cookies():
    tiny = TinyFhir(CHART)
    result = await search(tiny)
    assert ids(result) == [f"o{number}" for number in range(12)]
    assert result.complete
    assert not result.omissions
    assert [record.outcome for record in result.access_records] == ["ok"]
    assert result.access_records[0].what == "Observation?patient=p1"
    assert result.access_records[0].count == 12
    assert len(tiny.asked) == 3
    for request in tiny.asked:
        assert request.headers["Authorization"] == f"Bearer {CANARY}"
        assert request.headers["Accept"] == "application/fhir+json"
        assert request.headers["Accept-Encoding"] == "identity"


async def test_without_a_token_no_authorization_is_sent():
    tiny = TinyFhir(CHART)
    async with tiny.client() as client:
        await HttpFhirServer(BASE, client=client).read("Patient/p1")
    assert "Authorization" not in tiny.asked[0].headers


async def test_t25_cookies_of_one_request_are_not_sent_with_the_next():
    tiny = TinyFhir(CHART, instead={"Patient/p1": answer(patient(), **{"Set-Cookie": "session=of-user-a"})})
    async with server_of(tiny) as server:
        await server.read("Patient/p1")
        await server.read("Patient/p1")
    assert len(tiny.asked) == 2
    assert all("Cookie" not in request.headers for request in tiny.asked)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AccessDenied), (403, AccessDenied), (404, ResourceMissing), (410, ResourceMissing), (400, ServerFailed),
        (429, ServerFailed), (500, ServerFailed), (503, ServerFailed), (204, ServerFailed), (201, ServerFailed),
        (304, ServerFailed),
    ],
)  # fmt: skip
async def test_ch11_a_status_other_than_200_is_the_error_that_it_means(status, error):
    tiny = TinyFhir(CHART, instead={"p1": lambda _: answer(outcome("error"), status, **{"Retry-After": "120"})})
    async with server_of(tiny) as server:
        with pytest.raises(error) as read:
            await server.read("Patient/p1")
        with pytest.raises(error):
            await server.search("Observation", OF_P1)
    assert read.value.outcome == f"HTTP {status}"
    assert len(tiny.asked) == 2  # asked once each: the queue retries, nobody else


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_t5_a_redirect_is_refused_and_not_followed(status):
    tiny = TinyFhir(CHART, instead={"p1": lambda _: answer(b"", status, Location="https://evil.test/fhir/Patient/p1")})
    async with server_of(tiny) as server:
        with pytest.raises(AddressRefused):
            await server.read("Patient/p1")
    assert [request.url.host for request in tiny.asked] == ["ehr.test"]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/fhir/Observation?page=2", "https://ehr.test@evil.test/fhir/x", "//evil.test/fhir/x",
        "https://ehr.test:8443/fhir/x", "http://ehr.test/fhir/x", "https://ehr.test/admin",
        "https://ehr.test/fhir/%2e%2e/admin", "http://169.254.169.254/latest/meta-data", "",
    ],
)  # fmt: skip
async def test_t5_a_next_link_outside_the_base_is_refused_with_an_alarm_and_never_asked(elsewhere):
    tiny = TinyFhir(CHART, instead={"Observation": answer(bundle(*CHART[1:6], next_url=elsewhere))})
    result = await search(tiny)
    assert ids(result) == ["o0", "o1", "o2", "o3", "o4"]
    if elsewhere:  # an empty link is none
        assert not result.complete
        assert [omission.reason for omission in result.omissions] == [Reason.REFUSED]
        assert [alarm.kind for alarm in result.alarms] == [AlarmKind.ADDRESS_REFUSED]
        assert "evil" not in repr(result.alarms) + repr(result.access_records) + repr(result.omissions)
    assert len(tiny.asked) == 1
    assert tiny.asked[0].url.host == "ehr.test"


async def test_t5_a_link_from_a_prefetch_is_followed_inside_the_base_and_refused_outside():
    second = f"{BASE}/Observation?patient=p1&_offset=5"
    tiny = TinyFhir(CHART)
    async with server_of(tiny) as server:
        result = await server.follow("Observation", second)
        with pytest.raises(AddressRefused):
            await server.follow("Observation", "https://evil.test/fhir/Observation?patient=p1")
    assert ids(result) == [f"o{number}" for number in range(5, 12)]
    assert result.complete  # the total counts the first page, which others have seen
    assert {request.url.host for request in tiny.asked} == {"ehr.test"}


async def test_ch11_a_token_that_expires_in_mid_paging_keeps_what_came():
    result = await search(first_page_then(answer(outcome("error", "expired"), 401)))
    assert ids(result) == ["o0", "o1", "o2", "o3", "o4"]
    assert not result.complete
    assert [(one.reason, one.detail) for one in result.omissions] == [(Reason.REFUSED, "HTTP 401")]
    assert result.omissions[0].what == "Observation, page 2 and after"
    assert [(one.outcome, one.count) for one in result.access_records] == [("HTTP 401", 5)]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (answer(b"{"), Reason.UNREADABLE),
        (answer(b"<html>log in</html>"), Reason.UNREADABLE),
        (answer(b"[" * 1_000_000), Reason.UNREADABLE),
        (answer(patient()), Reason.UNREADABLE),
        (answer(outcome("error")), Reason.FAILED),
        (answer(b"", 503), Reason.FAILED),
        (answer(b"", 429), Reason.FAILED),
    ],
)
async def test_ch11_a_second_page_that_fails_keeps_the_first(second, reason):
    result = await search(first_page_then(second))
    assert len(result.resources) == 5
    assert not result.complete
    assert [omission.reason for omission in result.omissions] == [reason]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", UnreadableRecord), (b"{", UnreadableRecord), (b"[]", UnreadableRecord), (b"null", UnreadableRecord),
        (b"[" * 1_000_000, UnreadableRecord), (patient(), UnreadableRecord), ({}, UnreadableRecord),
        (outcome("fatal"), ServerFailed),
    ],
)  # fmt: skip
async def test_ch11_a_first_page_that_is_no_bundle_is_an_error(body, error):
    with pytest.raises(error):
        await search(TinyFhir(CHART, instead={"Observation": answer(body)}))


async def test_ch11_a_byte_order_mark_does_no_harm():
    body = b"\xef\xbb\xbf" + answer(bundle(observation(1))).content
    assert ids(await search(TinyFhir(CHART, instead={"Observation": answer(body)}))) == ["o1"]


@pytest.mark.parametrize("back", [f"{BASE}/Observation?patient=p1", f"{BASE}/Observation?page=2"])
async def test_ch11_a_next_link_that_loops_ends_the_search(back):
    tiny = first_page_then(lambda _: answer(bundle(observation(6), next_url=back)))
    result = await search(tiny)
    assert len(tiny.asked) == 2
    assert len(result.resources) == 6
    assert [omission.detail for omission in result.omissions] == ["next link repeats"]


async def test_t11_endless_pages_end_at_the_page_limit():
    def endless(request):
        page = int(request.url.params.get("page", "1"))
        return answer(bundle(observation(page), next_url=f"{BASE}/Observation?page={page + 1}"))

    tiny = TinyFhir(CHART, instead={"Observation": endless})
    result = await search(tiny, pages=7)
    assert len(tiny.asked) == 7
    assert [(one.reason, one.detail) for one in result.omissions] == [(Reason.OVER_LIMIT, "after 7 pages")]


async def test_t11_many_large_pages_end_at_the_byte_limit():
    size = len(answer(bundle(*CHART[1:6])).content)
    tiny = TinyFhir(CHART)
    result = await search(tiny, search_bytes=size)
    assert len(tiny.asked) == 1
    assert [omission.reason for omission in result.omissions] == [Reason.OVER_LIMIT]


async def test_t11_a_page_above_the_byte_cap_is_dropped_while_it_streams():
    sent = []

    class Endless(httpx2.AsyncByteStream):
        async def __aiter__(self):
            while len(sent) < 10_000:
                sent.append(1)
                yield b" " * 1000

    tiny = TinyFhir(CHART, instead={"Observation": httpx2.Response(200, stream=Endless())})
    with pytest.raises(UnreadableRecord) as refused:
        await search(tiny, page_bytes=50_000)
    assert refused.value.outcome == "too large"
    assert len(sent) < 60


async def test_t11_a_compressed_body_is_refused_unread():
    packed = httpx2.Response(200, content=b"\x1f\x8b\x08", headers={"X": "1"})
    packed.headers["Content-Encoding"] = "gzip"
    with pytest.raises(UnreadableRecord) as refused:
        await search(TinyFhir(CHART, instead={"Observation": packed}))
    assert refused.value.outcome == "compressed"


async def test_ch11_a_total_above_the_entries_is_a_counted_gap():
    tiny = TinyFhir(CHART, instead={"Observation": answer(bundle(observation(1), observation(2), total=9))})
    result = await search(tiny)
    assert not result.complete
    assert [(one.reason, one.count) for one in result.omissions] == [(Reason.FAILED, 7)]


async def test_ch11_duplicate_entries_do_not_hide_a_gap_in_the_total():
    tiny = TinyFhir(CHART, instead={"Observation": answer(bundle(observation(1), observation(1), total=2))})
    result = await search(tiny)
    assert [omission.count for omission in result.omissions] == [1]
    assert not result.complete


@pytest.mark.parametrize("total", [0, 1, -3, "1", " 0 ", 1.0, None])
async def test_ch11_a_total_that_is_not_above_the_entries_changes_nothing(total):
    made = bundle(observation(1)) | {"total": total}
    result = await search(TinyFhir(CHART, instead={"Observation": answer(made)}))
    assert result.complete
    assert ids(result) == ["o1"]


@pytest.mark.parametrize("total", ["9", 9.0, True, {}, 1.5, "many", ["9"], 1e308, 2**63, "9" * 30])
async def test_ch11_a_total_as_text_counts_and_one_that_cannot_be_read_means_a_gap(total):
    made = bundle(observation(1)) | {"total": total}
    result = await search(TinyFhir(CHART, instead={"Observation": answer(made)}))
    assert not result.complete
    assert all(omission.count < 10**9 for omission in result.omissions)
    assert ids(result) == ["o1"]


@pytest.mark.parametrize(("severity", "complete"), [("information", True), ("warning", False), ("error", False)])
async def test_ch11_an_outcome_among_the_entries_is_set_aside_and_counted_unless_it_is_a_remark(severity, complete):
    made = bundle(observation(1), outcome=outcome(severity))
    result = await search(TinyFhir(CHART, instead={"Observation": answer(made)}))
    assert ids(result) == ["o1"]
    assert result.complete is complete
    assert len(result.omissions) == (0 if complete else 1)


async def test_ch11_a_wrong_patient_entry_is_handed_on_for_the_reading_to_drop():
    tiny = TinyFhir(CHART, instead={"Observation": answer(bundle(observation(1), observation(2, patient="p2")))})
    assert ids(await search(tiny)) == ["o1", "o2"]


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (patient("p2"), WrongPatient), (observation(1), UnreadableRecord), (bundle(patient()), UnreadableRecord),
        ({"id": "p1"}, UnreadableRecord), ({"resourceType": "Patient"}, WrongPatient),
    ],
)  # fmt: skip
async def test_t24_another_resource_than_the_one_read_is_refused(sent, error):
    async with server_of(TinyFhir(CHART, instead={"p1": answer(sent)})) as server:
        with pytest.raises(error):
            await server.read("Patient/p1")


async def test_included_resources_are_kept():
    medicine = {"resourceType": "Medication", "id": "m1", "code": {"text": "Metformin 500 mg"}}
    order = {
        "resourceType": "MedicationRequest", "id": "r1", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p1"}, "medicationReference": {"reference": "Medication/m1"},
    }  # fmt: skip
    async with server_of(TinyFhir((*CHART, medicine, order))) as server:
        result = await server.search("MedicationRequest", OF_P1 | {"_include": "MedicationRequest:medication"})
    assert ids(result) == ["r1", "m1"]
    assert result.complete


async def test_a_deadline_that_has_passed_asks_for_nothing_more():
    tiny = TinyFhir(CHART)
    async with server_of(tiny) as server:
        with pytest.raises(ServerFailed) as late:
            await server.search("Observation", OF_P1, until=asyncio.get_running_loop().time() - 1)
    assert late.value.outcome == "timed out"


@contextlib.asynccontextmanager
async def raw_server(*chunks, pause=0.0):
    """A TCP server that answers with these bytes, chunk by chunk, and then resets the connection."""

    handlers = set()

    async def handle(reader, writer):
        handlers.add(asyncio.current_task())
        try:
            await reader.readuntil(b"\r\n\r\n")
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(pause)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with httpx2.AsyncClient(trust_env=False) as client:
        port = server.sockets[0].getsockname()[1]
        yield HttpFhirServer(f"http://127.0.0.1:{port}/fhir", client=client, token=Secret(CANARY))
    server.close()
    for handler in handlers:
        handler.cancel()
    await asyncio.gather(*handlers, return_exceptions=True)
    await server.wait_closed()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 5000\r\n\r\n"


async def test_ch11_a_slow_drip_ends_at_the_deadline():
    async with raw_server(HEAD, *([b" "] * 200), pause=0.05) as server:
        with pytest.raises(ServerFailed) as slow:
            await server.search("Observation", OF_P1, until=asyncio.get_running_loop().time() + 0.2)
    assert slow.value.outcome == "timed out"


@pytest.mark.parametrize(
    "chunks",
    [(HEAD, b'{"resourceType":"Bundle","entry":[{"res'), (HEAD,), (b"HTTP/1.1 200"), (b"not http at all\r\n\r\n",), ()],
)
async def test_ch11_half_a_page_and_then_a_reset_is_a_server_that_failed(chunks):
    async with raw_server(*chunks) as server:
        with pytest.raises(ServerFailed) as broken:
            await server.search("Observation", OF_P1)
    assert broken.value.outcome
    assert CANARY not in "".join(traceback.format_exception(broken.value))


async def test_a_server_that_is_not_there_is_a_server_that_failed():
    async with httpx2.AsyncClient(trust_env=False) as client:
        with pytest.raises(ServerFailed):
            await HttpFhirServer("http://127.0.0.1:1/fhir", client=client).read("Patient/p1")


async def test_t6_the_token_never_shows(caplog):
    caplog.set_level(logging.DEBUG)
    failures = [
        answer(b"{"), answer(b"", 401), answer(b"", 302, Location=f"https://evil.test/{CANARY}"), answer(b"", 500),
        answer(bundle(observation(1), next_url=f"https://evil.test/?t={CANARY}")),
    ]  # fmt: skip
    shown = []
    for failure in failures:
        async with server_of(TinyFhir(CHART, instead={"Observation": failure})) as server:
            shown.append(repr(server) + str(server))
            try:
                shown.append(repr(await server.search("Observation", OF_P1)).replace(repr(failure), ""))
            except AdapterError as error:
                shown += [str(error), repr(error), error.outcome, "".join(traceback.format_exception(error))]
    assert len(shown) > len(failures)
    assert not [text for text in shown if CANARY in text]
    assert CANARY not in caplog.text.replace(f"t={CANARY}", "")


async def test_a_base_that_the_http_client_cannot_read_is_refused():
    async with TinyFhir(CHART).client() as client:
        with pytest.raises(AddressRefused):
            await HttpFhirServer("https://999.1.1.1/fhir", client=client).read("Patient/p1")


def test_a_base_that_is_no_url_is_refused_at_once():
    with pytest.raises(AddressRefused):
        HttpFhirServer("https://user:pass@ehr.test/fhir", client=httpx2.AsyncClient(trust_env=False))


@settings(max_examples=200)
@given(broken_fhir(), broken_fhir())
def test_ch11_any_page_ends_in_what_could_be_seen_or_in_one_clear_error(first, second):
    next_page = f"{BASE}/Observation?page=2"
    pages = {"page=2": answer(second), "Observation": answer(first)}
    linked = {**first, "link": [{"relation": "next", "url": next_page}]} if isinstance(first, dict) else first
    for tiny in (TinyFhir(CHART, instead=pages), TinyFhir(CHART, instead=pages | {"Observation": answer(linked)})):
        try:
            result = asyncio.run(search(tiny))
        except AdapterError as error:
            assert error.outcome  # noqa: PT017 - either end is right
        else:
            assert result.complete is not bool(result.omissions)
