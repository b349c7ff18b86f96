"""The demo as people meet it: a clinician at the sample EHR and the review page, an auditor at the desk."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from demo_process import DemoProcess, running_demo
from playwright.sync_api import Browser, Page, expect
from reader import WAIT_MS, Reader, open_browser, reading, settled, sign_in

pytestmark = pytest.mark.browser

A, B = "Practitioner/demo-clinician-a", "Practitioner/demo-clinician-b"
AUDITOR = "Demo informatics auditor"
IN_PREPARATION = re.compile("AI summary in preparation")
AI_SUMMARY = re.compile(r"AI summary \(|Scripted")
# A chart a test, as each test's answers are about one: the tests run in any order over one demo.
KIDNEY, EFFUSION, HEAD, UNTIDY, LIVER = (
    f"example-{one}" for one in ("kidney", "effusion", "head-ct", "untidy", "liver")
)
FRACTURE = "pt-10f56e542ea9"

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with running_demo(tmp_path_factory.mktemp("scripted") / "state", engine="scripted") as running:
        yield running


@pytest.fixture(scope="module")
def demo_without_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with running_demo(tmp_path_factory.mktemp("none") / "state", engine="none") as running:
        yield running


@pytest.fixture
def people(browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Makes readers; at the end none of them may have met a complaint of the browser."""
    readers: list[Reader] = []
    with ExitStack() as open_windows:

        def come(*, width: int = 1280) -> Reader:
            readers.append(open_windows.enter_context(reading(browser, width=width)))
            return readers[-1]

        yield come
    assert [reader.complaints for reader in readers] == [[] for _ in readers]


def open_chart(demo: DemoProcess, reader: Reader, patient_id: str) -> Page:
    page = reader.page()
    page.goto(demo.chart(patient_id))
    return page


def card(page: Page) -> str:
    """The summary line of the card on display."""
    return page.locator("article.card h3").inner_text()


def wait_for_summary(page: Page) -> None:
    """Take the panel's offer if the card on display is still the brief."""
    expect(page.locator("article.card h3")).to_be_visible()
    if IN_PREPARATION.search(card(page)):
        page.get_by_role("button", name="The AI summary is ready: show it").click()
    expect(page.locator("article.card h3")).to_have_text(AI_SUMMARY)


def look_again(page: Page) -> None:
    """Come back to the window of the chart, as from another one."""
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")


def open_desk(demo: DemoProcess, auditor: Reader, patient_id: str) -> Page:
    desk = auditor.page()
    desk.goto(f"{demo.address}/audit")
    sign_in(desk, AUDITOR)
    desk.get_by_label("Patient id").fill(patient_id)
    desk.get_by_role("button", name="Show", exact=True).click()
    return settled(desk)


def open_story(desk: Page, *words: str) -> Page:
    """The story of the newest card in whose row of the desk all the words stand."""
    row = desk.locator("table.cards tbody tr")
    for word in words:
        row = row.filter(has_text=word)
    row.first.get_by_role("link").click()
    desk.wait_for_url("**/audit/cards/*")
    return settled(desk)


def stages(story: Page) -> list[str]:
    return story.locator(".timeline .what > b").all_inner_texts()


def overflow(page: Page) -> int:
    """By how many CSS pixels the page is wider than its window."""
    wider: int = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    return wider


def test_a_card_is_read_reviewed_recorded_and_found_on_the_audit_desk(
    demo: DemoProcess, people: Callable[..., Reader]
) -> None:
    clinician = people()
    chart = open_chart(demo, clinician, KIDNEY)
    expect(chart.locator("article.card h3")).to_have_text(IN_PREPARATION)
    wait_for_summary(chart)

    review = sign_in(clinician.follow(chart, "Open review"), "Demo clinician A")
    read_a_source(review)
    review.get_by_role("button", name="I have reviewed this").click()
    recorded = review.locator("#answers")
    expect(recorded).to_contain_text("You reviewed")
    expect(recorded.locator(".proof")).to_have_text(re.compile(r"Ledger entry \d+ · hash [0-9a-f]+… · page as shown"))
    expect(review.get_by_role("button", name="Reviewed by you")).to_be_disabled()

    look_again(chart)
    expect(chart.locator("#no-card")).to_contain_text(re.compile("nothing new", re.IGNORECASE))
    chart.select_option("#user", B)
    expect(chart.locator("article.card h3")).to_have_text(AI_SUMMARY)

    desk = open_desk(demo, people(), KIDNEY)
    story = open_story(desk, "reviewed", A)
    told = stages(story)
    for step in ("The EHR called", "The model answered", "The card left for the EHR", "The review page was opened"):
        assert step in told, told
    assert told.index("The card left for the EHR") < told.index("The review page was opened") < told.index("Reviewed")
    story.get_by_role("button", name="Sign out").click()
    expect(story).to_have_url(re.compile("/sign-in"))
    assert verified(demo).returncode == 0


