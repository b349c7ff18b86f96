"""The review page: all that was made of a chart, each line with its sources, the same for everybody who looks."""

import base64
import json
import re

import orjson
import pytest
from hook_desk import bundle, condition, hook_body, observation, prefetch
from page_desk import AUDITOR, STATEMENTS, USER_B, A, B, hidden, prefetch_of, scripted, shown

from cds_service.review.basis import Basis
from cds_service.review.page import surface_hash
from chartside_sandbox.samples import CHARTS, COMPLETIONS
from ledger.jobs import Jobs
from ledger.kinds import LedgerEvent
from ledger.purge import purge
from tasks.engines.scripted import Scripted


def note(text, number=1, title="Progress note"):
    return {
        "resourceType": "DocumentReference",
        "id": f"n{number}",
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "type": {"text": title},
        "date": "2026-10-03T08:00:00Z",
        "meta": {"versionId": "7", "lastUpdated": "2026-10-04T09:00:00Z"},
        "author": [{"display": "A. Writer"}],
        "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}}],
    }


def test_a_brief_stands_while_the_ai_summary_is_prepared_and_says_at_which_step(pages, tmp_path):
    card = pages.card()
    text = shown(pages.get(f"/review/{card}").text)

    assert "Chart brief Made by rule" in text
    assert "AI summary in preparation." in text
    assert "waiting for the worker to begin (step 1 of 3)" in text
    assert pages.get(f"/review/{card}/state").json()["state"] == "preparing"


def test_the_banner_names_the_patient_with_age_at_the_as_of_time_and_allergies_first(pages):
    text = shown(pages.get(f"/review/{pages.card()}").text)

    assert "Canarygiven Canaryfamily Born 12-Mar-1951 (75 years) Female" in text
    assert text.index("Allergies: penicillin (anaphylaxis") < text.index("Chart brief")


def test_a_ready_summary_takes_the_place_of_the_brief_with_every_statement_marked(pages, tmp_path):
    card = pages.card()
    assert pages.summarise(scripted(tmp_path / "s", STATEMENTS)) == ["done"]
    page = pages.get(f"/review/{card}")
    text = shown(page.text)

    assert "Scripted AI summary 3 verified, 0 cited, 1 withheld" in text
    assert "not reviewed by a clinician. Not a diagnosis." in text
    assert text.index("Allergies Penicillin: anaphylaxis, high") < text.index("Problems Type 2 diabetes is active.")
    assert "Checks that ran and passed: " in text
    held = page.text[page.text.index("<del>") :]
    assert shown(held).startswith("eGFR 13 mL/min/1.73 m2 on 02-Oct-2026. Why: 13 ")
    assert "1 statement withheld" in text
    assert "Chart brief of the same chart, made by rule" in text
    state = pages.get(f"/review/{card}/state").json()
    assert (state["state"], state["changed"]) == ("ready", True)
    assert not pages.get(f"/review/{card}/state?basis={re.findall('data-basis=.([0-9a-f]+)', page.text)[0]}").json()[
        "changed"
    ]


def test_saf_grd_1_every_chip_leads_to_its_own_fields_on_the_page(pages, tmp_path):
    body = hook_body(
        prefetch=prefetch(documents=bundle(note("Feels well.\nWalks two miles a day. Denies chest pain.")))
    )
    statements = [{"kind": "course", "text": "Walks two miles a day.", "refs": ["DocumentReference/n1"]}]
    card = pages.card(body)
    pages.summarise(scripted(tmp_path / "s", [*STATEMENTS, *statements]))
    html = pages.get(f"/review/{card}").text

    targets = set(re.findall(r'class="chip" href="#([^"]+)"', html))
    ids = set(re.findall(r' id="([^"]+)"', html))
    assert targets
    assert targets <= ids
    (marked,) = re.findall(r'<mark id="(E\d+-\d+)" tabindex="-1">([^<]*)</mark>', html)
    assert marked[1] == "Walks two miles a day."
    assert marked[0] in targets
    evidence = shown(html[html.index('class="evidence"') :])
    for field in (
        "31 mL/min/1.73 m2",
        "DocumentReference/n1",
        "Version 7",
        "Last changed 2026-10-04T09:00:00Z",
        "A. Writer",
    ):
        assert field in evidence


