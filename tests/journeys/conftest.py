"""The two ways to run the house: embedded (SQLite, a folder as queue), or PostgreSQL and the Redis protocol."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, open_house


@pytest.fixture(params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def house_urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """(ledger URL, broker URL)."""
    if request.param == "embedded":
        return f"sqlite:///{tmp_path}/house/data/ledger.db", "filesystem://"
    return request.getfixturevalue("postgres_url"), request.getfixturevalue("redis_url")


@pytest.fixture
def house(tmp_path: Path, house_urls: tuple[str, str]) -> Iterator[House]:
    ledger_url, broker_url = house_urls
    with open_house(tmp_path / "house", ledger_url=ledger_url, broker_url=broker_url) as opened:
        yield opened


@pytest.fixture
def embedded_house(tmp_path: Path) -> Iterator[House]:
    """For what does not depend on the transport."""
    url = f"sqlite:///{tmp_path}/house/data/ledger.db"
    with open_house(tmp_path / "house", ledger_url=url, broker_url="filesystem://") as opened:
        yield opened
