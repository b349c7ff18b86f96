"""The switches: thrown on the audit desk or by a command, obeyed by the very next hook, undone with a note."""

import json

import pytest
from hook_desk import hook_body
from page_desk import AUDITOR, STATEMENTS, A, scripted, shown
from typer.testing import CliRunner

from cds_service.cli import app
from cds_service.login import Scope
from cds_service.main import open_ledger
from cds_service.pages import names_to_switch
from cds_service.settings import load_settings
from ledger.switches import SwitchKind

OFF, ON, PAGE = "/audit/switches/off", "/audit/switches/on", "/audit/switches"
NAMES = {"service": "chart-summary", "model": "medgemma", "prompt": "chart-summary", "client": "ehr"}


def throw(pages, path, kind, name=None, /, *, user=AUDITOR, **fields):
    form = {"token": pages.token(user), "kind": kind, "name": name or NAMES[kind], "note": "drill"} | fields
    return pages.post(path, form, user)


@pytest.mark.parametrize("kind", ["service", "client"])
def test_a_service_or_an_ehr_that_is_off_gets_no_card_with_a_coded_reason_and_cards_again_when_it_is_on(pages, kind):
    assert pages.cards()
    assert throw(pages, OFF, kind).status_code == 303
    assert pages.cards() == []
    assert pages.desk.event("card.none").detail["reason"] == "switched-off"

    assert throw(pages, ON, kind).status_code == 303
    assert pages.cards(hook_body("p2"))


@pytest.mark.parametrize("kind", ["model", "prompt"])
def test_with_a_model_or_a_prompt_off_no_summary_is_asked_for_and_the_brief_stands(pages, kind):
    throw(pages, OFF, kind)
    card = pages.card()
    assert card
    assert "job.queued" not in pages.desk.kinds()

    throw(pages, ON, kind)
    pages.card(hook_body("p2"))
    assert "job.queued" in pages.desk.kinds()


def test_a_summary_of_a_model_that_was_switched_off_leaves_the_next_card(pages, tmp_path):
    pages.card()
    assert pages.summarise(scripted(tmp_path / "engine", STATEMENTS)) == ["done"]
    assert "AI summary (3 verified" in pages.cards()[0]["summary"]
    throw(pages, OFF, "model")
    assert "AI summary (3 verified" not in pages.cards()[0]["summary"]
    throw(pages, ON, "model")
    assert "AI summary (3 verified" in pages.cards()[0]["summary"]


def test_the_page_tells_what_is_off_since_when_by_whom_and_why(pages):
    assert "Nothing: all services, models, prompts and EHRs are on." in shown(pages.get(PAGE, AUDITOR).text)
    throw(pages, OFF, "model", note="wrong dose in two summaries")
    page = shown(pages.get(PAGE, AUDITOR).text)
    assert "Model medgemma is off since" in page
    assert "wrong dose in two summaries" in page
    assert "Practitioner/" in page
    assert "1 switched off" in shown(pages.get("/audit", AUDITOR).text)


def test_looking_at_the_switches_is_an_entry(pages):
    pages.get(PAGE, AUDITOR)
    assert pages.desk.kinds() == ["audit.viewed"]


@pytest.mark.parametrize("path", [OFF, ON])
@pytest.mark.parametrize(
    "wrong", [{"note": " "}, {"note": "x" * 2_001}, {"kind": "engine"}, {"name": " "}, {"name": "a b"}, {"name": "ä"}]
)
def test_a_switch_that_is_incomplete_changes_nothing(pages, path, wrong):
    answer = throw(pages, path, "service", **wrong)
    if path == ON and wrong.get("name", "").strip():
        assert answer.status_code == 303  # what is not off stays on
    else:
        assert answer.status_code == 400
    assert "switch.off" not in pages.desk.kinds()
    assert "switch.on" not in pages.desk.kinds()


def test_t14_a_switch_needs_the_token_of_this_session_and_our_own_origin(pages):
    form = {"kind": "service", "name": "chart-summary", "note": "x"}
    assert pages.post(OFF, form, AUDITOR).status_code == 403
    assert pages.post(OFF, form | {"token": pages.token(A)}, AUDITOR).status_code == 403
    elsewhere = form | {"token": pages.token(AUDITOR)}
    assert pages.post(OFF, elsewhere, AUDITOR, origin="https://elsewhere.test").status_code == 403
    assert "switch.off" not in pages.desk.kinds()