def test_every_id_of_a_page_is_unique(pages, tmp_path):
    card = pages.card()
    pages.summarise(scripted(tmp_path / "s", STATEMENTS))
    ids = re.findall(r' id="([^"]+)"', pages.get(f"/review/{card}").text)
    assert len(ids) == len(set(ids))


def test_what_a_page_is_drawn_from_is_recorded_and_draws_it_again_to_the_byte(pages, tmp_path):
    card = pages.card()
    shown_hashes = [pages.fields(card)["surface"]]
    pages.summarise(scripted(tmp_path / "s", STATEMENTS))
    shown_hashes.append(pages.fields(card)["surface"])

    entries = [one for one in pages.parts.desk.story(card).entries if one.kind == LedgerEvent.PAGE_OPENED]
    assert [one.detail["surface"] for one in entries] == shown_hashes
    shelf = pages.parts.shelf
    opened = shelf.read(shelf.cards.find(card))
    for entry in entries:
        basis = Basis.from_plain(entry.detail["basis"])
        assert surface_hash(shelf.page(opened, basis)) == entry.detail["surface"]
    assert len(set(shown_hashes)) == 2


def test_t15_the_hash_is_of_what_is_shown_alone_not_of_who_looks_or_when(pages):
    card = pages.card()
    first = pages.fields(card, A)["surface"]
    pages.desk.clock.forward(minutes=5)
    pages.answer(card, "reviewed", B)
    assert {first, pages.fields(card, A)["surface"], pages.fields(card, B)["surface"]} == {first}


def test_an_older_summary_is_folded_away_and_marked_and_its_statements_do_not_lead(pages, tmp_path):
    pages.card()
    pages.summarise(scripted(tmp_path / "s", STATEMENTS))
    moved_on = hook_body(prefetch=prefetch(observations=bundle(observation(), observation(number=2, value=28))))
    card = pages.card(moved_on)
    html = pages.get(f"/review/{card}").text
    text = shown(html)

    assert "<h1>Chart brief</h1>" in html
    assert "Older AI summary of" in text
    assert "before 1 newer entry" in text
    assert "This is not about the present chart." in text
    assert 'id="older-summary"' in html
    assert text.index("Older AI summary of") > text.index("Not seen or not used")


def test_an_earlier_cards_page_says_that_the_chart_moved_on_and_what_is_new(pages, tmp_path):
    early = pages.card()
    before = pages.fields(early)["surface"]
    body = hook_body(prefetch=prefetch(conditions=bundle(condition(), condition(number=2, text="Gout"))))
    late = pages.card(body)
    html = pages.get(f"/review/{early}").text

    assert "The chart has moved on" in html
    assert "new or changed: 1 problem" in html
    assert f'href="/review/{late}"' in html
    assert hidden(html, "surface") != before
    assert pages.post(
        f"/review/{early}/answers", {"outcome": "reviewed", "token": hidden(html, "token"), "surface": before}
    ).status_code == 409  # fmt: skip


def test_a_newer_charts_summary_is_not_shown_on_an_earlier_cards_page(pages, tmp_path):
    early = pages.card()
    (its_own,) = Jobs(pages.desk.store).due()
    assert Jobs(pages.desk.store).claim(its_own, worker="slow", lease_s=600)
    pages.desk.clock.forward(seconds=5)
    pages.card(hook_body(prefetch=prefetch(observations=bundle(observation(value=28)))))
    pages.desk.clock.forward(seconds=5)
    statement = {"kind": "result", "text": "eGFR 28 mL/min/1.73 m2 on 02-Oct-2026.", "refs": ["Observation/o1"]}
    pages.summarise(scripted(tmp_path / "s", [statement]))
    text = shown(pages.get(f"/review/{early}").text)

    assert "made from a newer state of this chart" in text
    assert "eGFR 28 mL/min/1.73 m2 on 02-Oct-2026." not in text


def test_a_failure_is_said_and_the_brief_stands(pages, tmp_path):
    card = pages.card()
    pages.summarise(scripted(tmp_path / "s", STATEMENTS, patient_id="somebody-else"))
    text = shown(pages.get(f"/review/{card}").text)

    assert "The AI summary could not be prepared" in text
    assert "Type 2 diabetes" in text


