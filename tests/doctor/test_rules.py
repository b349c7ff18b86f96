"""The rules themselves, on answers written by hand: what breaks which of them, and what breaks none."""

import copy
import json

import pytest

from cds_service.doctor.answer import Answer
from cds_service.doctor.examination import rules
from cds_service.doctor.finding import Finding, Verdict, kept, not_run, quoted, shall, should
from cds_service.doctor.members import empty_members
from cds_service.doctor.rules_answer import ACCESS_TOKEN, ANSWER_RULES
from cds_service.doctor.rules_card import CARD_RULES
from cds_service.doctor.templates import search_problems, token_problems

CODING = {"code": "a", "system": "urn:a", "display": "A"}
ACTION = {"type": "create", "description": "Order it", "resource": {"resourceType": "ServiceRequest"}}


def card(**changes):
    whole = {
        "uuid": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
        "summary": "x" * 139,
        "detail": "More",
        "indicator": "warning",
        "source": {"label": "A", "url": "https://a.example/", "topic": CODING},
        "selectionBehavior": "at-most-one",
        "suggestions": [{"label": "Do", "uuid": "e56e1945-20b3-4393-8503-a1a20fd73152", "actions": [ACTION]}],
        "overrideReasons": [CODING],
        "links": [{"label": "App", "url": "https://a.example/launch", "type": "smart", "appContext": "x"}],
        "extension": {"com.example.note": {"a": 1}},
    } | changes
    return {name: value for name, value in whole.items() if value is not ...}


def suggestion(**changes):
    return {"suggestions": [{"label": "Do", "uuid": "u", **changes}]}


def action(**changes):
    return suggestion(actions=[{name: value for name, value in (ACTION | changes).items() if value is not ...}])


def link(**changes):
    return {"links": [{"label": "App", "url": "https://a.example/", "type": "absolute"} | changes]}


def broken(one):
    return {f"{rule.rule.requirement} {rule.rule.name}" for rule in CARD_RULES if list(rule.problems(one))}


def test_a_card_that_keeps_every_rule_breaks_none():
    assert broken(card()) == set()
    assert broken({"summary": "A", "indicator": "info", "source": {"label": "A"}, "uuid": "u"}) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"summary": "x" * 140}, {"S18 summary"}),
        ({"summary": 7}, {"S18 summary"}),
        ({"indicator": "hard-stop"}, {"S18 indicator"}),
        ({"indicator": ...}, {"S18 indicator"}),
        ({"detail": {"text": "A"}}, {"S18 detail"}),
        ({"uuid": ...}, {"S18 uuid"}),
        ({"override_reasons": [CODING]}, {"S18 spelling"}),
        ({"source": ...}, {"S19 source"}),
        ({"source": {"label": "A", "icon": "/icon.png"}}, {"S19 source"}),
        ({"source": {"label": "A", "topic": CODING | {"version": "1"}}}, {"S19 source", "S26 codings"}),
        ({"selectionBehavior": "all"}, {"S20 behavior"}),
        ({"selectionBehavior": ...}, {"cds-resp-6 behavior-present"}),
        ({"suggestions": {}}, {"S21 suggestions"}),
        (suggestion(label=""), {"S21 suggestions"}),
        (suggestion(isRecommended="yes"), {"S21 suggestions"}),
        ({"suggestions": [{"label": "A", "isRecommended": True}] * 2}, {"cds-resp-1 recommended"}),
        (action(type="change"), {"S22 actions"}),
        (action(resource=...), {"S22 actions"}),
        (action(type="delete"), {"cds-resp-2 delete"}),
        (action(type="delete", resource=..., resourceId="ServiceRequest/1"), set()),
        (action(description=...), {"cds-resp-5 descriptions"}),
        (suggestion(actionSelectionBehavior="some"), {"cds-resp-7 action-behavior"}),
        ({"overrideReasons": [{"code": "a", "display": "A"}]}, {"S23 reasons", "S26 codings"}),
        ({"overrideReasons": [{"code": "a", "system": "urn:a"}]}, {"cds-resp-4 displays"}),
        (link(url="/launch"), {"S24 links"}),
        (link(url="javascript:alert(1)"), {"S24 links"}),
        (link(type="web"), {"S24 links"}),
        (link(autoLaunchable=True), {"S24 links"}),
        (link(autolaunchable=True), set()),
        (link(appContext="x"), {"cds-resp-3 app-context"}),
        ({"extension": []}, {"S27 extension"}),
        ({"extension": {"note": 1}}, {"S27 names"}),
    ],
)
def test_each_change_of_a_card_breaks_its_own_rules_alone(changes, expected):
    assert broken(card(**changes)) == expected


