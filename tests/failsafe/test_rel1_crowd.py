"""REL-1, T23: one hook too many is shed before its body is read; a card whose EHR went away is on record as unsent."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import faulty_fhir as faults
import orjson
import pytest
from hook_desk import bundle, hook_body, observation, patient, prefetch
from whole_service import AUTHORIZATION, is_outcome, wait_for, whole_service

PATH = "/cds-services/chart-summary"


@pytest.fixture
def one_at_a_time(tmp_path, fhir):
    """A service that has room for one hook, whose FHIR server answers when it is let."""
    let_go = threading.Event()

    def when_let(server, connection, target):
        let_go.wait(30)
        faults.lawful(server, connection, target)

    fhir.faults["*"] = when_let
    limits, deadlines = {"hooks_at_once": 1}, {"gather_s": 5, "cap_s": 10}
    with whole_service(tmp_path / "one", fhir.base, limits=limits, deadlines=deadlines) as service:
        yield service, let_go
        let_go.set()


@contextmanager
def connection(service, *, token, length):
    """A connection on which a hook's head was sent, and nothing of its body."""
    host, port = service.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as opened:
        opened.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: cds.test\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        yield opened


def test_t23_one_hook_too_many_is_503_before_its_body_is_read_and_its_token_may_be_used_again(one_at_a_time, fhir):
    service, let_go = one_at_a_time
    with ThreadPoolExecutor() as pool:
        first = pool.submit(service.hook_of, fhir.base)
        wait_for(lambda: service.metric("chartside_hooks_under_way") == 1)
        token = service.token(PATH)
        with connection(service, token=token, length=1_000_000) as opened:
            head = opened.recv(65_536).decode()
        assert head.startswith("HTTP/1.1 503 ")
        assert "retry-after: 5" in head
        second = service.hook()
        assert second.status_code == 503
        assert is_outcome(second, "throttled")
        assert service.metric("chartside_hooks_shed_total") == 2
        let_go.set()
        assert first.result(30).status_code == 200

    content = orjson.dumps(hook_body())
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    assert service.http.post(PATH, content=content, headers=headers).status_code == 200
    assert service.kinds().count("hook.received") == 2  # nothing of what was shed


def test_t23_a_caller_without_a_token_takes_nobody_s_place(one_at_a_time):
    service, _ = one_at_a_time
    with connection(service, token="no.such.token", length=1_000_000) as opened:
        assert opened.recv(65_536).startswith(b"HTTP/1.1 401 ")
        assert service.hook().status_code == 200


def test_rel1_a_card_whose_ehr_went_away_before_the_answer_is_on_record_as_unsent(one_at_a_time, fhir):
    service, let_go = one_at_a_time
    sent = {"prefetch": {"patient": patient()}, "fhirServer": fhir.base, "fhirAuthorization": AUTHORIZATION}
    content = orjson.dumps(hook_body(**sent))
    with connection(service, token=service.token(PATH), length=len(content)) as opened:
        opened.sendall(content)
        wait_for(lambda: fhir.asked)
    let_go.set()
    wait_for(lambda: service.kinds().count("card.unsent"))

    assert service.kinds().count("card.issued") == 1
    assert service.metric('chartside_cards_unsent_total{service="chart-summary"}') == 1
    (unsent,) = service.entries("card.unsent")
    assert unsent == {"service": "chart-summary", "client": "ehr"}


def test_rel1_a_card_that_was_sent_is_not_called_unsent(service):
    assert service.hook().status_code == 200
    assert "card.unsent" not in service.kinds()


def test_rel1_every_place_is_free_again_after_refusals_of_every_kind(one_at_a_time):
    service, _ = one_at_a_time
    assert service.post(PATH, content=b"no json").status_code == 400
    assert service.post(PATH, {"hook": "patient-view"}).status_code == 400
    assert service.post("/cds-services/nobody", {}).status_code == 404
    assert service.http.post(PATH).status_code == 401
    assert service.hook().status_code == 200


def test_rel1_a_chart_of_five_thousand_resources_is_answered_and_what_was_too_much_is_told(service):
    many = bundle(*(observation(number=number) for number in range(5_000)))
    answer = service.hook(hook_body(prefetch=prefetch(observations=many)))

    assert answer.status_code == 200
    (gathered,) = service.entries("hook.gathered")
    assert gathered["entries"] == 1_000
    assert any("Observation" in one for one in gathered["not_seen"])