def test_no_statement_survived_is_said_and_the_brief_stands(pages, tmp_path):
    card = pages.card()
    pages.summarise(scripted(tmp_path / "s", STATEMENTS[3:]))
    text = shown(pages.get(f"/review/{card}").text)

    assert "no statement survived the checks (0 verified, 0 cited, 1 withheld)" in text
    assert "Chart brief Made by rule" in text


def test_no_model_is_said_plainly(make_pages):
    pages = make_pages(engine=None)
    assert "No AI model is set up here." in shown(pages.get(f"/review/{pages.card()}").text)


def test_not_seen_is_told_apart_from_not_there(pages):
    card = pages.card(hook_body(prefetch=prefetch(allergies=...)))
    text = shown(pages.get(f"/review/{card}").text)
    assert "Allergies were not seen: not supplied" in text
    assert "Not seen at all: allergies" in text
    empty = pages.card(hook_body(prefetch=prefetch(allergies=bundle())))
    assert "Allergies: not recorded" in shown(pages.get(f"/review/{empty}").text)


def test_a_page_names_its_policy_and_may_not_be_stored(pages):
    headers = pages.get(f"/review/{pages.card()}").headers
    policy = headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert headers["cache-control"] == "no-store, private"
    assert headers["referrer-policy"] == "same-origin"  # with no-referrer our own forms would come from "null"


def test_only_clinicians_open_reviews_so_that_an_auditors_look_is_no_opening(pages):
    card = pages.card()
    refused = pages.get(f"/review/{card}", AUDITOR)
    assert refused.status_code == 403
    assert LedgerEvent.PAGE_OPENED not in pages.desk.kinds()


def test_unknown_and_odd_cards_are_404_pages(pages):
    for name in ("x", "5b2f0c1e-0000-4000-8000-000000000000", "%00", "a" * 5000):
        answer = pages.get(f"/review/{name}")
        assert answer.status_code == 404
        assert "Not found" in answer.text


def test_a_purged_card_is_gone_and_says_so(pages):
    card = pages.card()
    pages.fields(card)
    purge(pages.desk.store, [("card", card)], by="ops", at=pages.desk.clock(), reason="retention")
    answer = pages.get(f"/review/{card}")

    assert answer.status_code == 410
    assert "Canary" not in answer.text
    story = pages.get(f"/audit/cards/{card}", AUDITOR)
    assert story.status_code == 200


@pytest.mark.parametrize("chart", sorted(path.stem for path in CHARTS.glob("*.json")))
def test_the_page_of_every_sample_chart_is_whole_before_and_after_its_summary(make_pages, chart):
    pages = make_pages()
    plain = json.loads((CHARTS / f"{chart}.json").read_bytes())
    patient_id = next(one["resource"]["id"] for one in plain["entry"] if one["resource"]["resourceType"] == "Patient")
    card = pages.card(hook_body(patient_id, prefetch=prefetch_of(plain)))
    assert pages.get(f"/review/{card}").status_code == 200
    assert pages.summarise(Scripted(COMPLETIONS)) == ["done"]
    html = pages.get(f"/review/{card}").text

    assert html.count('class="line statement"') >= 5
    targets = set(re.findall(r'class="chip" href="#([^"]+)"', html))
    assert targets <= set(re.findall(r' id="([^"]+)"', html))
    assert "no longer kept" not in html


def test_state_of_a_card_is_json_and_changes_nothing(pages):
    card = pages.card()
    before = pages.desk.kinds()
    answer = pages.get(f"/review/{card}/state")
    assert orjson.loads(answer.content).keys() == {"state", "words", "step", "changed"}
    assert pages.desk.kinds() == before


def test_a_second_clinician_sees_the_same_chart_of_the_same_hook_client(pages):
    card = pages.card(user=USER_B)
    assert pages.get(f"/review/{card}", A).status_code == 200


def test_the_step_that_a_job_is_at_is_told_while_it_runs(pages, tmp_path):
    card = pages.card()
    steps = []

    class Watched:
        """Looks at the page's state while the model writes."""

        def __init__(self, engine):
            self.version, self.budget, self.engine = engine.version, engine.budget, engine

        def generate(self, prompt):
            steps.append(pages.get(f"/review/{card}/state").json()["step"])
            return self.engine.generate(prompt)

    pages.summarise(Watched(scripted(tmp_path / "s", STATEMENTS)))
    assert steps == ["the model is writing, then each statement is checked (step 3 of 3)"]
    assert pages.get(f"/review/{card}/state").json()["step"] == ""
