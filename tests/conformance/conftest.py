"""One running service for all tests of conformance; its ledger must verify at the end."""

import itertools

import pytest
from fhir_desk import fhir_desk
from hook_calls import body
from running_service import running_service

from cds_service.parts import Pace
from hooks.contexts import CONTEXTS
from ledger.verify import verify


@pytest.fixture(scope="session")
def fhir():
    """The EHR's FHIR server."""
    with fhir_desk() as desk:
        yield desk


@pytest.fixture(scope="session")
def ledger_folder(tmp_path_factory):
    """Where the service keeps all that it keeps."""
    return tmp_path_factory.mktemp("conformance")


@pytest.fixture(scope="session")
def service(ledger_folder, fhir):
    """The service, and an EHR that signs its calls."""
    with running_service(ledger_folder, fhir) as desk:
        yield desk
        assert verify(desk.store).ok


@pytest.fixture(scope="module")
def hasty_service(tmp_path_factory, fhir):
    """One that gives up reading so soon that no test waits for it."""
    with running_service(tmp_path_factory.mktemp("hasty"), fhir, pace=Pace(gather_s=0.2, cap_s=60)) as desk:
        yield desk
        assert verify(desk.store).ok


@pytest.fixture(scope="session")
def discovery(service):
    """What discovery lists, by id: a service for each published hook."""
    listed = {one["id"]: one for one in service.get("/cds-services").json()["services"]}
    assert {one["hook"] for one in listed.values()} == set(CONTEXTS)
    return listed


@pytest.fixture(scope="session")
def chart_summary(discovery):
    """The service of patient-view."""
    return discovery["chart-summary"]


_numbers = itertools.count(1)


@pytest.fixture
def patient_id():
    """A patient of this test alone."""
    return f"conf{next(_numbers):05}"


@pytest.fixture
def call(service, chart_summary, patient_id):
    """Posts a lawful patient-view of this test's patient, with the changes that are asked for."""

    def post(**changes):
        return service.hook(body(chart_summary, patient_id, **changes))

    return post
