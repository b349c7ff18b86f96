"""A FHIR server that fails as told, and the whole service that reads from it."""

import pytest
from faulty_fhir import faulty_fhir
from whole_service import whole_service


@pytest.fixture
def fhir():
    with faulty_fhir() as server:
        yield server


@pytest.fixture
def service(tmp_path, fhir):
    """The cap is far away, so that no busy machine turns a late card into a refusal; the reading's deadline is ours."""
    with whole_service(tmp_path / "service", fhir.base, deadlines={"gather_s": 0.4, "cap_s": 10}) as running:
        yield running
