"""Answers on the review page: by POST from that page, of what was seen, for the one person who gave them."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from page_desk import AUDITOR, STATEMENTS, USER_A, USER_B, A, B, scripted, shown

from cds_service.review.shelf import Shelf
from cds_service.review.surroundings import REASONS
from hooks.reasons import WRONG_PATIENT
from ledger.errors import LedgerBusy
from ledger.records import Channel, Outcome
from ledger.switches import SwitchedOff, Switches, SwitchKind


@pytest.fixture
def ready(pages, tmp_path):
    """A page whose summary is ready, and its card: a brief's card, issued before."""
    card = pages.card()
    assert pages.summarise(scripted(tmp_path / "s", STATEMENTS)) == ["done"]
    return card


def answered(pages, card):
    return [(one.user, one.outcome) for one in pages.answers(card)]


def test_a_review_is_filed_under_the_persons_user_with_the_hash_of_what_was_shown(pages, ready):
    fields = pages.fields(ready)
    answer = pages.post(f"/review/{ready}/answers", fields | {"outcome": "reviewed"})

    assert (answer.status_code, answer.headers["location"]) == (303, f"/review/{ready}")
    (filed,) = pages.answers(ready)
    assert (filed.user, filed.channel, filed.outcome) == (USER_A, Channel.PAGE, Outcome.REVIEWED)
    entry = next(one for one in pages.parts.desk.story(ready).entries if one.kind == "answer.reviewed")
    assert entry.detail["surface_sha256"] == fields["surface"]
    text = shown(pages.get(f"/review/{ready}").text)
    assert "You reviewed this on" in text
    assert f"Ledger entry {filed.sequence}" in text
    assert fields["surface"][:12] in text


def test_s14_what_was_reviewed_on_the_page_makes_no_card_for_that_user_and_one_for_every_other(pages, ready):
    """The brief's page showed the summary, so it is the summary that was reviewed."""
    pages.answer(ready, "reviewed")

    assert pages.cards(user=USER_A) == []
    (other,) = pages.cards(user=USER_B)
    assert "1 withheld" in other["summary"]


def test_a_brief_reviewed_is_not_the_summary_reviewed(pages, tmp_path):
    card = pages.card()
    pages.answer(card, "reviewed")
    assert pages.cards() == []
    pages.summarise(scripted(tmp_path / "s", STATEMENTS))
    assert len(pages.cards()) == 1


def test_answers_are_per_person_and_others_are_told_of(pages, ready):
    pages.answer(ready, "reviewed", A)
    text = shown(pages.get(f"/review/{ready}", B).text)

    assert f"{USER_A} reviewed this on" in text
    assert "You reviewed" not in text
    assert "I have reviewed this" in text
    pages.answer(ready, "disagreed", B, reason="inaccurate", comment="The dose is old.")
    assert answered(pages, ready) == [(USER_A, Outcome.REVIEWED), (USER_B, Outcome.DISAGREED)]
    assert "You reviewed this" in shown(pages.get(f"/review/{ready}", A).text)


def test_a_review_on_an_earlier_card_of_the_same_content_is_remembered(pages, ready):
    pages.answer(ready, "reviewed", A)
    (later,) = pages.cards(user=USER_B)
    text = shown(pages.get(f"/review/{later['uuid']}", A).text)
    assert "You reviewed this on" in text
    assert "at an earlier opening of the same content" in text


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {WRONG_PATIENT}))
def test_every_reason_to_disagree_is_one_click_and_withdraws_nothing(pages, ready, reason):
    assert pages.answer(ready, "disagreed", reason=reason).status_code == 303
    assert pages.answers(ready)[0].reason == reason
    assert "Scripted AI summary" in pages.get(f"/review/{ready}", B).text


