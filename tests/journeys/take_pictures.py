"""Takes the documentation's pictures from the running demo: `python tests/journeys/take_pictures.py`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from demo_process import DemoProcess, running_demo
from playwright.sync_api import Browser
from reader import open_browser, reading, settled, sign_in

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
PATIENT = "example-kidney"


def take(demo: DemoProcess, browser: Browser) -> None:
    """card.png, review.png and audit.png: one card from the chart to its story."""
    with reading(browser) as clinician, reading(browser) as auditor:
        chart = clinician.page()
        chart.goto(demo.chart(PATIENT))
        chart.get_by_role("button", name="The AI summary is ready: show it").click()
        chart.screenshot(path=PICTURES / "card.png")

        review = sign_in(clinician.follow(chart, "Open review"), "Demo clinician A")
        review.locator(".reading .statement a.chip").nth(1).click()
        review.screenshot(path=PICTURES / "review.png")
        review.get_by_role("button", name="I have reviewed this").click()
        review.locator("#answers").wait_for()

        desk = auditor.page()
        desk.goto(f"{demo.address}/audit")
        sign_in(desk, "Demo informatics auditor")
        desk.locator("table.cards tbody a").first.click()
        desk.wait_for_url("**/audit/cards/*")
        settled(desk).evaluate("document.querySelector('.timeline').closest('section').scrollIntoView()")
        desk.screenshot(path=PICTURES / "audit.png")


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_browser() as browser,
        running_demo(Path(folder) / "state", engine="scripted") as demo,
    ):
        take(demo, browser)
    for picture in sorted(PICTURES.glob("*.png")):
        sys.stdout.write(f"{picture.name}: {picture.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    main()
