"""Active problems, most important first, one line for each concept; findings of daily life stay out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fhir_adapters.details import Detail
from fhir_adapters.history import Coverage, Entry, Kind, Standing
from fhir_adapters.reading.absences import says_nothing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.lexicon import (
    ADMINISTRATIVE,
    DIRECTIVE,
    MAJOR_PROBLEM,
    MINOR_PROBLEM,
    PREGNANCY,
    SOCIAL_FINDING,
)
from tasks.brief_rules.marks import doubt
from tasks.brief_rules.wording import (
    STAGE,
    clip,
    joined,
    listed,
    lowered_name,
    month,
    noted,
    semantic_tag,
    since,
    unstaged,
    untagged,
)

PROBLEM_TYPE = "Condition"
NOT_SEEN = "Problems were not seen"
_LISTED = 12
_NAME_LIMIT = 80
_TAGS_APART = frozenset({"finding", "situation", "person", "event"})
_HOLDING = frozenset({Standing.CURRENT, Standing.UNKNOWN})
_SETTLED = frozenset({"confirmed", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One concept of the problem list, with every entry that states it, newest first."""

    title: str  # with the site where the record's own title does not say it
    entries: tuple[Entry, ...]
    is_major: bool
    is_pregnancy: bool

    @property
    def entry(self) -> Entry:
        """The newest statement."""
        return self.entries[0]

    @property
    def onset(self) -> Entry:
        """The oldest dated statement."""
        return next((entry for entry in reversed(self.entries) if entry.when), self.entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """What a chart's conditions say."""

    active: tuple[Problem, ...]  # holding, or with a status that the record does not state; each concept once
    past: tuple[Problem, ...]  # resolved or inactive, where no active one repeats them; the grave ones first
    social: tuple[Entry, ...]  # current findings of daily life
    office: tuple[Entry, ...]  # office work filed as a condition


def problem_findings(chart: Chart, problems: Sequence[Problem]) -> tuple[list[Finding], list[str]]:
    """The problem lines, and the warning where the problem list was not seen."""
    coverage = chart.covers(PROBLEM_TYPE)
    warnings = [] if coverage is Coverage.WHOLE else [_warning(coverage)]
    if not problems:
        return [_none(chart, coverage)], warnings
    ranked = sorted(problems, key=lambda problem: _place(chart, problem))
    listed = ranked if len(ranked) <= _LISTED + 1 else ranked[:_LISTED]
    findings = [_line(chart, problem) for problem in listed]
    if rest := ranked[len(listed) :]:
        names = "; ".join(joined((lowered_name(problem.title), _doubt(problem)), ", ") for problem in rest)
        cited = [entry for problem in rest for entry in problem.entries]
        findings.append(finding(Section.PROBLEMS, "Also active", names, cited, slot=Slot.PROBLEM))
    return findings, warnings


def read_problems(chart: Chart) -> Problems:
    """The chart's conditions, sorted once."""
    clinical: list[Entry] = []
    social: list[Entry] = []
    office: list[Entry] = []
    for entry in chart.of(Kind.PROBLEM):
        if entry.standing is Standing.REFUTED or _says_absent(entry):
            continue
        if is_clinical(entry):
            clinical.append(entry)
        elif entry.standing in _HOLDING and not DIRECTIVE.find(entry.title):
            (office if ADMINISTRATIVE.find(entry.title) else social).append(entry)
    groups = _merged(chart, clinical)
    past = [p for p in groups if not any(entry.standing in _HOLDING for entry in p)]
    active = [[entry for entry in group if entry.standing in _HOLDING] for group in groups]
    over = [_problem(chart, group) for group in past]
    return Problems(
        active=tuple(_problem(chart, group) for group in active if group),
        past=tuple(sorted(over, key=lambda problem: (not problem.is_major, not chart.is_recent(problem.entry)))),
        social=tuple(social),
        office=tuple(office),
    )


def is_clinical(entry: Entry) -> bool:
    """Whether an entry is a problem of body or mind. The reasons stand in lexicon/problems.toml."""
    title = entry.title
    if DIRECTIVE.find(title):
        return False  # stands with the care, as a directive
    apart = ADMINISTRATIVE.find(title) or SOCIAL_FINDING.find(title)
    if not apart:
        return True
    return not _TAGS_APART & {semantic_tag(code.display) for code in entry.codes} and apart != title.lower()


def _merged(chart: Chart, entries: Sequence[Entry]) -> list[list[Entry]]:
    """Entries of one concept together, newest first: the same title at the same site, or stages of the same disease.

    A shared code joins nothing: "other specified sites" (C79.89) holds many diseases, "history of" its disease.
    """
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        key = unstaged(chart.title_of(entry)), entry.unread_modifier
        groups.setdefault(key, []).append(entry)
    return [chart.newest_first(group) for group in groups.values()]


def _coded(problem: Problem) -> str:
    """What the codes call entries that share a title and nothing else: "Metastasis", of the brain and of the spleen."""
    names = dict.fromkeys(display for entry in problem.entries if (display := _display(entry)))
    return f"coded as {listed([f'“{clip(name, _NAME_LIMIT)}”' for name in names])}" if len(names) > 1 else ""


def _display(entry: Entry) -> str:
    """The first display that is not the title over again."""
    title = entry.title.lower()
    return next((said for code in entry.codes if (said := untagged(code.display)) and said.lower() != title), "")


def _problem(chart: Chart, newest_first: Sequence[Entry]) -> Problem:
    title = chart.title_of(newest_first[0])
    return Problem(
        title=title,
        entries=tuple(newest_first),
        is_major=bool(MAJOR_PROBLEM.find(title)),
        is_pregnancy=bool(PREGNANCY.find(title)),
    )


def _says_absent(entry: Entry) -> bool:
    return Detail.NO_KNOWN in entry.detail or says_nothing(entry)


def _place(chart: Chart, problem: Problem) -> tuple[int, int, str]:
    """Grave ones first, acute ones of years ago last, ones whose status is not stated after the current."""
    step = 1
    recent = chart.is_recent(problem.entry)
    if problem.is_major:
        step = 0
    elif not recent and MINOR_PROBLEM.find(problem.title):
        step = 3
    if problem.entry.standing is Standing.UNKNOWN:
        step = max(step, 2)
    return step, 0 if recent else 1, problem.title.lower()


def _line(chart: Chart, problem: Problem) -> Finding:
    entry = problem.entry
    major = problem.is_major
    new = chart.is_recent(problem.onset) and entry.standing is Standing.CURRENT
    return finding(
        Section.PROBLEMS,
        problem.title,
        joined(
            (
                _doubt(problem),
                since(problem.onset.when, chart.lately),
                _earlier_stages(chart, problem),
                entry.detail.get(Detail.SEVERITY, "").lower(),
                "ended " + month(entry.until, chart.lately) if entry.until and entry.until.text <= chart.today else "",
                _coded(problem),
                noted(entry, 110),
            )
        ),
        problem.entries,
        slot=Slot.PROBLEM,
        urgency=_urgency(major=major, new=new, pregnancy=problem.is_pregnancy and chart.is_recent(problem.onset)),
        weight=Weight.NOTABLE if major and new else Weight.PLAIN,
        phrase=_phrase(chart, problem, new=new) if major else "",
    )


def _urgency(*, major: bool, new: bool, pregnancy: bool) -> Urgency:
    if pregnancy:
        return Urgency.PREGNANCY
    if not major:
        return Urgency.PROBLEM
    return Urgency.NEW_PROBLEM if new else Urgency.MAJOR_PROBLEM


def _phrase(chart: Chart, problem: Problem, *, new: bool) -> str:
    shown = joined((lowered_name(problem.title), _doubt(problem)))
    if problem.is_pregnancy:
        return f"{shown} {since(problem.onset.when, chart.lately)}".strip()
    return f"new: {shown}" if new else shown


def _doubt(problem: Problem) -> str:
    """How sure the record is, where it is not; an earlier entry that is sure is not passed over."""
    entry = problem.entry
    verification = entry.detail.get(Detail.VERIFICATION, "").lower()
    sure = any(other.detail.get(Detail.VERIFICATION, "").lower() == "confirmed" for other in problem.entries)
    return joined(
        (
            doubt(entry),
            verification if verification not in _SETTLED else "",
            "also recorded as confirmed" if verification not in _SETTLED and sure else "",
            "AI-asserted" if entry.ai_asserted else "",
        )
    )


def _earlier_stages(chart: Chart, problem: Problem) -> str:
    """Older stages that are still marked active beside the newest."""
    titles = dict.fromkeys(chart.title_of(entry) for entry in problem.entries[1:])
    stages = dict.fromkeys(
        found.group().strip(" ,") for title in titles if title != problem.title and (found := STAGE.search(title))
    )
    return f"{joined(reversed([*stages]))} also still marked active" if stages else ""


def _warning(coverage: Coverage) -> str:
    return NOT_SEEN if coverage is Coverage.NONE else "Problems were seen only in part"


def _none(chart: Chart, coverage: Coverage) -> Finding:
    stated = [e for e in chart.of(Kind.PROBLEM) if Detail.NO_KNOWN in e.detail and e.standing in _HOLDING]
    stated = [entry for entry in stated if not entry.unread_modifier]
    if stated:
        lead, text = "No known problems", f"recorded {month(stated[0].when, chart.lately)}"
    elif coverage is Coverage.NONE:
        lead, text = NOT_SEEN, ""
    else:
        lead, text = "Active problems", "none recorded"
    return finding(Section.PROBLEMS, lead, text, stated, slot=Slot.RECORD, urgency=Urgency.BACKGROUND)
