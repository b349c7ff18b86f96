from dataclasses import replace
from datetime import timedelta

import pytest
from chart_values import (
    ADDRESS,
    NOW,
    REQUEST,
    brief,
    briefs,
    chart,
    histories,
    history,
    line,
    statement,
    states,
    summary,
)
from hypothesis import given, settings
from markdown_it import MarkdownIt

from fhir_adapters.history import Alarm, AlarmKind, Omission, Reason
from hooks.capabilities import ClientCapabilities
from hooks.card import CardKind, Indicator
from hooks.chart_summary import chart_summary
from hooks.reason_words import ABSENCES, FAILURES
from hooks.reasons import OVERRIDE_REASONS
from hooks.service import Answered, Silence
from tasks.reasons import AbsenceReason, FailureReason
from tasks.states import Absent, Failed, Preparing, Ready, Stale
from tasks.summary import Verdict

ALLOWED = {
    "paragraph_open", "paragraph_close", "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close",
    "inline", "text", "strong_open", "strong_close", "softbreak",
}  # fmt: skip
MIX_UP = (Alarm(kind=AlarmKind.WRONG_PATIENT_RESOURCE, what="Condition"),)
READY = Ready(summary_id="s1", summary=summary(statement(), statement("Metformin 500 mg", Verdict.CITED), withheld=1))
PREPARING = Preparing(job_id="j1", since=NOW)
FAILED = Failed(reason=FailureReason.ENGINE_FAILED, since=NOW)


def say(state, **changes):
    return chart_summary.say(REQUEST, chart(state, **changes))


def only_card(state, **changes):
    (card,) = say(state, **changes)
    return card


def empties(value):
    """Every null or empty member anywhere in a JSON value (S2)."""
    if isinstance(value, dict):
        return [name for name, one in value.items() if one in (None, "", [], {})] + [
            e for one in value.values() for e in empties(one)
        ]
    return [e for one in value for e in empties(one)] if isinstance(value, list) else []


def token_types(markdown):
    tokens = MarkdownIt("gfm-like", {"html": False, "linkify": False}).parse(markdown)
    return {one.type for token in tokens for one in [token, *(token.children or [])]}


@settings(max_examples=300)
@given(state=states, seen=histories, digest=briefs)
def test_s18_s2_t12_any_state_of_any_chart_is_a_card_within_the_wire_limits_whose_text_stays_text(state, seen, digest):
    card = only_card(state, history=seen, brief=digest, review_url=lambda card_id: f"https://cds.test/review/{card_id}")
    wire = card.to_wire()

    assert 0 < len(wire["summary"]) < 140
    assert wire["summary"].isprintable()
    assert empties(wire) == []
    assert token_types(wire["detail"]) <= ALLOWED
    assert not ADDRESS.search(f"{wire['summary']} {wire['detail']}")


@pytest.mark.parametrize("state", [READY, PREPARING, FAILED, Absent(reason=AbsenceReason.NO_MODEL)])
def test_s20_s23_a_card_has_uuid_topic_suggestion_and_reasons(state):
    wire = only_card(state).to_wire()

    assert wire["uuid"]
    assert wire["selectionBehavior"] == "any"
    assert "actions" not in wire["suggestions"][0]
    assert wire["suggestions"][0]["uuid"]
    assert {reason["code"] for reason in wire["overrideReasons"]} == {reason.code for reason in OVERRIDE_REASONS}
    assert all(reason["display"] for reason in wire["overrideReasons"])
    assert wire["source"]["topic"]["code"].isalnum()


def test_the_first_line_of_a_ready_summary_is_label_coverage_and_first_statement():
    card = only_card(READY)

    assert card.summary == "AI summary (1 verified, 1 cited, 1 withheld): eGFR fell to 31"
    assert card.kind is CardKind.SUMMARY
    assert card.summary_id == "s1"


def test_a_statement_that_does_not_fit_whole_is_not_cut_because_it_could_lose_its_negation():
    long = "Effusion on the right side, known since the film of April, which the report of this October " + "rules out"
    card = only_card(Ready(summary_id="s1", summary=summary(statement(long), statement("Pleural effusion ruled out"))))

    assert card.summary.endswith("): Pleural effusion ruled out")