def read_a_source(review: Page) -> None:
    """Choosing a chip shows that resource's own fields, and no other's."""
    statements = review.locator(".reading .statement")
    assert statements.count() >= 3
    chip = statements.nth(2).locator("a.chip").first
    chip.click()
    chosen = review.locator(".evidence:visible")
    expect(chosen).to_have_count(1)
    assert chosen.get_attribute("id") == chip.get_attribute("data-source")
    assert chosen.locator("dl.facts dt").count() >= 2


def verified(demo: DemoProcess) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cds_service", "ledger", "verify", "--config", str(demo.state / "chartside.toml")]
    return subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own program


def test_no_request_leaves_the_demo_and_the_browser_has_nothing_to_complain_of(
    demo: DemoProcess, people: Callable[..., Reader]
) -> None:
    clinician = people()
    chart = open_chart(demo, clinician, FRACTURE)
    for tab in ("Problems", "Medicines", "Results", "Notes", "Imaging", "More", "Summary"):
        chart.get_by_role("tab", name=tab, exact=True).click()
        expect(chart.get_by_role("tab", name=tab, exact=True)).to_have_attribute("aria-selected", "true")
        expect(chart.locator("#panel section, #panel table").first).to_be_visible()
    wait_for_summary(chart)
    chart.get_by_role("button", name="Wire").click()
    expect(chart.locator("#wire-log li").first).to_be_visible()
    chart.keyboard.press("Escape")
    sign_in(clinician.follow(chart, "Open review"), "Demo clinician B")
    auditor = people()
    open_story(open_desk(demo, auditor, FRACTURE), "summary")

    for reader in (clinician, auditor):
        assert len(reader.requests) > 3
        assert reader.outside(demo.address) == []
        assert reader.complaints == []


