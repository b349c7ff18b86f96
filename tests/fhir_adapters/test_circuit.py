"""REL-5: a FHIR server that fails again and again is left alone, tried by one visit, and asked twice only if it can."""

import contextlib
from dataclasses import dataclass

import httpx2
import pytest
from tiny_fhir import BASE, TinyFhir, answer, bundle, observation, patient

from fhir_adapters.circuit import Circuit, CircuitState
from fhir_adapters.errors import AccessDenied, RequestRefused, ServerBusy, ServerFailed
from fhir_adapters.fhir_http import HttpFhirServer
from fhir_adapters.gather import gather_history
from fhir_adapters.history import Reason


@dataclass
class Timer:
    now: float = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def timer():
    return Timer()


@pytest.fixture
def circuit(timer):
    return Circuit(failures=3, cool_down_s=10, timer=timer)


def fail(circuit, *, times=3):
    for _ in range(times):
        visit = circuit.visit()
        assert visit.may_ask()
        visit.failed()


def test_rel5_it_opens_after_so_many_failed_visits_in_a_row(circuit):
    fail(circuit, times=2)
    assert circuit.state is CircuitState.CLOSED
    fail(circuit, times=1)
    assert circuit.state is CircuitState.OPEN
    assert not circuit.visit().may_ask()


def test_rel5_many_failed_questions_of_one_visit_count_once(circuit):
    visit = circuit.visit()
    for _ in range(12):
        assert visit.may_ask()
        visit.failed()
    assert circuit.state is CircuitState.CLOSED


def test_rel5_an_answer_in_between_begins_the_count_anew(circuit):
    fail(circuit, times=2)
    circuit.visit().answered()
    fail(circuit, times=2)
    assert circuit.state is CircuitState.CLOSED


def test_rel5_after_the_cool_down_one_visit_alone_may_try_with_all_its_questions(circuit, timer):
    fail(circuit)
    timer.now += 10
    assert circuit.state is CircuitState.HALF_OPEN
    probe, other = circuit.visit(), circuit.visit()
    assert [probe.may_ask(), other.may_ask(), probe.may_ask()] == [True, False, True]


def test_rel5_a_probe_that_is_answered_closes_it_for_all(circuit, timer):
    fail(circuit)
    timer.now += 10
    probe = circuit.visit()
    assert probe.may_ask()
    probe.answered()
    assert circuit.state is CircuitState.CLOSED
    assert circuit.visit().may_ask()


def test_rel5_a_probe_that_fails_waits_for_another_cool_down(circuit, timer):
    fail(circuit)
    timer.now += 10
    probe = circuit.visit()
    assert probe.may_ask()
    probe.failed()
    timer.now += 9.9
    assert not circuit.visit().may_ask()
    timer.now += 0.1
    assert circuit.visit().may_ask()


def test_rel5_a_probe_that_vanishes_is_replaced_after_a_cool_down(circuit, timer):
    fail(circuit)
    timer.now += 10
    assert circuit.visit().may_ask()
    assert not circuit.visit().may_ask()
    timer.now += 10
    assert circuit.visit().may_ask()


def test_rel5_second_questions_are_a_tenth_of_the_first_ones_at_most(circuit):
    visit = circuit.visit()
    while visit.may_ask_again():
        pass  # what it was given to begin with
    for _ in range(100):
        assert visit.may_ask()
    again = sum(visit.may_ask_again() for _ in range(100))
    assert again in {9, 10}  # a tenth of a hundred, as floats add up


