"""Fixtures of the tests of gathering."""

from collections.abc import Iterator

import pytest
from real_fhir import RealFhir, real_fhir


@pytest.fixture(scope="session")
def real_fhir_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealFhir]:
    """A real FHIR R4 server, empty at first, shared by all tests: load what you need under ids of your own."""
    with real_fhir(tmp_path_factory.mktemp("fhir")) as server:
        yield server