def test_a_clinician_sees_no_switch_and_throws_none(pages):
    assert pages.get(PAGE, A).status_code == 403
    assert throw(pages, OFF, "service", user=A).status_code == 403
    assert pages.http.get(PAGE).status_code == 303
    assert pages.desk.kinds() == []


def test_t13_an_auditor_switches_no_other_ehr(pages):
    assert throw(pages, OFF, "client", "another-ehr").status_code == 403
    assert "switch.off" not in pages.desk.kinds()


def test_t13_an_auditor_of_one_tenant_alone_throws_no_switch(pages, monkeypatch):
    whole = pages.login.who

    def of_one_tenant(request):
        person = whole(request)
        object.__setattr__(person, "scope", Scope(client="ehr", tenant="north"))
        return person

    monkeypatch.setattr(pages.login, "who", of_one_tenant)
    assert throw(pages, OFF, "service").status_code == 403


def test_what_is_switched_off_twice_is_off_once(pages):
    assert [throw(pages, OFF, "service").status_code for _ in range(2)] == [303, 303]
    assert pages.desk.kinds().count("switch.off") == 1


def test_the_names_offered_are_those_that_hooks_go_by(pages):
    names = names_to_switch(pages.desk.parts.services.values(), engine=pages.desk.parts.engine, clients=("ehr",))
    assert names[SwitchKind.MODEL] == ("medgemma",)
    assert "chart-summary" in names[SwitchKind.SERVICE]
    assert "chart-summary" in names[SwitchKind.PROMPT]
    assert "appointment-book-warmup" not in names[SwitchKind.PROMPT]  # it asks for the summary of chart-summary
    without = names_to_switch(pages.desk.parts.services.values(), engine=None, clients=())
    assert (without[SwitchKind.MODEL], without[SwitchKind.PROMPT]) == ((), ())


@pytest.fixture
def command(tmp_path):
    """`chartside switch` on a ledger of its own; the exit code and what it printed."""
    run = CliRunner().invoke
    assert run(app, ["keys", "create", str(tmp_path / "keys" / "ledger.json")]).exit_code == 0
    config = tmp_path / "chartside.toml"
    config.write_text(
        'profile = "text-only"\n[ledger]\nurl = "sqlite:///data/ledger.db"\ndata_dir = "data"\n'
        'key_file = "keys/ledger.json"\ncheckpoint = "checkpoint.log"\n'
    )
    open_ledger(load_settings(config)).close()

    def switch(*words):
        answer = run(app, ["switch", *words, "--config", str(config)])
        return answer.exit_code, answer.output

    return switch


def test_the_command_switches_off_lists_and_switches_on(command):
    code, said = command("off", "service", "chart-summary", "--note", "drill", "--by", "on-call")
    assert (code, said.strip()) == (0, "service chart-summary is off.")
    code, said = command("list", "--json")
    (one,) = json.loads(said)
    assert (code, one["kind"], one["name"], one["by"], one["note"]) == (
        0,
        "service",
        "chart-summary",
        "on-call",
        "drill",
    )
    assert "on-call" in command("list")[1]
    assert command("on", "service", "chart-summary", "--note", "over")[0] == 0
    assert command("list") == (0, "Nothing is switched off.\n")
    assert json.loads(command("list", "--json")[1]) == []


def test_the_command_says_what_was_so_already(command):
    assert command("on", "model", "m", "--note", "n")[0] == 1
    code, said = command("on", "model", "m", "--note", "n", "--json")
    assert (code, json.loads(said)["changed"]) == (1, False)
    command("off", "model", "m", "--note", "n")
    code, said = command("off", "model", "m", "--note", "n", "--json")
    assert (code, json.loads(said)) == (0, {"kind": "model", "name": "m", "is": "off", "changed": False})


def test_the_command_needs_a_note_and_a_known_kind(command):
    assert command("off", "service", "chart-summary")[0] == 2
    assert command("off", "engine", "x", "--note", "n")[0] == 2
    code, said = command("off", "service", "chart-summary", "--note", " ")
    assert code == 1
    assert "a note" in said


def test_the_command_warns_of_a_name_that_nothing_here_has(command):
    code, said = command("off", "service", "chart-sumary", "--note", "drill")
    assert code == 0
    assert "has no service chart-sumary; it has " in said
    assert "chart-summary" in said
    assert "service chart-sumary is off." in said
    assert "has no" not in command("off", "service", "chart-summary", "--note", "drill")[1]
