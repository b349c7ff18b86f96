"""A service over real parts for every test of this package; the ledger must verify after each."""

import pytest
from hook_desk import open_desk
from page_desk import open_pages

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


@pytest.fixture
def make_pages(tmp_path):
    """A maker of services with pages and the demo's users."""
    opened = []

    def make(**changes):
        opened.append(open_pages(tmp_path / f"pages{len(opened)}", **changes))
        return opened[-1]

    yield make
    for one in opened:
        assert verify(one.desk.store).ok
        one.desk.store.close()


@pytest.fixture
def pages(make_pages):
    """One service with pages, an engine configured and no worker beside it yet."""
    return make_pages()
