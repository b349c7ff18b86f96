"""Histories, briefs, summaries and states as plain values, and strategies that make hostile ones."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from fhir_adapters.history import Coverage, Entry, Kind, Omission, PatientFacts, PatientHistory, Reason, Standing
from hooks.contexts import PatientViewContext
from hooks.request import HookRequest
from hooks.service import Chart
from tasks.brief import BriefLine, Caution, CautionKind, ChartBrief, Section
from tasks.reasons import AbsenceReason, FailureReason
from tasks.states import Absent, Failed, Preparing, Ready, Stale
from tasks.summary import (
    Citation,
    GenerationSettings,
    ModelVersion,
    Statement,
    StatementKind,
    Summary,
    Verdict,
    Withheld,
)

ADDRESS = re.compile(r"[a-z]:/+\w|www\.\w|\w@\w", re.IGNORECASE)  # what a renderer that links bare addresses takes up
NOW = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)

REQUEST = HookRequest(
    hook="patient-view",
    hook_instance="00000000-0000-4000-8000-000000000000",
    context=PatientViewContext(user_id="Practitioner/u1", patient_id="p1"),
)


def entry(number: int = 1, line: str = "Type 2 diabetes") -> Entry:
    return Entry(
        id=f"E{number}",
        reference=f"Condition/c{number}",
        kind=Kind.PROBLEM,
        title=line,
        standing=Standing.CURRENT,
        status="active",
        when=None,
        until=None,
        values=(),
        details=(),
        codes=(),
        passage="",
        line=line,
        content_hash=f"h{number}",
        version="",
        last_updated="",
    )


def history(*entries: Entry, omissions: tuple[Omission, ...] = ()) -> PatientHistory:
    facts = PatientFacts(id="p1", name="Canary", birth_date=None, gender="female", identifier="")
    return PatientHistory(
        patient=facts,
        entries=entries or (entry(),),
        omissions=omissions,
        coverage=(("Condition", Coverage.WHOLE),),
        fingerprint="f1",
    )


def line(lead: str = "Metformin", text: str = "500 mg oral twice daily", ids: tuple[str, ...] = ("E1",)) -> BriefLine:
    return BriefLine(section=Section.MEDICINES, lead=lead, text=text, entry_ids=ids)


def brief(
    *lines: BriefLine, headline: tuple[str, ...] = ("eGFR 31 falling",), warnings: tuple[str, ...] = ()
) -> ChartBrief:
    lines = lines or (line(),)
    return ChartBrief(
        lines=lines,
        headline=headline,
        top=tuple(range(min(3, len(lines)))),
        cautions=tuple(Caution(kind=CautionKind.NOT_SEEN, text=text) for text in warnings),
        entries_read=1,
        fingerprint="f1",
        as_of=NOW,
        rules="brief-1",
    )


def statement(
    text: str = "eGFR fell to 31", verdict: Verdict = Verdict.VERIFIED, reference: str = "Condition/c1"
) -> Statement:
    citation = Citation(entry_id="E9", reference=reference, content_hash="h1")
    return Statement(kind=StatementKind.RESULT, text=text, citations=(citation,), verdict=verdict, checks=())


def summary(*statements: Statement, withheld: int = 0, **changes: Any) -> Summary:
    model = ModelVersion(
        name="MedGemma 27B", revision="3f9c1a2b", digest="d", engine="transformers", engine_version="5"
    )
    values: dict[str, Any] = {
        "statements": statements,
        "withheld": tuple(Withheld(text="w", reasons=("r",)) for _ in range(withheld)),
        "fingerprint": "f0",
        "manifest": (),
        "covered": (),
        "not_used": (),
        "images": (),
        "model": model,
        "prompt_hash": "p",
        "settings": GenerationSettings(max_new_tokens=1, seed=1),
        "profile": "text-only",
        "made_at": NOW - timedelta(days=19),
    }
    return Summary(**(values | changes))


def chart(state: object, **changes: Any) -> Chart:
    numbers = itertools.count(1)
    values: dict[str, Any] = {
        "history": history(),
        "brief": brief(),
        "state": state,
        "now": NOW,
        "new_id": lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
    }
    return Chart(**(values | changes))


# Text as a record or a model might hold it: anything, and what Markdown and HTML act on.
_NASTY = st.sampled_from(
    [
        "<img src=x onerror=alert(1)>",
        "![x](https://evil.test/p.png)",
        "[click](javascript:alert(1))",
        "# Heading",
        "---",
        "1. one",
        "> quote",
        "```\ncode\n```",
        "<script>alert(1)</script>",
        "https://evil.test/x",
        "www.evil.test",
        "a@evil.test",
        "| a | b |\n|---|---|",
        "**bold**",
        "&lt;b&gt;",
        "[x]: https://evil.test",
        "\u202eevil",
        "a\u200bb",
        "\\",
        "\\[x](y)",
        "* item",
        "+ item",
        "    code",
        "===",
        "<https://evil.test>",
        "~~gone~~",
        "- [ ] task",
        "\t# x",
        "``",
        "_x_",
        "x@",
        "@x",
        "www",
        "see www.",
        "ftp:",
        "//evil.test",
        "BNP <cutoff",
        "<",
        "]",
        "(x)",
        "](javascript:1)",
    ]
)
texts = st.one_of(_NASTY, st.text(max_size=300), st.lists(_NASTY, min_size=1, max_size=4).map("\n".join))
_ids = st.lists(st.integers(1, 9).map(lambda n: f"E{n}"), max_size=4).map(tuple)
_moments = st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1))  # noqa: DTZ001

omissions = st.builds(
    Omission,
    what=st.one_of(st.sampled_from(["Observation", "DocumentReference/n1"]), texts),
    reason=st.sampled_from(Reason),
    count=st.integers(1, 10**6),
    detail=texts,
)
histories = st.builds(
    lambda lines, gaps: history(*[entry(i + 1, text or "x") for i, text in enumerate(lines)], omissions=tuple(gaps)),
    st.lists(texts, max_size=4),
    st.lists(omissions, max_size=6),
)
briefs = st.builds(
    lambda rows, head, warn: brief(*rows, headline=tuple(head), warnings=tuple(warn)),
    st.lists(
        st.builds(BriefLine, section=st.sampled_from(Section), lead=texts, text=texts, entry_ids=_ids),
        min_size=1,
        max_size=6,
    ),
    st.lists(texts, max_size=4),
    st.lists(texts, max_size=3),
)
_statements = st.builds(
    statement,
    texts,
    st.sampled_from([Verdict.VERIFIED, Verdict.CITED]),
    st.sampled_from(["Condition/c1", "Observation/o9"]),
)
summaries = st.builds(
    lambda rows, held, name, scripted, at: summary(
        *rows,
        withheld=held,
        made_at=at,
        not_used=("x",) * held,
        model=ModelVersion(name=name, revision=name, digest="d", engine="e", engine_version="1", is_scripted=scripted),
    ),
    st.lists(_statements, max_size=5),
    st.integers(0, 9),
    texts,
    st.booleans(),
    _moments,
)
states = st.one_of(
    st.builds(Ready, summary_id=st.just("s1"), summary=summaries),
    st.builds(
        Stale,
        summary_id=st.just("s1"),
        summary=summaries,
        newer=st.integers(0, 10**6),
        removed=st.integers(0, 99),
        preparing=st.booleans(),
    ),
    st.builds(Preparing, job_id=st.just("j1"), since=_moments),
    st.builds(Failed, reason=st.sampled_from(FailureReason), since=_moments),
    st.builds(Absent, reason=st.sampled_from(AbsenceReason)),
)
