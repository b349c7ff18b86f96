"""Directives first, then pregnancy, plans, operations, earlier stays and social history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.changes import Medicines
from tasks.brief_rules.chart import Chart, has_number
from tasks.brief_rules.encounters import earlier_stays, reason_of, stay_dates, was_recent
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.lexicon import (
    ADMINISTRATIVE,
    DIRECTIVE,
    MINOR_PROBLEM,
    ROUTINE,
    SCREENING,
    SOCIAL_TESTS,
    is_major_procedure,
)
from tasks.brief_rules.marks import day_ahead, doubt, is_ahead, is_counted, result_mark
from tasks.brief_rules.medicines import Medicine
from tasks.brief_rules.pregnancy import PREGNANCY_TESTS, pregnancy_findings
from tasks.brief_rules.problems import Problem, Problems
from tasks.brief_rules.wording import clip, day, joined, listed, lowered, lowered_name, noted, quoted, since

_ELSEWHERE = frozenset({*PREGNANCY_TESTS, "resuscitation status"})
_PLANS = 3
_FEW = 6
_PAST = 6
_HEADING_WORDS = 7
_LIMITING = ("dnr", "dnar", "dnacpr", "do not", "not for", "no cpr", "does not wish", "declines", "dni", "comfort")


def care_findings(chart: Chart, problems: Problems, medicines: Medicines) -> list[Finding]:
    """The lines of care in reading order."""
    answers = _social_answers(chart)
    return [
        *_directives(chart),
        *pregnancy_findings(chart, answers),
        *_planned(chart, medicines[Standing.PLANNED]),
        *_care_plans(chart),
        *_past_problems(chart, problems.past),
        *_operations(chart),
        *earlier_stays(chart),
        *_social(chart, answers, problems),
    ]


def _directives(chart: Chart) -> list[Finding]:
    """What the patient, or the ward, has laid down about treatment: each quoted, the newest of a kind."""
    found: dict[tuple[str, str], Entry] = {}
    entries = [
        entry
        for entry in chart.of(Kind.NOTE, Kind.SOCIAL, Kind.RESULT, Kind.PROBLEM, Kind.PROCEDURE, Kind.CARE_PLAN)
        if not has_number(entry) and DIRECTIVE.find(entry.title)
    ]
    for entry in chart.newest_first(entries):
        if entry.standing in {Standing.CURRENT, Standing.UNKNOWN}:
            found.setdefault((entry.title.lower(), doubt(entry)), entry)
    return [_directive(entry) for entry in found.values()]


def _directive(entry: Entry) -> Finding:
    said = "; ".join(value.text for value in entry.values) or _directive_quote(entry)
    # A document is worth opening whatever it says; "for resuscitation" as an observation is the rule and no news.
    limiting = entry.kind is Kind.NOTE or any(words in f"{entry.title} {said}".lower() for words in _LIMITING)
    text = joined((joined((day(entry.when), doubt(entry))), said), ": ") or "stated in the record"
    return finding(
        Section.CARE,
        entry.title,
        text,
        [entry],
        slot=Slot.DIRECTIVE,
        urgency=Urgency.DIRECTIVE if limiting else Urgency.BACKGROUND,
        weight=Weight.NOTABLE,
        phrase=_directive_phrase(entry, said) if limiting and not doubt(entry) else "",
    )


def _directive_quote(entry: Entry) -> str:
    """The document's own words, without the sentence that is only its heading."""
    if not entry.passage:
        return "text not read" if entry.kind is Kind.NOTE else ""
    whole = entry.passage.strip()
    first, _, rest = whole.partition("\n")
    starts_with_heading = rest.strip() and len(first.split()) <= _HEADING_WORDS
    return quoted(rest if starts_with_heading else whole, 260)


def _directive_phrase(entry: Entry, said: str) -> str:
    """`resuscitation status: DNR`, or the document's name and date."""
    if entry.values:
        return clip(f"{lowered_name(entry.title)}: {said}", 59)
    return clip(f"{lowered_name(entry.title)} ({day(entry.when)})", 59)


def _planned(chart: Chart, medicines: Sequence[Medicine]) -> list[Finding]:
    """Encounters, procedures and medicines that are planned and not done."""
    planned = [e for e in chart.of(Kind.ENCOUNTER, Kind.PROCEDURE) if e.standing is Standing.PLANNED]
    texts = [
        joined((_planned_title(chart, entry), f"({day(entry.when)})" if entry.when else "", noted(entry)), " ")
        for entry in planned
    ]
    texts += [f"medicine: {lowered(medicine.name)} ({medicine.entry.status or 'planned'})" for medicine in medicines]
    entries = [*planned, *(medicine.entry for medicine in medicines)]
    if not texts:
        return []
    return [
        finding(
            Section.CARE,
            "Planned",
            listed(texts),
            entries[:5],
            slot=Slot.EVENT,
            urgency=Urgency.RECENT_EVENT,
            weight=Weight.NOTABLE,
            phrase=f"planned: {clip(lowered(_planned_title(chart, planned[0])), 48)}" if planned else "",
        )
    ]


def _planned_title(chart: Chart, entry: Entry) -> str:
    return joined((chart.title_of(entry), reason_of(entry) if entry.kind is Kind.ENCOUNTER else ""), ": ")