def test_where_no_statement_fits_the_line_says_how_many_there_are():
    card = only_card(Ready(summary_id="s1", summary=summary(statement("x" * 200))))

    assert card.summary == "AI summary (1 verified, 0 cited, 0 withheld): 1 statement, each with its sources"


def test_a_ready_summary_without_a_statement_says_so_and_shows_the_brief():
    card = only_card(Ready(summary_id="s1", summary=summary(withheld=5)))

    assert card.summary == "AI summary: no statement survived the checks (5 withheld). Chart brief: eGFR 31 falling"
    assert "- **Metformin**: 500 mg oral twice daily [E1]" in card.detail


def test_words_written_by_hand_are_not_passed_off_as_a_models():
    words = summary(statement())
    card = only_card(Ready(summary_id="s1", summary=replace(words, model=replace(words.model, is_scripted=True))))

    assert card.summary.startswith("Scripted AI summary (")
    assert "no model made it" in card.detail
    assert "AI-generated" not in card.detail


def test_the_detail_holds_three_statements_and_a_count_with_sources_of_this_very_history():
    many = [statement(f"Statement {n}") for n in range(5)]
    card = only_card(Ready(summary_id="s1", summary=summary(*many, withheld=2)))

    assert card.detail.count("\n- ") + card.detail.startswith("- ") == 3
    assert "- Statement 0 [E1]" in card.detail  # E1 here and now, not the E9 that the model was shown
    assert "Also in the summary: 2 statements. 2 statements withheld." in card.detail
    assert "not reviewed by a clinician. Not a diagnosis." in card.detail


def test_a_source_beyond_what_this_hook_saw_is_named_as_such():
    card = only_card(Ready(summary_id="s1", summary=summary(statement(reference="Observation/o7"))))

    assert "- eGFR fell to 31 [1 source beyond this read]" in card.detail


def test_a_brief_says_from_how_much_it_was_made_and_what_was_not_seen():
    gaps = (
        Omission(what="Observation", reason=Reason.OVER_LIMIT, count=40),
        Omission(what="DocumentReference/n1", reason=Reason.UNREADABLE),
        Omission(what="CarePlan", reason=Reason.NOT_SUPPLIED),
    )
    card = only_card(PREPARING, history=history(omissions=gaps))

    assert "Made by rule from 1 of 42 entries read." in card.detail
    assert "40 results and vital signs (beyond the limit of this read)" in card.detail
    assert "care plans (not supplied)" in card.detail


def test_warnings_come_first_on_the_line_and_in_the_detail():
    card = only_card(PREPARING, brief=brief(warnings=("Allergies were not seen",)))

    assert card.summary.startswith("Chart brief: Allergies were not seen; eGFR 31 falling")
    assert card.detail.startswith("**Allergies were not seen**")


def test_warnings_come_first_on_an_ai_summary_too():
    card = only_card(READY, brief=brief(warnings=("Allergies were not seen",)))

    assert card.summary.startswith("AI summary (1 verified, 1 cited, 1 withheld): Allergies were not seen")


def test_a_stale_summary_is_linked_and_not_quoted():
    old = summary(statement("The old statement"))
    state = Stale(summary_id="s1", summary=old, newer=3, removed=1, preparing=True)
    card = only_card(state, review_url=lambda card_id: f"https://cds.test/review/{card_id}")

    assert "The old statement" not in card.summary + card.detail
    assert "New AI summary in preparation" in card.summary
    assert card.links[1].label == "Older AI summary (as of 14-Oct-2026 10:30 UTC, 3 newer entries, 1 removed since)"
    assert card.kind is CardKind.BRIEF


def test_a_failure_is_said_with_its_reason_and_since_when():
    card = only_card(FAILED)

    assert "AI summary could not be prepared (the model failed since 10:30 UTC)" in card.summary
    assert "Not AI." in card.detail


