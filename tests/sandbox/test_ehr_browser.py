"""The sample EHR's page in Chromium before a stub service: what it sends, what it shows, and the keyboard alone."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator

import orjson
import pytest
from ehr_stand import WAIT_MS, A, B, CdsStub, Stand, card, running_stand
from playwright.sync_api import Page, expect

from chartside_sandbox.samples import sample_charts
from fhir_adapters.prefetch import PREFETCH

pytestmark = pytest.mark.browser

KIDNEY, EFFUSION, UNTIDY, HEAD = "example-kidney", "example-effusion", "example-untidy", "example-head-ct"
MANY = next(chart.patient_id for chart in sample_charts() if chart.slug == "many-problems")
TABS = ("summary", "problems", "medicines", "results", "notes", "imaging", "orders", "visits", "more")
SUMMARY_TOPIC = {"system": "urn:x", "code": "chartsummary", "display": "AI summary"}

expect.set_options(timeout=WAIT_MS)


@pytest.fixture
def new_stand() -> Iterator[Stand]:
    """One that has not asked for discovery yet."""
    with running_stand(CdsStub()) as opened:
        yield opened


@pytest.fixture
def page(window: Callable[..., Page]) -> Page:
    return window()


def open_chart(page: Page, stand: Stand, patient_id: str = KIDNEY, tab: str = "summary") -> None:
    page.goto(stand.chart(patient_id, tab))
    expect(page.locator("#panel section").first).to_be_visible()


def heading(page: Page):
    return page.locator("article.card h3")


def test_opening_a_chart_sends_patient_view_with_every_template_whole_c1_c2(page: Page, stand: Stand) -> None:
    open_chart(page, stand, MANY)
    expect(heading(page)).to_have_text("Chart brief: nothing urgent")
    (call,) = stand.stub.calls
    assert call["hook"] == "patient-view"
    assert str(uuid.UUID(call["hookInstance"])) == call["hookInstance"]
    assert call["context"] == {"userId": A, "patientId": MANY}
    assert call["fhirServer"] == f"{stand.address}/sandbox/fhir"
    assert call["prefetch"].keys() == PREFETCH.keys()
    assert call["prefetch"]["patient"]["id"] == MANY
    observations = call["prefetch"]["observations"]
    assert (len(observations["entry"]), observations["total"]) == (459, 459)
    assert [link["relation"] for link in observations["link"]] == ["self"]


def test_each_call_has_a_hook_instance_of_its_own_and_the_user_who_is_signed_in(page: Page, stand: Stand) -> None:
    open_chart(page, stand)
    expect(heading(page)).to_be_visible()
    stand.stub.cards = [card("For B")]
    page.select_option("#user", B)
    expect(heading(page)).to_have_text("For B")
    first, second = stand.stub.calls
    assert second["context"]["userId"] == B
    assert first["hookInstance"] != second["hookInstance"]


def test_the_record_can_be_sent_by_first_pages_or_by_server_alone(page: Page, stand: Stand) -> None:
    open_chart(page, stand, MANY)
    expect(heading(page)).to_be_visible()
    page.get_by_role("button", name="Wire").click()
    for mode in ("first pages only", "by fhirServer only"):
        page.get_by_label(mode).check()
        stand.stub.cards = [card(mode)]
        page.get_by_role("button", name="Refresh").click()
        expect(heading(page)).to_have_text(mode)
    whole, first, server = stand.stub.calls
    assert len(whole["prefetch"]["observations"]["entry"]) == 459
    assert len(first["prefetch"]["observations"]["entry"]) == 200
    assert "next" in [link["relation"] for link in first["prefetch"]["observations"]["link"]]
    assert "prefetch" not in server


def test_the_wire_shows_each_exchange_and_its_prefetch_by_key(page: Page, new_stand: Stand) -> None:
    open_chart(page, new_stand)
    expect(heading(page)).to_be_visible()
    page.get_by_role("button", name="I have reviewed this brief").click()
    expect(page.locator(".answer")).to_contain_text("Reviewed by you")
    page.get_by_role("button", name="Wire").click()
    rows = page.locator("#wire-log > li")
    expect(rows.locator(".what")).to_have_text(
        ["/cds-services/chart-summary/feedback", "/cds-services/chart-summary", "/cds-services"]
    )
    rows.nth(1).locator("summary").first.click()
    expect(rows.nth(1).locator(".member")).to_have_count(len(PREFETCH))
    expect(rows.nth(1)).to_contain_text("Bundle, 6 of 6 entries")
    page.keyboard.press("Escape")
    expect(page.locator("#wire")).to_be_hidden()
    expect(page.get_by_role("button", name="Wire")).to_be_focused()


def test_accepting_a_suggestion_is_fed_back_and_the_card_says_so_c6(page: Page, stand: Stand) -> None:
    open_chart(page, stand)
    page.get_by_role("button", name="I have reviewed this brief").click()
    expect(page.locator("article.card .answer")).to_have_text(re.compile(r"^Reviewed by you, \d\d:\d\d$"))
    (item,), shown = stand.stub.feedback, stand.stub.cards[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", item.pop("outcomeTimestamp"))
    assert item == {
        "card": shown["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": shown["suggestions"][0]["uuid"]}],
    }
    stand.stub.cards = []
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("#no-card")).to_have_text(re.compile("^Reviewed by you, .*nothing new to say"))


def test_dismissing_a_card_is_fed_back_with_its_reason_and_comment_c6(page: Page, stand: Stand) -> None:
    open_chart(page, stand)
    page.get_by_text("Dismiss with a reason").click()
    page.get_by_label("Reason").select_option(label="Something important is missing")
    page.get_by_label("Comment").fill("  the clinic letter  ")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("article.card .answer")).to_contain_text("Something important is missing")
    (item,) = stand.stub.feedback
    assert item["outcome"] == "overridden"
    assert item["overrideReason"] == {
        "reason": stand.stub.cards[0]["overrideReasons"][1],
        "userComment": "the clinic letter",
    }


def test_an_answer_that_did_not_arrive_is_said_and_can_be_sent_again(page: Page, stand: Stand) -> None:
    stand.stub.feedback_status = 503
    open_chart(page, stand)
    button = page.get_by_role("button", name="I have reviewed this brief")
    button.click()
    expect(page.locator("article.card .trouble")).to_contain_text("did not arrive (503)")
    expect(page.locator("article.card .answer")).to_be_empty()
    stand.stub.feedback_status = 200
    button.click()
    expect(page.locator("article.card .answer")).to_contain_text("Reviewed by you")
    expect(page.locator("article.card .trouble")).to_be_empty()


def test_a_card_without_uuid_has_nothing_to_answer_with_c6(page: Page, stand: Stand) -> None:
    stand.stub.cards = [{name: value for name, value in card().items() if name != "uuid"}]
    open_chart(page, stand)
    expect(heading(page)).to_be_visible()
    expect(page.locator("article.card .actions")).to_have_count(0)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((503, b'{"resourceType":"OperationOutcome","issue":[{"diagnostics":"The ledger is away."}]}'), "503"),
        ((200, b"<html>"), "200, not JSON"),
        ((200, b"{}"), "no cards"),
        ((200, orjson.dumps({"cards": [card(selectionBehavior="all")]})), "unknown selectionBehavior"),
    ],
    ids=["503", "not-json", "no-cards", "c4"],
)
def test_a_failure_is_said_and_the_chart_stands(page: Page, stand: Stand, answer: tuple[int, bytes], said: str) -> None:
    stand.stub.status, stand.stub.body = answer
    open_chart(page, stand)
    alert = page.locator("#cards [role=alert]")
    expect(alert).to_contain_text(said)
    expect(alert).to_contain_text("The chart itself is complete")
    expect(page.locator("#panel")).to_contain_text("Metformin 500 mg oral tablet")
    stand.stub.status, stand.stub.body = 200, None
    page.get_by_role("button", name="Refresh").click()
    expect(heading(page)).to_have_text("Chart brief: nothing urgent")


def test_no_card_is_said_without_an_invented_reason(page: Page, stand: Stand) -> None:
    stand.stub.cards = []
    open_chart(page, stand)
    expect(page.locator("#no-card")).to_have_text("Chartside looked and has nothing new to say to you.")


def test_a_summary_that_became_ready_is_offered_and_not_swapped_under_the_reader(page: Page, stand: Stand) -> None:
    # Its words do not say so: an EHR goes by the extension.
    stand.stub.cards = [card("Chart brief: eGFR 31, pending", extension={"org.chartside.awaits-summary": True})]
    open_chart(page, stand)
    expect(heading(page)).to_contain_text("pending")
    source = {"label": "Chartside", "topic": SUMMARY_TOPIC}
    stand.stub.cards = [card("AI summary (3 verified): eGFR falls", source=source)]
    offer = page.get_by_role("button", name="The AI summary is ready: show it")
    expect(offer).to_be_visible()
    expect(heading(page)).to_contain_text("pending")
    offer.click()
    expect(heading(page)).to_have_text("AI summary (3 verified): eGFR falls")
    expect(page.locator("article.card")).to_be_focused()


def test_coming_back_to_the_window_asks_again_and_keeps_a_form_that_is_being_filled_in(
    page: Page, stand: Stand
) -> None:
    open_chart(page, stand)
    page.get_by_text("Dismiss with a reason").click()
    page.get_by_label("Comment").fill("half a sen")
    stand.stub.cards = [card("Chart brief: something new")]
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("button", name="Chartside has an update: show it")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("half a sen")
    page.get_by_role("button", name="Chartside has an update: show it").click()
    expect(heading(page)).to_have_text("Chart brief: something new")
    stand.stub.cards = []
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#no-card")).to_be_visible()


def test_hostile_text_and_links_of_a_card_stay_text(page: Page, stand: Stand) -> None:
    detail = (
        "- **<b>bold</b>** <img src=x onerror=alert(1)>\n- [a](javascript:alert(1)) \\*not bold\\* &lt;i&gt;\n\n"
        "# no heading\n\n<script>document.title='owned'</script>"
    )
    links = [
        {"label": "bad", "url": "javascript:alert(1)", "type": "absolute"},
        {"label": "smart", "url": "https://app.example/launch", "type": "smart"},
        {"label": "good", "url": "https://app.example/", "type": "absolute"},
    ]
    stand.stub.cards = [card("<img src=x onerror=alert(1)>", detail=detail, links=links)]
    open_chart(page, stand)
    expect(heading(page)).to_have_text("<img src=x onerror=alert(1)>")
    shown = page.locator("article.card")
    expect(shown.locator("img, script, h1, b, i")).to_have_count(0)
    expect(shown.locator(".detail li strong")).to_have_text("<b>bold</b>")
    expect(shown.locator(".detail")).to_contain_text("[a](javascript:alert(1)) *not bold* <i>")
    expect(shown.locator(".links a")).to_have_text(["good"])
    expect(shown.locator(".links a")).to_have_attribute("rel", "noopener")
    assert page.title() != "owned"


def test_the_most_urgent_card_comes_first_with_its_word(page: Page, stand: Stand) -> None:
    stand.stub.cards = [card("i"), card("c", indicator="critical"), card("w", indicator="warning")]
    open_chart(page, stand)
    expect(page.locator("article.card .indicator")).to_have_text(["Critical", "Warning", "Information"])


def tab_to(page: Page, selector: str, *, at_most: int = 60) -> None:
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
    raise AssertionError(f"{selector} was not reached with {at_most} presses of Tab")


def test_the_keyboard_alone_suffices(page: Page, stand: Stand) -> None:
    page.goto(f"{stand.address}/sandbox/")
    expect(page.locator("#patient-list a").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the chart")).to_be_focused()
    tab_to(page, f"#patient-list a[href*='{HEAD}']")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect(heading(page)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("tab", name="Summary")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Problems")).to_be_focused()
    expect(page.get_by_role("tab", name="Problems")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="More")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Summary")).to_be_focused()
    tab_to(page, ".override summary")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reason")).to_be_visible()
    tab_to(page, ".override input")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Reason")).to_be_hidden()
    expect(page.locator(".override summary")).to_be_focused()


def test_a_chart_can_be_linked_and_reloaded(page: Page, stand: Stand) -> None:
    open_chart(page, stand, EFFUSION, "imaging")
    page.reload()
    expect(page.get_by_role("tab", name="Imaging")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#banner h1")).to_have_text("Benedict Sample")
    expect(page).to_have_title(re.compile("Benedict Sample, born 22-Jul-1955"))
    page.goto(stand.chart("nobody"))
    page.reload()
    expect(page.locator("main h1")).to_have_text("No such patient")


@pytest.mark.parametrize(
    ("patient_id", "said"),
    [
        (KIDNEY, "Allergies: penicillin (anaphylaxis, severe, high criticality)"),
        (HEAD, "No known allergies (recorded 20-Nov-2026)"),
        (UNTIDY, "Allergies: not recorded"),
    ],
)
def test_the_banner_says_allergies_in_words(page: Page, stand: Stand, patient_id: str, said: str) -> None:
    open_chart(page, stand, patient_id)
    expect(page.locator("#banner .allergy")).to_have_text(said)


def test_a_type_that_could_not_be_read_is_said_and_never_shown_as_none(page: Page, stand: Stand) -> None:
    page.route("**/fhir/AllergyIntolerance?*", lambda route: route.fulfill(status=500, body="{}"))
    open_chart(page, stand)
    expect(page.locator("#banner .allergy")).to_have_text("Allergies: not read just now")
    expect(page.locator("#panel")).not_to_contain_text("Allergies: not recorded")
    expect(page.get_by_role("alert").first).to_contain_text("Not read just now: AllergyIntolerance")


def test_stopped_medicines_and_past_problems_are_not_among_the_current(page: Page, stand: Stand) -> None:
    open_chart(page, stand, KIDNEY, "medicines")
    current, past = page.locator("#panel section").all()[:2]
    expect(current).to_contain_text("Metformin 500 mg oral tablet")
    expect(current).not_to_contain_text("Ibuprofen")
    expect(past).to_contain_text("Ibuprofen")


def test_results_show_value_flag_range_and_earlier_values(page: Page, stand: Stand) -> None:
    open_chart(page, stand, KIDNEY, "results")
    row = page.locator("#panel tr").filter(has_text="eGFR")
    expect(row.locator(".latest")).to_contain_text("31 mL/min/1.73 m2 low02-Nov-2026")
    expect(row.locator(".reference")).to_have_text("60 or above")
    expect(row.locator("svg")).to_have_attribute("aria-label", "5 values, from 58 to 31")
    row.get_by_role("button").click()
    expect(page.locator("tr.earlier li")).to_have_count(5)
    page.get_by_label("Abnormal only").check()
    expect(page.locator("#panel tbody tr").filter(has_text="LDL")).to_have_count(0)


CONTRAST = """() => {
  const channel = (one) => (one /= 255) <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const found = parse(getComputedStyle(node).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const low = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !node.checkVisibility() || node.closest('script, noscript')) continue;
    seen += 1;
    const [one, two] = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < 4.5) low.add(`${texts.currentNode.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return { seen, low: [...low] };
}"""


@pytest.mark.parametrize("width", [1280, 400])
def test_every_text_has_contrast_and_no_page_is_wider_than_its_window(
    window: Callable[..., Page], stand: Stand, width: int
) -> None:
    page = window(width=width)
    stand.stub.cards = [card(indicator=level) for level in ("critical", "warning", "info")]
    page.goto(f"{stand.address}/sandbox/")
    for patient_id in (HEAD, MANY, UNTIDY):
        for tab in TABS:
            page.goto(stand.chart(patient_id, tab))
            expect(page.locator(f"#tab-{tab}")).to_have_attribute("aria-selected", "true")
            expect(page.locator("#panel:not([aria-busy]) section").first).to_be_visible()
            expect(heading(page)).to_have_count(3)
            found = page.evaluate(CONTRAST)
            assert found["seen"] > 40
            assert found["low"] == [], (patient_id, tab)
            wider = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            assert wider <= 0, (patient_id, tab)


def test_where_it_is_narrow_the_list_folds_away_and_the_card_precedes_the_chart(
    window: Callable[..., Page], stand: Stand
) -> None:
    page = window(width=400)
    open_chart(page, stand)
    expect(page.locator("#patient-list")).to_be_hidden()
    order = [page.locator(selector).bounding_box() for selector in ("#banner h1", "#cds", "main")]
    tops = [box["y"] for box in order if box is not None]
    assert len(tops) == 3
    assert tops == sorted(tops)
    page.get_by_role("button", name="Change patient").click()
    page.get_by_role("searchbox", name="Patients").fill("effusion warfarin")
    expect(page.locator("#patient-list a")).to_have_count(1)
    page.get_by_role("link", name="Benedict Sample").click()
    expect(page.locator("#banner h1")).to_have_text("Benedict Sample")