class Sequence:
    """Answers one after the other, the last for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def __call__(self, _request):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextlib.asynccontextmanager
async def server_of(tiny, circuit):
    async with tiny.client() as client:
        yield HttpFhirServer(BASE, client=client, circuit=circuit)


def busy(status=503, **headers):
    return answer({}, status, **headers)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}])
async def test_rel5_a_busy_server_is_asked_once_more(circuit, status, headers):
    tiny = TinyFhir([patient()], instead={"Patient/p1": Sequence(busy(status, **headers), answer(patient()))})
    async with server_of(tiny, circuit) as server:
        assert (await server.read("Patient/p1"))["id"] == "p1"
    assert len(tiny.asked) == 2


async def test_rel5_a_server_that_stays_busy_is_asked_twice_and_no_more(circuit):
    tiny = TinyFhir([patient()], instead={"Patient/p1": Sequence(busy())})
    async with server_of(tiny, circuit) as server:
        with pytest.raises(ServerBusy):
            await server.read("Patient/p1")
    assert len(tiny.asked) == 2


@pytest.mark.parametrize("wish", ["3600", "999999", "Wed, 21 Oct 2037 07:28:00 GMT", "soon", "-1", "1e9"])
async def test_rel5_a_wait_that_does_not_fit_the_deadline_is_no_second_question(circuit, wish):
    tiny = TinyFhir([patient()], instead={"Patient/p1": busy(429, **{"Retry-After": wish})})
    async with server_of(tiny, circuit) as server:
        with pytest.raises(ServerBusy):
            await server.read("Patient/p1")
    assert len(tiny.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 500, 501])
async def test_rel5_what_is_no_business_of_a_second_try_gets_none(circuit, status):
    tiny = TinyFhir([patient()], instead={"Patient/p1": answer({}, status)})
    async with server_of(tiny, circuit) as server:
        with pytest.raises(Exception, match="Patient/p1"):
            await server.read("Patient/p1")
    assert len(tiny.asked) == 1


async def test_rel5_an_open_circuit_asks_nothing_and_every_type_says_why(circuit):
    tiny = TinyFhir([patient(), observation(1)], instead={"Observation": answer({}, 500), "Patient/p1": busy(500)})
    for _ in range(3):
        async with server_of(tiny, circuit) as server:
            with pytest.raises(ServerFailed):
                await server.read("Patient/p1")
    asked = len(tiny.asked)
    async with server_of(tiny, circuit) as server:
        with pytest.raises(ServerFailed) as caught:
            await server.read("Patient/p1")
        assert caught.value.outcome == "server not answering"
    assert len(tiny.asked) == asked


async def test_rel5_a_server_that_answers_anything_sensible_is_there(circuit):
    for status, error in ((403, AccessDenied), (400, RequestRefused)):
        fail(circuit, times=2)
        tiny = TinyFhir([patient()], instead={"Patient/p1": answer({}, status)})
        async with server_of(tiny, circuit) as server:
            with pytest.raises(error):
                await server.read("Patient/p1")
        assert circuit.state is CircuitState.CLOSED


async def test_rel5_a_deadline_already_behind_us_is_no_fault_of_the_server(circuit):
    tiny = TinyFhir([patient()])
    for _ in range(5):
        async with server_of(tiny, circuit) as server:
            with pytest.raises(ServerFailed):
                await server.read("Patient/p1", until=0.0)
    assert circuit.state is CircuitState.CLOSED
    assert tiny.asked == []


async def test_rel5_while_open_the_history_says_of_each_type_that_its_server_is_not_answering(circuit):
    """The one visit that may ask reads the Patient; a second, at the same time, finds every type unread."""
    tiny = TinyFhir([patient(), observation(1)])
    fail(circuit)

    class PatientFromElsewhere:
        def __init__(self, server):
            self._server = server
            self.search, self.follow = server.search, server.follow

        async def read(self, reference, *, until=None):
            return patient()

    async with server_of(tiny, circuit) as server:
        gathered = await gather_history(PatientFromElsewhere(server), "p1", timeout_s=5, types=("Observation",))
    (omission,) = gathered.history.omissions
    assert (omission.reason, omission.detail) == (Reason.FAILED, "server not answering")
    assert tiny.asked == []


async def test_a_large_answer_is_read_like_any_other(circuit):
    many = [observation(number) for number in range(2_000)]
    tiny = TinyFhir([], instead={"Observation": answer(bundle(*many))})
    async with server_of(tiny, circuit) as server:
        result = await server.search("Observation", {"patient": "p1"})
    assert len(result.resources) == 2_000


async def test_a_connection_that_fails_counts_against_the_server(circuit):
    def refuse(_request):
        raise httpx2.ConnectError("refused")

    tiny = TinyFhir([], instead={"Patient/p1": refuse})
    for _ in range(3):
        async with server_of(tiny, circuit) as server:
            with pytest.raises(ServerFailed):
                await server.read("Patient/p1")
    assert circuit.state is CircuitState.OPEN