def test_without_a_model_the_card_says_so_and_its_brief_and_pictures_can_be_reviewed(
    demo_without_model: DemoProcess, people: Callable[..., Reader]
) -> None:
    clinician = people()
    chart = clinician.page()
    chart.goto(demo_without_model.ehr)
    chart.get_by_role("link", name="Benedict Sample").click()
    expect(chart.locator("article.card h3")).to_contain_text("No AI model set up")
    expect(chart.locator("article.card .detail")).to_contain_text("Not AI. No AI model is set up here.")
    assert chart.locator("article.card .detail li").count() >= 2
    assert not IN_PREPARATION.search(card(chart))
    assert not AI_SUMMARY.search(card(chart))

    review = sign_in(clinician.follow(chart, "Open review"), "Demo clinician A")
    expect(review.get_by_role("heading", name="Chart brief", exact=True)).to_be_visible()
    picture = review.locator("#pictures img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    review.get_by_role("button", name="I have reviewed this").click()
    expect(review.locator("#answers")).to_contain_text("You reviewed")
    look_again(chart)
    expect(chart.locator("#no-card")).to_be_visible()
    assert verified(demo_without_model).returncode == 0


def tab_to(page: Page, selector: str, *, at_most: int = 60) -> None:
    """Press Tab until the focus is on this element, as a person without a mouse does."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
    raise AssertionError(f"{selector} was not reached with {at_most} presses of Tab")


def test_the_keyboard_alone_opens_a_chart_its_card_and_its_review(
    demo: DemoProcess, people: Callable[..., Reader]
) -> None:
    clinician = people()
    chart = clinician.page()
    chart.goto(demo.ehr)
    expect(chart.locator("#patient-list a").first).to_be_visible()
    tab_to(chart, f"#patient-list a[href*='{HEAD}']")
    chart.keyboard.press("Enter")
    take_offer_by_key(chart)
    tab_to(chart, ".card .links a")
    with clinician.context.expect_page() as opened:
        chart.keyboard.press("Enter")
    review = settled(opened.value)
    tab_to(review, "button[value='clinician-a']")
    review.keyboard.press("Enter")
    review.wait_for_url(lambda url: "/sign-in" not in url)
    settled(review)

    lines = review.locator(".reading .line:visible")
    review.keyboard.press("j")
    expect(lines.nth(0)).to_be_focused()
    review.keyboard.press("j")
    expect(lines.nth(1)).to_be_focused()
    review.keyboard.press("k")
    expect(lines.nth(0)).to_be_focused()
    review.keyboard.press("j")
    review.keyboard.press("Enter")
    source = lines.nth(1).locator("a.chip").first
    expect(source).to_have_attribute("aria-current", "true")
    expect(review.locator(f"#{source.get_attribute('data-source')}")).to_be_visible()
    review.keyboard.press("?")
    expect(review.get_by_role("dialog", name="Keys")).to_be_visible()
    review.keyboard.press("Escape")
    expect(review.get_by_role("dialog", name="Keys")).to_be_hidden()
    review.keyboard.press("r")
    expect(review.locator("#reviewed")).to_be_focused()
    review.keyboard.press("Enter")
    expect(review.locator("#answers")).to_contain_text("You reviewed")


def take_offer_by_key(page: Page) -> None:
    """As `wait_for_summary`, without a mouse."""
    expect(page.locator("article.card h3")).to_be_visible()
    if IN_PREPARATION.search(card(page)):
        expect(page.locator("button.offer")).to_be_visible()
        tab_to(page, "button.offer")
        page.keyboard.press("Enter")
    expect(page.locator("article.card h3")).to_have_text(AI_SUMMARY)


def dismiss(chart: Page, reason: str, comment: str = "") -> None:
    chart.get_by_text("Dismiss with a reason").click()
    chart.get_by_label("Reason").select_option(label=reason)
    chart.get_by_label("Comment").fill(comment)
    chart.get_by_role("button", name="Send").click()
    expect(chart.locator("article.card .answer")).to_contain_text("Dismissed by you")
    expect(chart.locator("article.card .answer")).to_contain_text(reason)


def test_a_card_dismissed_with_a_reason_is_an_answer_on_the_audit_desk(
    demo: DemoProcess, people: Callable[..., Reader]
) -> None:
    chart = open_chart(demo, people(), UNTIDY)
    wait_for_summary(chart)
    dismiss(chart, "Something important is missing", "the last clinic letter")

    story = open_story(open_desk(demo, people(), UNTIDY), "disagreed", A)
    assert "Set aside on the card" in stages(story)
    step = story.locator(".timeline > li").filter(has_text="Set aside on the card")
    step.locator("summary").click()
    for words in ("feedback", "incomplete", "the last clinic letter"):
        expect(step).to_contain_text(words)


def test_wrong_patient_withdraws_the_summary_from_cards_and_pages(
    demo: DemoProcess, people: Callable[..., Reader]
) -> None:
    clinician = people()
    chart = open_chart(demo, clinician, LIVER)
    wait_for_summary(chart)
    review = sign_in(clinician.follow(chart, "Open review"), "Demo clinician A")
    expect(review.locator(".reading .statement").first).to_be_visible()
    dismiss(chart, "Wrong patient: contains data of someone else")

    review.reload()
    expect(review.get_by_role("alert").first).to_contain_text("Withdrawn")
    expect(review.locator(".reading .statement")).to_have_count(0)
    chart.select_option("#user", B)
    expect(chart.locator("article.card h3")).to_have_text(re.compile("AI summary withdrawn"))
    newest = sign_in_if_asked(clinician.follow(chart, "Open review"))
    expect(newest.get_by_role("alert").first).to_contain_text("Withdrawn")

    desk = open_desk(demo, people(), LIVER)
    expect(desk.locator("#withdrawals")).to_contain_text(f"patient {LIVER}: wrong patient")
    assert "Withdrawn from every card and page" in stages(open_story(desk, "withdrawn", A))


def sign_in_if_asked(page: Page) -> Page:
    return sign_in(page, "Demo clinician A") if "/sign-in" in page.url else page


def test_at_400_pixels_neither_the_chart_with_its_card_nor_the_review_page_overflows(
    demo: DemoProcess, people: Callable[..., Reader]
) -> None:
    clinician = people(width=400)
    chart = open_chart(demo, clinician, EFFUSION)
    expect(chart.locator("article.card")).to_be_visible()
    assert overflow(chart) <= 0
    wait_for_summary(chart)
    chart.get_by_text("Dismiss with a reason").click()
    assert overflow(chart) <= 0
    review = clinician.follow(chart, "Open review")
    assert overflow(review) <= 0
    sign_in(review, "Demo clinician A")
    expect(review.locator(".reading .statement").first).to_be_visible()
    assert overflow(review) <= 0
    review.locator(".reading a.chip").first.click()
    assert overflow(review) <= 0


def test_an_order_gets_its_card_as_it_is_selected_and_signed_and_the_answer_is_on_record(
    demo_without_model: DemoProcess, people: Callable[..., Reader]
) -> None:
    chart = people().page()
    chart.goto(f"{demo_without_model.ehr}#/patient/{KIDNEY}/orders")
    expect(chart.locator("article.card h3")).to_be_visible()
    chart.get_by_role("button", name="Ibuprofen 400 mg oral tablet").click()
    selected = chart.locator("article.card").filter(has_text="order-select")
    expect(selected.locator("h3")).to_contain_text("penicillin")
    chart.get_by_role("button", name="Review and sign").click()
    signing = chart.locator("article.card").filter(has_text="order-sign")
    expect(signing.locator("h3")).to_contain_text("Ibuprofen")
    chart.get_by_role("button", name="Sign 1 order").click()
    signing.get_by_text("Dismiss with a reason").click()
    signing.get_by_role("button", name="Send", exact=True).click()
    expect(signing.locator(".answer")).to_contain_text("Dismissed by you")
    chart.get_by_role("button", name="Wire").click()
    expect(chart.locator("#wire-log .what").first).to_have_text("/cds-services/order-sign-context/feedback")
    desk = open_desk(demo_without_model, people(), KIDNEY)
    expect(desk.locator("table.cards tbody tr").filter(has_text="order-sign")).to_have_count(1)