@pytest.mark.parametrize(
    ("outcome", "fields"), [("disagreed", {"reason": WRONG_PATIENT}), ("safety-report", {"comment": "Wrong dose."})]
)
def test_a_grave_answer_withdraws_for_everybody_at_once_until_released(pages, ready, outcome, fields):
    (other,) = pages.cards(user=USER_B)
    assert pages.answer(ready, outcome, A, **fields).status_code == 303

    for card, person in ((ready, A), (ready, B), (other["uuid"], B)):
        html = pages.get(f"/review/{card}", person).text
        assert "<b>Withdrawn.</b>" in html
        assert "eGFR 31 mL/min/1.73 m2 on 02-Oct-2026." not in html
        assert "Chart brief" in html
    (card,) = pages.cards(user=USER_B)
    assert "AI summary withdrawn" in card["summary"]

    desk = pages.get("/audit", AUDITOR).text
    token, place = desk.split('name="token" value="')[1][:64], desk.split("/audit/withdrawals/")[1].split("/")[0]
    refused = pages.post(f"/audit/withdrawals/{place}/release", {"token": token, "note": " "}, AUDITOR)
    assert refused.status_code == 400
    released = pages.post(f"/audit/withdrawals/{place}/release", {"token": token, "note": "Looked at; right."}, AUDITOR)
    assert released.status_code == 303
    assert "eGFR 31 mL/min/1.73 m2 on 02-Oct-2026." in pages.get(f"/review/{ready}", B).text
    again = pages.post(f"/audit/withdrawals/{place}/release", {"token": token, "note": "Again"}, AUDITOR)
    assert again.status_code == 404


def test_a_report_about_a_brief_stops_every_summary_of_the_patient(pages, tmp_path):
    card = pages.card()
    pages.answer(card, "safety-report", comment="This is somebody else's record.")
    pages.summarise(scripted(tmp_path / "s", STATEMENTS))

    assert "All AI summaries of this patient were withdrawn" in pages.get(f"/review/{card}", B).text
    (shown_card,) = pages.cards(user=USER_B)
    assert "AI summary withdrawn" in shown_card["summary"]


def test_t15_an_answer_to_what_is_no_longer_there_is_409_and_files_nothing(pages, tmp_path):
    card = pages.card()
    stale = pages.fields(card) | {"outcome": "reviewed"}
    pages.summarise(scripted(tmp_path / "s", STATEMENTS))
    answer = pages.post(f"/review/{card}/answers", stale)

    assert answer.status_code == 409
    assert "The page changed since you opened it." in answer.text
    assert f'href="/review/{card}"' in answer.text
    assert pages.answers(card) == ()
    assert pages.post(f"/review/{card}/answers", pages.fields(card) | {"outcome": "reviewed"}).status_code == 303


def test_saf_ack_4_nobody_answers_what_was_shown_to_somebody_else_alone(pages, ready):
    surface = pages.fields(ready, A)["surface"]
    fields = {"token": pages.token(B), "surface": surface, "outcome": "reviewed"}
    answer = pages.post(f"/review/{ready}/answers", fields, B)

    assert answer.status_code == 409
    assert "not opened this page" in answer.text
    assert pages.answers(ready) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"token": ""},
        {"token": "0" * 64},
        {"surface": ""},
        {"surface": "0" * 64},
        {"outcome": ""},
        {"outcome": "accepted"},
        {"outcome": "overridden"},
        {"outcome": "disagreed"},
        {"outcome": "disagreed", "reason": "reviewed"},
        {"outcome": "disagreed", "reason": "made-up"},
        {"outcome": "safety-report"},
        {"outcome": "safety-report", "comment": "   "},
        {"outcome": "safety-report", "comment": "x" * 2001},
    ],
)
def test_t14_a_form_that_is_not_whole_files_nothing(pages, ready, changes):
    before = pages.fields(ready)
    count = len(pages.desk.kinds())
    answer = pages.post(f"/review/{ready}/answers", before | {"outcome": "reviewed"} | changes)

    assert answer.status_code in {400, 403, 409}
    assert "Nothing was recorded." in answer.text
    assert (pages.answers(ready), len(pages.desk.kinds())) == ((), count)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"content-type": "application/json"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "text/plain"},
    ],
)
def test_t14_a_cross_site_form_files_nothing(pages, ready, headers):
    fields = pages.fields(ready) | {"outcome": "reviewed"}
    assert pages.post(f"/review/{ready}/answers", fields, **headers).status_code in {400, 403}
    assert pages.answers(ready) == ()


