"""A person at a browser: a context of its own that notes every request, console error and page error."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 30_000


@contextmanager
def open_browser() -> Iterator[Browser]:
    """The system's Chromium, headless. LookupError where there is none."""
    program = shutil.which("chromium")
    if program is None:
        raise LookupError("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(slots=True)
class Reader:
    """One person's browser context, and what was noted of all its pages."""

    context: BrowserContext
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)  # console errors and warnings, page errors, failed requests

    def page(self) -> Page:
        """A new page."""
        page = self.context.new_page()
        page.set_default_timeout(WAIT_MS)
        return page

    def follow(self, page: Page, link: str) -> Page:
        """The page that a link of this name opens beside `page`."""
        with self.context.expect_page() as opened:
            page.get_by_role("link", name=link).click()
        return settled(opened.value)

    def outside(self, address: str) -> list[str]:
        """The requests that went elsewhere than to `address`."""
        return [url for url in self.requests if not url.startswith((f"{address}/", "data:"))]


def settled(page: Page) -> Page:
    """The page, once it and its script have come."""
    page.set_default_timeout(WAIT_MS)
    page.wait_for_load_state("load")
    return page


def sign_in(page: Page, name: str) -> Page:
    """Choose a user of the demo, and wait for the page that was asked for."""
    page.get_by_role("button", name=name).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return settled(page)


@contextmanager
def reading(browser: Browser, *, width: int = 1280, height: int = 900) -> Iterator[Reader]:
    """A reader with a window of this size (CSS pixels)."""
    context = browser.new_context(viewport={"width": width, "height": height})
    reader = Reader(context)
    context.on("request", lambda request: reader.requests.append(request.url))
    context.on("console", lambda message: _note(reader, message))
    context.on("weberror", lambda error: reader.complaints.append(f"page error: {error.error}"))
    try:
        yield reader
    finally:
        context.close()


def _note(reader: Reader, message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"}:
        reader.complaints.append(f"console {message.type}: {message.text}")
