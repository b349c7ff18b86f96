"""Orders, visits and other kinds of EHR at the sample EHR, in Chromium: each gesture fires its hook."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from ehr_stand import WAIT_MS, A, Stand, card
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

KIDNEY = "example-kidney"
IBUPROFEN, CREATININE = "Ibuprofen 400 mg oral tablet", "Creatinine and eGFR, serum"

expect.set_options(timeout=WAIT_MS)


@pytest.fixture
def stand(running: Stand) -> Stand:
    running.stub.begin_anew(more={"order-select": [card("Ibuprofen beside eGFR 31", indicator="warning")]})
    return running


@pytest.fixture
def page(window: Callable[..., Page], stand: Stand) -> Page:
    """The order pad of a chart whose first card has come."""
    opened = window()
    opened.goto(stand.chart(KIDNEY, "orders"))
    expect(opened.locator("article.card h3")).to_have_text("Chart brief: nothing urgent")
    return opened


def headings(page: Page):
    return page.locator("article.card h3")


def calls(stand: Stand, hook: str) -> list[dict]:
    return [one for one in stand.stub.calls if one["hook"] == hook]


def behave(page: Page, title: str) -> None:
    page.locator("#behave-toggle").click()
    page.get_by_label(title).check()
    page.keyboard.press("Escape")
    expect(page.locator("#behave")).to_be_hidden()
    expect(page.locator("#behave-toggle")).to_have_text(title)


def test_an_order_is_selected_signed_and_sent_and_each_step_fires_its_hook_c1(page: Page, stand: Stand) -> None:
    page.get_by_role("button", name=IBUPROFEN).click()
    expect(headings(page)).to_have_text(["Ibuprofen beside eGFR 31", "Chart brief: nothing urgent"])
    stand.stub.more = {"order-sign": [card("Both orders, once more")]}
    page.get_by_role("button", name=CREATININE).click()
    expect(headings(page)).to_have_text(["Chart brief: nothing urgent"])  # C5: the newest call says nothing
    page.get_by_role("button", name="Review and sign").click()
    expect(headings(page).first).to_have_text("Both orders, once more")
    page.get_by_role("button", name="Sign 2 orders").click()
    page.get_by_role("button", name=f"Send {CREATININE} to its performer").click()
    expect(page.get_by_label("Signed orders")).to_contain_text("sent to Hospital laboratory")
    expect(page.locator("#cds-status")).to_contain_text("order-dispatch: nothing to say")

    first, second = (one["context"] for one in calls(stand, "order-select"))
    drafts = [entry["resource"] for entry in second["draftOrders"]["entry"]]
    assert [one["status"] for one in drafts] == ["draft", "draft"]
    assert [one["subject"] for one in drafts] == [{"reference": f"Patient/{KIDNEY}"}] * 2
    assert second["selections"] == [f"ServiceRequest/{drafts[1]['id']}"]
    assert first["selections"] == [f"MedicationRequest/{drafts[0]['id']}"]
    (sign,), (dispatch,) = calls(stand, "order-sign"), calls(stand, "order-dispatch")
    assert sign["context"]["draftOrders"]["entry"] == second["draftOrders"]["entry"]
    assert dispatch["context"].keys() == {"patientId", "dispatchedOrders", "performer"}
    (reference,) = dispatch["context"]["dispatchedOrders"]
    signed = page.request.get(f"{stand.address}/sandbox/fhir/{reference}").json()
    assert (signed["status"], signed["code"]["text"]) == ("active", CREATININE)


def test_a_card_about_an_order_is_answered_at_its_own_service_and_the_wire_shows_it_c6(
    page: Page, stand: Stand
) -> None:
    page.get_by_role("button", name=IBUPROFEN).click()
    about = page.locator("article.card").filter(has_text="Ibuprofen beside")
    about.get_by_text("Dismiss with a reason").click()
    about.get_by_role("button", name="Send").click()
    expect(about.locator(".answer")).to_contain_text("Dismissed by you")
    assert stand.stub.posts == [("order-select-context", 1)]
    page.get_by_role("button", name="Wire").click()
    rows = page.locator("#wire-log > li")
    expect(rows.locator(".what").first).to_have_text("/cds-services/order-select-context/feedback")
    rows.nth(1).locator("summary").first.click()
    expect(rows.nth(1)).to_contain_text('"selections"')
    expect(rows.nth(1)).to_contain_text("Ibuprofen beside eGFR 31")


def test_accepting_a_suggestion_carries_its_actions_out_and_says_so_c9(page: Page, stand: Stand) -> None:
    order = {"resourceType": "ServiceRequest", "status": "draft", "intent": "order"}
    action = {"type": "create", "description": "Order creatinine first", "resource": order}
    stand.stub.more = {
        "order-select": [card("Check", suggestions=[{"label": "Add", "uuid": "s1", "actions": [action]}])]
    }
    page.get_by_role("button", name=IBUPROFEN).click()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".answer").first).to_have_text(re.compile(r"^Accepted by you, .* · made ServiceRequest$"))
    (item,) = stand.stub.feedback
    assert item["acceptedSuggestions"] == [{"id": "s1"}]


def test_visits_and_appointments_fire_their_hooks_and_a_visit_is_named_from_then_on(page: Page, stand: Stand) -> None:
    page.get_by_role("tab", name="Visits").click()
    page.get_by_role("button", name="Book").click()
    page.get_by_role("button", name="Start the visit of 02-Nov-2026").click()
    expect(page.locator("#panel")).to_contain_text("you are in this visit")
    page.get_by_role("tab", name="Orders").click()
    page.get_by_role("button", name=IBUPROFEN).click()
    expect(headings(page)).to_have_count(2)
    page.get_by_role("tab", name="Visits").click()
    page.get_by_role("button", name="Discharge the visit of 02-Nov-2026").click()
    expect(page.locator("#cds-status")).to_contain_text("encounter-discharge: nothing to say")
    (book,), (start,) = calls(stand, "appointment-book"), calls(stand, "encounter-start")
    (select,), (discharge,) = calls(stand, "order-select"), calls(stand, "encounter-discharge")
    (proposed,) = book["context"]["appointments"]["entry"]
    assert (proposed["resource"]["resourceType"], proposed["resource"]["status"]) == ("Appointment", "proposed")
    visit = start["context"]["encounterId"]
    assert visit == select["context"]["encounterId"] == discharge["context"]["encounterId"]


def test_answers_of_an_epic_like_ehr_wait_in_a_queue_until_they_are_sent(page: Page, stand: Stand) -> None:
    behave(page, "Epic-like")
    expect(headings(page)).to_be_visible()
    page.get_by_text("Dismiss with a reason").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#queue")).to_contain_text("1 answer waits in the feedback queue")
    assert stand.stub.feedback == []
    stand.stub.feedback_status = 503
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#queue")).to_contain_text("Not delivered (503)")
    stand.stub.feedback_status = 200
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#queue")).to_be_hidden()
    assert "overrideReasons" in stand.stub.feedback[-1]
    page.get_by_role("tab", name="Visits").click()
    page.get_by_role("button", name="Discharge").first.click()
    expect(page.locator(".not-fired")).to_have_text("This kind of EHR does not fire encounter-discharge.")


def test_a_sandbox_like_ehr_renders_html_of_a_card_and_its_policy_loads_nothing(page: Page, stand: Stand) -> None:
    stopped: list[str | None] = []
    page.on("requestfailed", lambda request: stopped.append(request.failure))
    detail = (
        "<b>bold</b> \\<i\\>plain\\</i\\> <img src='http://127.0.0.1:9/x.png' onerror='document.title=1'> **strong**"
    )
    stand.stub.cards = [card(detail=detail)]
    behave(page, "Public Sandbox-like")
    expect(page.locator(".detail b")).to_have_text("bold")
    expect(page.locator(".detail strong")).to_have_text("strong")
    expect(page.locator(".detail")).to_contain_text("<i>plain</i>")
    assert stopped == ["csp"]
    expect(page).to_have_title(re.compile("Adela Example"))
    page.get_by_role("button", name="I have reviewed this brief").click()
    expect(page.locator(".answer")).to_contain_text("Reviewed by you")
    page.get_by_text("Dismiss with a reason").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("Dismissed by you")
    assert [one["outcome"] for one in stand.stub.feedback] == ["accepted", "overridden"]


def test_the_kind_of_ehr_is_kept_and_each_says_what_it_does_otherwise(page: Page, stand: Stand) -> None:
    behave(page, "Oracle-like")
    expect(headings(page)).to_be_visible()
    expect(page.locator("article.card .actions")).to_have_count(0)
    page.reload()
    expect(page.locator("#behave-toggle")).to_have_text("Oracle-like")
    page.locator("#behave-toggle").click()
    points = page.locator("#behave-list > li")
    expect(points).to_have_count(5)
    expect(page.get_by_label("Oracle-like")).to_have_accessible_description(re.compile("patient-view alone"))


def tab_to(page: Page, selector: str, *, at_most: int = 80) -> None:
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
    raise AssertionError(f"{selector} was not reached with {at_most} presses of Tab")


def test_orders_are_chosen_and_signed_and_the_kind_of_ehr_changed_by_the_keyboard_alone(
    page: Page, stand: Stand
) -> None:
    tab_to(page, "#order-search")
    page.keyboard.type("ibup")
    tab_to(page, "button.order")
    page.keyboard.press("Enter")
    expect(headings(page)).to_have_count(2)
    tab_to(page, ".drafts button.main")
    page.keyboard.press("Enter")
    expect(page.locator(".confirm")).to_be_focused()
    tab_to(page, ".confirm button.main")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Draft orders")).to_be_focused()
    expect(page.get_by_label("Signed orders")).to_contain_text(IBUPROFEN)
    page.locator("#behave-toggle").focus()
    page.keyboard.press("Enter")
    tab_to(page, "#behave input")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Epic-like")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator("#behave-toggle")).to_be_focused()
    assert calls(stand, "order-sign")[0]["context"]["userId"] == A


def test_where_it_is_narrow_a_button_leads_to_cards_that_came_out_of_sight(
    window: Callable[..., Page], stand: Stand
) -> None:
    page = window(width=400, height=800)
    page.goto(stand.chart(KIDNEY, "orders"))
    expect(headings(page)).to_be_visible()
    page.get_by_role("button", name=IBUPROFEN).click()
    page.get_by_role("button", name="1 card on order-select: show").click()
    expect(page.get_by_role("heading", name="Decision support")).to_be_focused()
    expect(headings(page).first).to_be_in_viewport()
    page.locator("#behave-toggle").click()
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0


def test_another_sites_form_cannot_fire_or_answer_t14(page: Page, stand: Stand) -> None:
    for path in ("cds/hooks/patient-view", "cds/answers", "cds/feedback", "orders/sign"):
        answer = page.request.post(f"{stand.address}/sandbox/{path}", data="{}", headers={"content-type": "text/plain"})
        assert answer.status == 415
    refused = page.request.post(f"{stand.address}/sandbox/cds/answers", data={"behaviour": "secret-canary"})
    assert refused.status == 400
    assert "secret-canary" not in refused.text()


def test_no_row_of_the_catalogue_is_cut_and_in_one_column_a_shadow_says_that_it_goes_on(
    window: Callable[..., Page], stand: Stand
) -> None:
    wide, narrow = window(width=1280, height=900), window(width=400, height=800)
    for opened in (wide, narrow):
        opened.goto(stand.chart(KIDNEY, "orders"))
        expect(opened.get_by_role("button", name="Referral to nephrology")).to_be_attached()
    hidden = "shelf => shelf.scrollHeight - shelf.clientHeight"
    assert wide.locator(".shelf").evaluate(hidden) == 0
    assert narrow.locator(".shelf").evaluate(hidden) > 0
    assert "gradient" in narrow.locator(".shelf").evaluate("shelf => getComputedStyle(shelf).backgroundImage")


def test_on_a_narrow_screen_the_button_to_a_new_card_covers_no_button_to_sign(
    window: Callable[..., Page], stand: Stand
) -> None:
    stand.stub.more = {"order-sign": [card("Both orders, once more")]}
    page = window(width=400, height=800)
    page.goto(stand.chart(KIDNEY, "orders"))
    page.get_by_role("button", name=IBUPROFEN).click()
    page.get_by_role("button", name="Review and sign").click()
    expect(page.locator("#cds-jump")).to_be_visible()
    sign, jump = (
        page.get_by_role("button", name="Sign 1 order").bounding_box(),
        page.locator("#cds-jump").bounding_box(),
    )
    assert sign["y"] + sign["height"] <= jump["y"]


def test_focus_stays_with_the_signed_orders_once_one_was_sent(page: Page) -> None:
    page.get_by_role("button", name=CREATININE).click()
    page.get_by_role("button", name="Review and sign").click()
    page.get_by_role("button", name="Sign 1 order").click()
    page.get_by_role("button", name=f"Send {CREATININE} to its performer").press("Enter")
    expect(page.get_by_role("heading", name="Signed orders")).to_be_focused()
