"""One Chromium and one sample EHR for each module; a page, and a stub without a past, for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from ehr_stand import CdsStub, Stand, open_browser, open_page, running_stand
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def running() -> Iterator[Stand]:
    with running_stand(CdsStub()) as stand:
        yield stand


@pytest.fixture
def stand(running: Stand) -> Stand:
    running.stub.begin_anew()
    return running


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Page]]:
    with ExitStack() as pages:
        yield lambda **size: pages.enter_context(open_page(browser, **size))
