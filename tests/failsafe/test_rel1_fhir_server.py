"""REL-1, CH-11: whatever a FHIR server does, the hook is answered in time, and the card says what was not seen."""

import socket

import faulty_fhir as faults
import pytest
from whole_service import is_outcome, whole_service

SOON = "5.0"  # by the service's own clock: ten times what reading may take

ROOMY = {"gather_s": 5, "cap_s": 10}  # for servers that answer at once: no busy machine makes them late

# What every type but the Patient meets -> what the ledger says of it.
LATE = {
    "hanging": (faults.hanging, "timed out"),
    "dripping a byte now and then": (faults.dripping, "timed out"),
}
FAILING = {
    "429 with a wait that does not fit": (faults.status("429 Too Many Requests", Retry_After="30"), "HTTP 429"),
    "429 without a word": (faults.status("429 Too Many Requests"), "HTTP 429"),
    "500": (faults.status("500 Internal Server Error"), "HTTP 500"),
    "503": (faults.status("503 Service Unavailable", Retry_After="0"), "HTTP 503"),
    "half a page": (faults.half_a_page, "RemoteProtocolError"),
    "a redirect": (faults.redirecting, "HTTP 302"),
}
PARTLY = {
    "a page that is its own next": (faults.page_loop, "next link repeats"),
    "a next page elsewhere": (faults.page_elsewhere, ""),
    "a wrong total": (faults.wrong_total, "the server counts 50 and sent 1"),
}


def not_seen(service):
    (gathered,) = service.entries("hook.gathered")
    return gathered["not_seen"]


@pytest.fixture
def roomy(tmp_path, fhir):
    """The service with time enough to hear every answer that a server gives."""
    with whole_service(tmp_path / "roomy", fhir.base, deadlines=ROOMY) as running:
        yield running


def a_card_tells_what_was_not_seen(service, fhir, fault, reason):
    fhir.faults["*"] = fault
    fhir.faults["Patient"] = faults.lawful
    answer = service.hook_of(fhir.base)

    assert answer.status_code == 200
    (card,) = answer.json()["cards"]
    assert "not seen" in card["summary"] + card["detail"]
    omitted = not_seen(service)
    assert len(omitted) >= 10
    assert all(reason in one for one in omitted), omitted
    assert service.kinds().count("card.issued") == 1


@pytest.mark.parametrize("name", LATE)
def test_rel1_a_server_that_is_late_leaves_a_card_that_says_so_and_an_entry_with_the_reason(service, fhir, name):
    a_card_tells_what_was_not_seen(service, fhir, *LATE[name])
    assert service.seconds_within(SOON, "card") == 1


@pytest.mark.parametrize("name", FAILING)
def test_rel1_a_server_that_fails_leaves_a_card_that_says_so_and_an_entry_with_the_reason(roomy, fhir, name):
    a_card_tells_what_was_not_seen(roomy, fhir, *FAILING[name])


@pytest.mark.parametrize("name", PARTLY)
def test_rel1_a_server_that_pages_badly_leaves_what_came_and_the_rest_is_told(roomy, fhir, name):
    fault, reason = PARTLY[name]
    fhir.faults["Condition"] = fault
    answer = roomy.hook_of(fhir.base)

    assert answer.status_code == 200
    (omission,) = not_seen(roomy)
    assert "Condition" in omission
    assert reason in omission
    assert "Type 2 diabetes" in answer.text


def test_rel1_a_page_larger_than_is_taken_is_left_out_and_told(roomy, fhir):
    fhir.faults["Condition"] = faults.huge_page
    answer = roomy.hook_of(fhir.base)

    assert answer.status_code == 200
    assert not_seen(roomy) == ["Condition: unreadable (too large)"]


def test_rel1_pages_without_end_are_read_until_the_deadline_or_the_limit_and_no_longer(service, fhir):
    fhir.faults["Condition"] = faults.endless_pages
    answer = service.hook_of(fhir.base)

    assert answer.status_code == 200
    (omission,) = not_seen(service)
    assert "Condition, page" in omission
    assert service.seconds_within(SOON, "card") == 1


@pytest.mark.parametrize("name", [*LATE, *FAILING])
def test_s13_without_the_patient_a_server_that_fails_is_412_and_on_record(service, fhir, name):
    fhir.faults["*"] = (LATE | FAILING)[name][0]
    answer = service.hook_of(fhir.base, patient_sent=False)

    assert answer.status_code == 412
    assert is_outcome(answer, "required")
    assert "hook.refused" in service.kinds()
    assert "card.issued" not in service.kinds()
    assert service.seconds_within(SOON, "refused") == 1


def test_rel1_a_server_that_is_gone_leaves_a_card_that_says_so(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: a connection is refused
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}/fhir"
        with whole_service(tmp_path / "service", gone, deadlines=ROOMY) as service:
            answer = service.hook_of(gone)
            assert answer.status_code == 200
            assert len(answer.json()["cards"]) == 1
            omitted = not_seen(service)
            assert len(omitted) >= 10
            assert all("ConnectError" in one for one in omitted)


def test_rel5_after_three_hooks_the_fourth_does_not_wait_for_a_hanging_server_and_says_why(service, fhir):
    fhir.faults["*"] = faults.hanging
    for _ in range(3):
        assert service.hook_of(fhir.base).status_code == 200
    asked = len(fhir.asked)
    answer = service.hook_of(fhir.base)

    assert answer.status_code == 200
    fourth = service.entries("hook.gathered")[-1]["not_seen"]
    assert fourth
    assert all("server not answering" in one for one in fourth)
    assert len(fhir.asked) == asked
    assert service.metric(f'chartside_fhir_circuit{{base="{fhir.base}"}}') == 2


def test_rel1_a_server_that_hangs_for_one_patient_keeps_no_other_hook_waiting(service, fhir):
    fhir.faults["*"] = faults.hanging
    assert service.hook_of(fhir.base).status_code == 200
    fhir.faults.clear()
    assert service.hook_of(fhir.base).status_code == 200
    asked_again = service.entries("hook.gathered")[-1]["not_seen"]
    assert not any("not answering" in one for one in asked_again)