def _care_plans(chart: Chart) -> list[Finding]:
    """Active plans, one line for each title, with what they hold; plans of one title are one line."""
    plans: dict[str, list[Entry]] = {}
    for entry in chart.newest_first(chart.of(Kind.CARE_PLAN)):
        if entry.standing in {Standing.CURRENT, Standing.ON_HOLD} and not DIRECTIVE.find(entry.title):
            plans.setdefault(entry.title.removesuffix(" (record artifact)"), []).append(entry)
    lines = []
    for title, entries in list(plans.items())[:_PLANS]:
        entry = entries[0]
        activities = clip(entry.detail.get(Detail.ACTIVITIES, ""), 150)
        text = joined((since(entries[-1].when, chart.lately), activities), ": ")
        lead = title if "plan" in title.lower() else f"Care plan: {title}"
        lines.append(finding(Section.CARE, lead, text, entries, slot=Slot.EVENT, urgency=Urgency.BACKGROUND))
    if left := list(plans.items())[_PLANS:]:
        names = listed([title for title, _ in left], 8)
        cited = [entries[0] for _, entries in left[:8]]
        lines.append(finding(Section.CARE, "Other care plans", names, cited, slot=Slot.EVENT))
    return lines


def _past_problems(chart: Chart, problems: Sequence[Problem]) -> list[Finding]:
    """What is over, of earlier years; an acute small thing of long ago is left to the chart."""
    past = [
        problem
        for problem in problems
        if not (was_recent(chart, problem.entry) or is_ahead(problem.entry))
        and (problem.is_major or not MINOR_PROBLEM.find(problem.title))
    ]
    if not past:
        return []
    texts = [f"{lowered_name(problem.title)} ({stay_dates(problem.entry)})" for problem in past]
    cited = [problem.entry for problem in past[:_PAST]]
    return [finding(Section.CARE, "Resolved problems", listed(texts, _PAST), cited, slot=Slot.PROBLEM)]


def _operations(chart: Chart) -> list[Finding]:
    """Operations, implants and organ support of earlier years; where little was done at all, whatever was done."""
    done: dict[str, list[Entry]] = {}
    lately: set[str] = set()
    for entry in chart.newest_first(chart.of(Kind.PROCEDURE)):
        if is_ahead(entry):
            continue
        title = chart.title_of(entry)
        if entry.standing is Standing.PAST and chart.is_recent(entry):
            lately.add(title)
        elif entry.standing is Standing.PAST and not (ROUTINE.find(title) or SCREENING.find(title)):
            done.setdefault(title, []).append(entry)
    kept = {t: e for t, e in done.items() if t not in lately and (len(done) <= _FEW or is_major_procedure(t))}
    unstated = [e for e in chart.of(Kind.PROCEDURE) if e.standing is Standing.UNKNOWN]
    texts = [f"{title} ({_done(entries)})" for title, entries in kept.items()]
    texts += [f"{chart.title_of(entry)} ({joined((doubt(entry), day_ahead(entry)))})" for entry in unstated]
    if not texts:
        return []
    cited = [*(entries[0] for entries in kept.values()), *unstated]
    return [finding(Section.CARE, "Earlier procedures", listed(texts, 8), cited[:8], slot=Slot.EVENT)]


def _done(entries: Sequence[Entry]) -> str:
    return day(entries[0].when) if len(entries) == 1 else f"repeated, latest {day(entries[0].when)}"


def _social(chart: Chart, answers: Mapping[str, Sequence[Entry]], problems: Problems) -> list[Finding]:
    """One line: smoking, alcohol and scores, then findings of daily life; office entries are counted."""
    tests = [(name, entry) for name, found in answers.items() if name not in _ELSEWHERE for entry in found]
    texts = [f"{name}: {_answer(e)} ({joined((day(e.when), result_mark(e)))})" for name, e in tests]
    titles: dict[str, Entry] = {}
    for entry in chart.newest_first(problems.social):
        titles.setdefault(joined((lowered(entry.title), f"({said})" if (said := doubt(entry)) else ""), " "), entry)
    texts += list(titles)[:8]
    if office := problems.office:
        many = f"{len(office)} entries" if len(office) > 1 else "1 entry"
        texts.append(f"{many} of office work (“{ADMINISTRATIVE.find(office[0].title)}”)")
    if not texts:
        return []
    cited = [*(entry for _, entry in tests), *list(titles.values())[:8], *office[:1]]
    return [finding(Section.CARE, "Social", "; ".join(texts), cited, slot=Slot.RECORD)]


def _answer(entry: Entry) -> str:
    """The answer, without the word that only says that it is a score."""
    return lowered(entry.values[0].text.removesuffix(" score"))


def _social_answers(chart: Chart) -> dict[str, list[Entry]]:
    """The newest entry with a value for each name of events.toml, in the order of that list.

    The newest that counts comes first, and after it a newer one that does not.
    """
    latest: dict[tuple[str, bool], Entry] = {}
    for entry in chart.of(Kind.SOCIAL, Kind.RESULT):
        if is_ahead(entry):
            continue  # told among what is dated in the future
        name = next((SOCIAL_TESTS[code.code] for code in entry.codes if code.code in SOCIAL_TESTS), "")
        key = name, is_counted(entry)
        if name and entry.values and (key not in latest or chart.keys[entry.id] > chart.keys[latest[key].id]):
            latest[key] = entry
    answers: dict[str, list[Entry]] = {}
    for name in dict.fromkeys(SOCIAL_TESTS.values()):
        counted, other = latest.get((name, True)), latest.get((name, False))
        is_newer = other and (counted is None or chart.keys[other.id] > chart.keys[counted.id])
        if found := [entry for entry in (counted, other if is_newer else None) if entry]:
            answers[name] = found
    return answers
