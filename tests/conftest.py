"""Fixtures that more than one package's tests use."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine draws an example is no property of ours; what is measured stands in bench/.
settings.register_profile("chartside", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chartside")

pytest_plugins = ["servers"]  # tests/ is on the path of the tests: postgres_url, redis_url

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root."""
    return ROOT


@pytest.fixture(scope="session")
def charts() -> Path:
    """The folder of the project's own sample charts."""
    return ROOT / "sandbox" / "chartside_sandbox" / "charts"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The sample data beside the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the sample data folder {folder.name!r} is not beside the project")
    return folder