def test_t14_looking_never_answers(pages, ready):
    fields = pages.fields(ready)
    query = f"?outcome=reviewed&token={fields['token']}&surface={fields['surface']}"
    client = pages.person(A)
    assert client.get(f"/review/{ready}{query}").status_code == 200
    assert client.get(f"/review/{ready}/answers{query}").status_code == 405
    assert client.head(f"/review/{ready}{query}").status_code == 405
    assert client.head(f"/review/{ready}/answers{query}").status_code == 405
    assert client.options(f"/review/{ready}/answers{query}").status_code == 405
    assert pages.answers(ready) == ()


@pytest.mark.parametrize("header", ["sec-purpose", "purpose", "x-moz"])
def test_t14_a_prefetch_opens_nothing(pages, ready, header):
    before = pages.desk.kinds()
    answer = pages.get(f"/review/{ready}", A, **{header: "prefetch;prerender"})
    assert answer.status_code == 503
    assert pages.desk.kinds() == before


def test_t14_a_double_submit_is_one_answer(pages, ready):
    fields = pages.fields(ready) | {"outcome": "disagreed", "reason": "inaccurate"}
    for _ in range(3):
        assert pages.post(f"/review/{ready}/answers", fields).status_code == 303
    assert len(pages.answers(ready)) == 1
    for changes in ({"outcome": "reviewed"}, {}):
        pages.desk.clock.forward(seconds=1)
        pages.post(f"/review/{ready}/answers", fields | changes)
    assert [outcome for _, outcome in answered(pages, ready)] == [
        Outcome.DISAGREED, Outcome.REVIEWED, Outcome.DISAGREED,
    ]  # fmt: skip


def test_a_grave_answer_sent_twice_is_one_withdrawal(pages, ready):
    fields = pages.fields(ready) | {"outcome": "safety-report", "comment": "Wrong dose."}
    assert [pages.post(f"/review/{ready}/answers", fields).status_code for _ in range(2)] == [303, 303]
    assert len(pages.parts.withdrawals.in_force()) == 1


def test_the_same_report_on_the_page_after_a_release_withdraws_again(pages, ready):
    for _ in range(2):
        assert pages.answer(ready, "safety-report", comment="Wrong dose.").status_code == 303
        (held,) = pages.parts.withdrawals.in_force()
        pages.parts.shelf.answers.release(held.withdrawal.id, by="auditor", at=pages.desk.clock(), note="checked")
        pages.desk.clock.forward(seconds=60)
    assert len(pages.answers(ready)) == 2


def test_a_double_click_is_one_withdrawal_though_both_clicks_are_read_before_either_is_on_record(pages, ready):
    object.__setattr__(pages.parts, "clock", lambda: datetime.now(UTC))
    fields = pages.fields(ready) | {"outcome": "safety-report", "comment": "Wrong dose."}
    pages.person(A)
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: pages.post(f"/review/{ready}/answers", fields).status_code, range(4)))
    assert sent == [303] * 4
    assert (len(pages.answers(ready)), len(pages.parts.withdrawals.in_force())) == (1, 1)


def reported(pages, card):
    """Somebody else's report of harm, at this very moment."""
    feedback = {"card": card, "outcome": "overridden", "overrideReason": {"reason": {"code": WRONG_PATIENT}}}
    assert pages.desk.feedback(feedback).status_code == 200


def before_it_is_recorded(pages, monkeypatch, do):
    """Do this once, after the next page is drawn and before its opening or its answer is on record."""
    drawn, waiting = Shelf.page, [do]

    def draw(shelf, opened, basis):
        page = drawn(shelf, opened, basis)
        while waiting:
            waiting.pop()()
        return page

    monkeypatch.setattr(Shelf, "page", draw)