def places(value, place=()):
    """The path of every member and item of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*place, name)
        yield from places(one, (*place, name))


@pytest.mark.parametrize("odd", [[], [None], {}, "x", 7, None, [[]], {"a": None}], ids=json.dumps)
def test_no_shape_of_any_member_surprises_a_rule(odd):
    for *way, last in places(card()):
        changed = copy.deepcopy(card())
        parent = changed
        for step in way:
            parent = parent[step]
        parent[last] = odd

        assert isinstance(broken(changed), set)
        assert isinstance(verdicts(answer({"cards": [changed]})), dict)


@pytest.mark.parametrize(
    "template",
    [
        "Patient/{{context.patientId}}",
        "Practitioner/{{userPractitionerId}}",
        "{{context.userId}}",
        "Observation?patient={{context.patientId}}&code:in=http://a.example/vs&date=ge{{today() - 90 days}}",
        "Condition?patient={{context.patientId}}&_sort=-date&_count=50",
    ],
)
def test_s9_templates_of_the_standard_are_taken(template):
    assert list(token_problems(template)) == []
    assert list(search_problems(template)) == []


@pytest.mark.parametrize(
    "template", ["Patient/{{context.user.id}}", "Patient/{{patientId}}", "Patient/{{context.patientId"]
)
def test_s9_other_tokens_are_named(template):
    assert list(token_problems(template))


@pytest.mark.parametrize(
    "template",
    [
        "Patient?general-practitioner.name=x",
        "Condition?patient:Patient.name=x",
        "metadata?x",
        "Observation?date=sa2020",
    ],
)
def test_s9_searches_that_servers_need_not_know_are_named(template):
    assert list(search_problems(template))


def test_s2_every_null_and_empty_member_is_found_and_the_two_lists_may_be_empty():
    document = {"cards": [], "a": None, "b": {"c": "", "d": [{}, 0, False]}}

    found = sorted(empty_members(document, lawful=frozenset({"cards"})))

    assert found == ["a", "b.c", "b.d.0"]
    assert list(empty_members({"x": {"cards": []}}, lawful=frozenset({"cards"}))) == ["x.cards"]


def answer(body, *, status=200, seconds=0.01, content_type="application/json", method="POST", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content-Type": content_type, "Cache-Control": "no-store"} | headers
    return Answer.read(method, "/cds-services/a", status=status, headers=named, body=raw, seconds=seconds)


def verdicts(*answers):
    return {f"{one.rule.requirement} {one.rule.name}": one.judge(answers).is_kept for one in ANSWER_RULES}


def test_an_answer_that_keeps_every_rule_breaks_none():
    refused = answer({"resourceType": "OperationOutcome"}, status=400)

    assert set(verdicts(answer({"cards": [card()]}), refused).values()) == {True}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (answer(b'{"cards":[],}'), {"S1 utf-8", "S17 cards"}),
        (answer(b'{"cards":[]} // none'), {"S1 utf-8", "S17 cards"}),
        (answer(b'{"cards":[],"x":NaN}'), {"S1 utf-8", "S17 cards"}),
        (answer(b"[" * 50_000), {"S1 utf-8", "S17 cards"}),
        (answer({"cards": []}, content_type="text/json"), {"S1 media-type"}),
        (answer([]), {"S17 cards"}),
        (answer({"cards": [7]}), {"S17 cards"}),
        (answer({"cards": [], "systemActions": None}), {"S2 no-empties", "S25 system-actions"}),
        (answer({"cards": [card(), card()]}), {"S18 distinct"}),
        (answer({"cards": []}, seconds=0.6), {"S16 in-time"}),
        (answer({"cards": []}, **{"Cache-Control": "max-age=60"}), {"S41 not-stored"}),
        (answer({"detail": "no"}, status=422), {"S13 outcomes"}),
        (answer({"cards": [{"summary": ACCESS_TOKEN}]}), {"T6 token"}),
        (
            answer(b'Traceback (most recent call last):\n  File "a.py", line 1', status=500),
            {"S13 outcomes", "T6 stack-trace"},
        ),
        (answer(b"at com.example.Hook.call(Hook.java:7)", status=500), {"S13 outcomes", "T6 stack-trace"}),
    ],
)
def test_each_odd_answer_breaks_its_own_rules_alone(seen, expected):
    assert {name for name, is_kept in verdicts(seen).items() if is_kept is False} == expected


def test_what_was_not_seen_is_not_judged():
    assert set(verdicts().values()) == {None}


def test_a_finding_takes_its_verdict_from_its_rule():
    rule = {"requirement": "S1", "name": "a", "asks": "b"}

    assert Finding.of(shall(*rule.values()), kept("")).verdict is Verdict.PASS
    assert Finding.of(should(*rule.values()), not_run("")).verdict is Verdict.NOT_RUN


def test_a_name_that_a_service_chose_is_quoted_without_harm():
    assert quoted("chart-summary") == "'chart-summary'"
    assert quoted("[bold]\x1b[31m<b>\n") == "'?bold???31m?b??'"
    assert len(quoted("x" * 1000)) == 43


def test_requirement_and_name_together_name_one_rule_and_its_family_stands_in_the_page(repository):
    names = [(one.requirement, one.name) for one in rules()]
    page = (repository / "docs" / "doctor.md").read_text("utf-8")

    assert len(set(names)) == len(names) > 130
    for family in ("S1", "S12", "S41", "cds-resp-", "cds-fb-1", "T1", "T11", "REL-1", "SAF-ACK-2"):
        assert f"| {family}" in page or f", {family}" in page
    forged = sum(1 for one in rules() if one.asks.endswith(": 401") or ": 401, " in one.asks)
    assert f"{forged - 3} tokens that must be refused" in page  # three calls of these carry none
