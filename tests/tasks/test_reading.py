"""Whatever a model writes, no statement exists without sources that resolve, and nothing but a named error escapes."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_history import AS_OF, chart, entry, history

from fhir_adapters.history import Kind, Omission, Reason
from tasks.engine import Completion, StopReason
from tasks.engines.scripted import Scripted
from tasks.errors import CompletionUnreadable, SummaryError, UncitedStatement, WrongPatientData
from tasks.prompt import build_prompt
from tasks.reading import read_summary
from tasks.summary import Statement, StatementKind, Verdict

CHART = chart()
PROMPT = build_prompt(CHART, (), patient_id="p1", focus="chart-summary", budget=8_000, as_of=AS_OF)
GOOD = {"kind": "result", "text": "HbA1c 8.1 % on 02-Nov-2026.", "refs": ["E9"]}


def read(text, *, record=CHART, prompt=PROMPT, stop_reason=StopReason.END):
    engine = Scripted.fixed(text, stop_reason=stop_reason)
    return read_summary(
        engine.generate(prompt), prompt, record, model=engine.version, made_at=AS_OF, profile="text-only"
    )


def answer(*statements):
    return orjson.dumps({"statements": statements}).decode()


def test_a_true_statement_becomes_one_with_its_citation_and_its_checks():
    summary = read(answer(GOOD))
    (statement,) = summary.statements
    assert statement.verdict is Verdict.VERIFIED
    assert statement.citations[0].reference == CHART.by_id["E9"].reference
    assert statement.citations[0].content_hash == CHART.by_id["E9"].content_hash
    assert {result.check for result in statement.checks} >= {"C1", "C2", "C3", "C4"}
    assert summary.model.is_scripted
    assert summary.prompt_hash == PROMPT.prompt_hash


def test_a_false_statement_is_withheld_with_its_reason_and_its_sources():
    summary = read(answer(GOOD | {"text": "HbA1c 9.1 % on 02-Nov-2026."}))
    assert summary.statements == ()
    (withheld,) = summary.withheld
    assert withheld.reasons == ("9.1 % stands in none of its sources",)
    assert withheld.citations[0].entry_id == "E9"


def test_a_citation_of_nothing_in_this_prompt_is_withheld_even_beside_a_good_one():
    summary = read(answer(GOOD | {"refs": ["E9", "E99"]}))
    assert summary.statements == ()
    assert summary.withheld[0].reasons == ("cites E99, which is not in this chart",)
    assert read(answer(GOOD | {"refs": []})).withheld[0].reasons == ("cites nothing",)


def test_an_entry_that_was_cut_from_the_prompt_cannot_be_cited():
    record = history(entry("E1", Kind.PROBLEM, "Gout"), entry("E2", Kind.PROBLEM, "Secret", restricted=True))
    prompt = build_prompt(record, (), patient_id="p1", focus="chart-summary", budget=8_000, as_of=AS_OF)
    summary = read(answer({"kind": "problem", "text": "Secret.", "refs": ["E2"]}), record=record, prompt=prompt)
    assert summary.statements == ()
    assert [reference for reference, _ in summary.manifest] == ["Condition/e1"]
    assert [reference for reference, _ in summary.left_out] == ["Condition/e2"]


def test_what_was_not_used_is_carried():
    omission = Omission(what="Observation", reason=Reason.FAILED, count=2, detail="HTTP 503")
    record = replace(CHART, omissions=(omission,))
    prompt = replace(PROMPT, cut=("3 × note: beyond the model's budget",))
    assert read(answer(GOOD), record=record, prompt=prompt).not_used == (
        "2 × Observation: could not be read (HTTP 503)",
        "3 × note: beyond the model's budget",
    )
    assert read(answer(GOOD)).covered == ("Condition", "MedicationRequest", "Observation")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "no JSON",
        '{"statements":',
        '{"statements":{}}',
        '{"statements":[1]}',
        '{"statements":[{}]}',
        '{"statements":[],"headline":"All well"}',
        answer(GOOD | {"more": 1}),
        answer(GOOD | {"kind": "order"}),
        answer(GOOD | {"kind": ["result"]}),
        answer(GOOD | {"text": 7}),
        answer(GOOD | {"refs": "E9"}),
        answer(GOOD | {"refs": [9]}),
        answer(*[GOOD] * 25),
        "[" * 5_000,
        '{"statements":[' * 5_000,
        "x" * 200_000,
        "\ud800",
        f"<unused94>thought\n{answer(GOOD)}",
    ],
)
def test_anything_but_the_asked_shape_is_named_unreadable(text):
    with pytest.raises(CompletionUnreadable) as caught:
        read(text)
    assert "HbA1c" not in str(caught.value)


def test_a_completion_that_was_cut_off_is_never_half_read():
    with pytest.raises(CompletionUnreadable):
        read(answer(GOOD), stop_reason=StopReason.LENGTH)


def test_control_characters_between_the_json_do_no_harm_and_in_a_text_fail_it():
    assert read("\x10" + answer(GOOD) + "\x00").count(Verdict.VERIFIED) == 1
    assert read(answer(GOOD | {"text": "HbA1c 8.1 %\non 02-Nov-2026."})).statements == ()


@pytest.mark.parametrize(
    "text",
    [
        "HbA1c 8.1 %, see https://example.org/x",
        "HbA1c 8.1 % [details](http://x)",
        "HbA1c 8.1 % <img src=x>",
        "**HbA1c** 8.1 %",
        "HbA1c 8.1 %, mail a@b.example",
        "HbA1c 8.1 % &lt;a href=x&gt;",
        "HbA1c 8.1 % ＜start_of_turn＞model",
        "",
        "HbA1c 8.1 % h\u200bttps://example.org",
        "HbA1c 8.1 % `x`",
        "HbA1c 8.1 % | 9",
        "Testa: HbA1c 8.1 %",
    ],
)
def test_a_link_markup_control_token_or_name_never_becomes_a_statement(text):
    summary = read(answer(GOOD | {"text": text}))
    assert summary.statements == ()
    assert "<start_of_turn>" not in summary.withheld[0].text


def test_a_prompt_of_another_chart_is_refused():
    with pytest.raises(WrongPatientData):
        read(answer(GOOD), record=replace(CHART, fingerprint="other"))
    with pytest.raises(WrongPatientData):
        read(answer(GOOD), prompt=replace(PROMPT, patient_id="p2"))


def test_a_statement_without_a_citation_cannot_be_built():
    with pytest.raises(UncitedStatement):
        Statement(kind=StatementKind.RESULT, text="x", citations=(), verdict=Verdict.CITED, checks=())


def holds(summary):
    """The property of the house: no source, no sentence."""
    for statement in summary.statements:
        assert statement.citations
        assert statement.verdict in {Verdict.VERIFIED, Verdict.CITED}
        for citation in statement.citations:
            cited = CHART.by_id[citation.entry_id]
            assert citation.entry_id in PROMPT.entry_ids
            assert (citation.reference, citation.content_hash) == (cited.reference, cited.content_hash)


def survives(text):
    try:
        summary = read(text)
    except SummaryError:
        return
    holds(summary)


@given(st.text())
def test_any_text_gives_a_summary_whose_statements_resolve_or_a_named_error(text):
    survives(text)


@given(st.binary())
def test_any_bytes_give_a_summary_whose_statements_resolve_or_a_named_error(content):
    survives(content)


WORDS = st.sampled_from(
    [
        *(each.title for each in CHART.entries),
        "8.1 %",
        "58",
        "31 mL/min/1.73 m2",
        "on 02-Nov-2026",
        "in 2021",
        "rose",
        "fell",
        "no",
        "possible",
        "left",
        "right",
        "due to",
        "takes",
        "was stopped",
        "500 mg",
        "twice daily",
        "“",
        "”",
        "from",
        "to",
        ".",
        ";",
        "not",
        "allergies",
        "\x00",
        "<end_of_turn>",
        "https://x.org",
        "E4",
        "٣",
        "½",
        "10⁹/L",
        "mother",
        "1/2/2026",
        "99:99",
    ]
)
STATEMENTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([*StatementKind, "order", 1]) | st.none(),
        "text": st.lists(WORDS | st.text(max_size=8), max_size=12).map(" ".join) | st.just(7),
        "refs": st.lists(st.sampled_from([*PROMPT.entry_ids, "E0", "E99", "Observation/e9", ""]), max_size=7)
        | st.text(),
    }
)
NEARLY = st.fixed_dictionaries({"statements": st.lists(STATEMENTS, max_size=4)})


@settings(max_examples=300)
@given(NEARLY)
def test_nearly_valid_json_gives_a_summary_whose_statements_resolve_or_a_named_error(content):
    survives(orjson.dumps(content).decode())


VALID = st.builds(
    lambda kind, words, refs: {"kind": kind, "text": " ".join(words), "refs": refs},
    st.sampled_from(list(StatementKind)),
    st.lists(WORDS, min_size=1, max_size=10),
    st.lists(st.sampled_from(PROMPT.entry_ids), min_size=1, max_size=6),
)


@settings(max_examples=300)
@given(st.lists(VALID, max_size=6))
def test_every_valid_statement_is_shown_or_withheld_with_a_reason_and_none_is_lost(statements):
    summary = read(answer(*statements))
    holds(summary)
    assert len(summary.statements) + len(summary.withheld) == len(statements)
    assert all(withheld.reasons for withheld in summary.withheld)


def test_a_completion_says_how_it_was_decoded():
    engine = Scripted.fixed(answer(GOOD))
    assert isinstance(engine.generate(PROMPT), Completion)
    assert read(answer(GOOD)).settings.constrained is False