def test_a_page_shows_no_summary_that_was_withdrawn_while_the_page_was_made(pages, ready, monkeypatch):
    before_it_is_recorded(pages, monkeypatch, lambda: reported(pages, ready))
    html = pages.get(f"/review/{ready}", A).text

    assert "<b>Withdrawn.</b>" in html
    assert "Type 2 diabetes is active." not in html
    assert pages.desk.kinds()[-2:] == ["summary.withdrawn", "page.opened"]
    entry = [one for one in pages.parts.desk.story(ready).entries if one.kind == "page.opened"][-1]
    assert entry.detail["basis"]["withdrawal"]


def test_a_page_shows_no_summary_of_a_model_that_was_switched_off_while_the_page_was_made(pages, ready, monkeypatch):
    def switch_off():
        off = SwitchedOff(
            id=str(uuid.uuid4()), kind=SwitchKind.MODEL, name="medgemma", at=pages.desk.clock(), by="a", note="n"
        )
        assert Switches(pages.desk.store).switch_off(off)

    before_it_is_recorded(pages, monkeypatch, switch_off)
    assert "Type 2 diabetes is active." not in pages.get(f"/review/{ready}", A).text
    assert pages.desk.kinds()[-2:] == ["switch.off", "page.opened"]


@pytest.mark.parametrize("outcome", ["reviewed", "disagreed"])
@pytest.mark.parametrize("moment", ["before the form arrives", "while the form is read"])
def test_an_answer_to_a_withdrawn_summary_is_refused_and_says_why(pages, ready, monkeypatch, *, outcome, moment):
    fields = pages.fields(ready) | {"outcome": outcome, "reason": "inaccurate"}
    if moment == "before the form arrives":
        reported(pages, ready)
    else:
        before_it_is_recorded(pages, monkeypatch, lambda: reported(pages, ready))
    answer = pages.post(f"/review/{ready}/answers", fields)

    assert answer.status_code == 409
    assert "was withdrawn after a report" in answer.text
    assert "Nothing was recorded." in answer.text
    assert [one.channel for one in pages.answers(ready)] == [Channel.FEEDBACK]


def test_a_report_counts_though_another_came_while_its_form_was_read(pages, ready, monkeypatch):
    fields = pages.fields(ready) | {"outcome": "safety-report", "comment": "Wrong dose."}
    before_it_is_recorded(pages, monkeypatch, lambda: reported(pages, ready))
    assert pages.post(f"/review/{ready}/answers", fields).status_code == 303
    assert len(pages.parts.withdrawals.in_force()) == 2


def test_an_auditor_answers_nothing(pages, ready):
    fields = pages.fields(ready) | {"outcome": "reviewed"}
    assert pages.post(f"/review/{ready}/answers", fields, AUDITOR).status_code == 403
    assert pages.answers(ready) == ()


def test_nobody_signed_in_answers_nothing(pages, ready):
    fields = pages.fields(ready) | {"outcome": "reviewed"}
    answer = pages.http.post(f"/review/{ready}/answers", data=fields, headers={"origin": "https://cds.test"})
    assert answer.status_code == 401
    assert pages.answers(ready) == ()


def test_t11_a_huge_form_is_refused_before_it_is_read(pages, ready):
    fields = pages.fields(ready) | {"outcome": "safety-report", "comment": "x" * 100_000}
    assert pages.post(f"/review/{ready}/answers", fields).status_code == 413


def test_a_comment_is_kept_and_shown_to_the_auditor_alone(pages, ready):
    pages.answer(ready, "disagreed", A, reason="incomplete", comment="Canary comment about warfarin")
    assert "Canary comment" not in pages.get(f"/review/{ready}", B).text
    assert "Canary comment about warfarin" in pages.get(f"/audit/cards/{ready}", AUDITOR).text


def test_ch_10_an_answer_that_cannot_be_recorded_says_so(pages, ready, monkeypatch):
    fields = pages.fields(ready) | {"outcome": "reviewed"}

    def busy(*_args, **_keywords):
        raise LedgerBusy("busy")

    monkeypatch.setattr(type(pages.parts.shelf.answers), "file", busy)
    answer = pages.post(f"/review/{ready}/answers", fields)
    assert answer.status_code == 503
    assert "Nothing was recorded" in answer.text