@pytest.mark.parametrize("reason", FailureReason)
def test_every_failure_is_said_in_words_on_the_line_and_in_the_detail(reason):
    card = only_card(Failed(reason=reason, since=NOW - timedelta(days=2)))

    assert f"could not be prepared ({FAILURES[reason]} since 31-Oct-2026 10:30 UTC)" in card.summary
    assert f"could not be prepared: {FAILURES[reason]} (since" in card.detail.replace("\\", "")
    assert reason.value not in card.summary


@pytest.mark.parametrize("reason", AbsenceReason)
def test_every_absence_is_said_in_words(reason):
    card = only_card(Absent(reason=reason))

    assert ABSENCES[reason][0] in card.summary
    assert ABSENCES[reason][1] in card.detail


def test_s24_without_a_login_a_card_carries_no_link():
    assert only_card(READY).links == ()


def test_what_a_client_cannot_show_is_left_out():
    capabilities = ClientCapabilities(bare_suggestions=False, links=False, override_menu=False)
    wire = only_card(READY, capabilities=capabilities, review_url=lambda _: "https://cds.test/review").to_wire()

    assert not {"suggestions", "selectionBehavior", "links", "overrideReasons"} & wire.keys()


def test_saf_ack_1_only_a_mix_up_of_patients_raises_the_level():
    assert only_card(READY).indicator is Indicator.INFO
    assert only_card(Absent(reason=AbsenceReason.WRONG_PATIENT_DATA), alarms=MIX_UP).indicator is Indicator.WARNING


def test_t24_a_mix_up_is_the_first_thing_said():
    card = only_card(Absent(reason=AbsenceReason.WRONG_PATIENT_DATA), alarms=MIX_UP)

    assert card.summary.startswith("Chart brief: Data of another patient arrived with this record and were left out")


@pytest.mark.parametrize(
    ("state", "answered"),
    [
        (READY, Answered(summaries=frozenset({"s1"}))),
        (PREPARING, Answered(brief_at=NOW)),
        (Absent(reason=AbsenceReason.NO_MODEL), Answered(brief_at=NOW)),
        (FAILED, Answered(brief_at=NOW + timedelta(minutes=1))),
    ],
)
def test_saf_ack_2_what_this_user_has_answered_does_not_return(state, answered):
    assert say(state, answered=answered) is Silence.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (READY, {"answered": Answered(brief_at=NOW)}),  # the brief was answered, the AI summary was not
        (READY, {"answered": Answered(summaries=frozenset({"older"}))}),
        (FAILED, {"answered": Answered(brief_at=NOW - timedelta(minutes=1))}),  # the failure is news
        (Absent(reason=AbsenceReason.WRONG_PATIENT_DATA), {"answered": Answered(brief_at=NOW), "alarms": MIX_UP}),
    ],
)
def test_what_is_new_to_this_user_is_shown(state, changes):
    assert only_card(state, **changes).summary


def test_a_site_may_choose_silence_while_preparing_and_never_for_a_failure():
    assert say(PREPARING, silent_while_preparing=True) is Silence.SITE_CHOICE
    assert only_card(FAILED, silent_while_preparing=True).summary


def test_a_brief_shows_three_lines_and_counts_the_rest():
    card = only_card(PREPARING, brief=brief(*[line(f"Lead {n}") for n in range(5)]))

    assert "**Lead 2**" in card.detail
    assert "**Lead 3**" not in card.detail
    assert "And 2 more lines." in card.detail


@pytest.mark.parametrize(
    ("state", "awaits"),
    [
        (PREPARING, True),
        (Stale(summary_id="s1", summary=summary(statement()), newer=1, removed=0, preparing=True), True),
        (Stale(summary_id="s1", summary=summary(statement()), newer=1, removed=0, preparing=False), False),
        (FAILED, False),
        (READY, False),
    ],
)
def test_s27_an_ehr_is_told_by_an_extension_that_asking_again_may_bring_a_summary(state, awaits):
    wire = only_card(state).to_wire()
    assert wire.get("extension") == ({"org.chartside.awaits-summary": True} if awaits else None)
