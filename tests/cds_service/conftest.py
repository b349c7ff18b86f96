"""A service over real parts for every test of this package; the ledger must verify after each."""

import pytest
from hook_desk import open_desk

from ledger.verify import verify


@pytest.fixture
def desk(tmp_path):
    """One service with no engine and no login, and an EHR that signs its calls."""
    opened = open_desk(tmp_path)
    yield opened
    assert verify(opened.store).ok
    opened.store.close()


@pytest.fixture
def make_desk(tmp_path):
    """A maker of services with changed parts."""
    opened = []

    def make(**changes):
        opened.append(open_desk(tmp_path / str(len(opened)), **changes))
        return opened[-1]

    yield make
    for one in opened:
        assert verify(one.store).ok
        one.store.close()
