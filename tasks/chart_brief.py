"""The chart brief: what a clinician must know of a chart, by rule, at once, each line with its sources."""

from __future__ import annotations

from datetime import datetime

from fhir_adapters.dates import PartialDate
from fhir_adapters.history import PatientHistory
from tasks.brief import Caution, CautionKind, ChartBrief
from tasks.brief_rules.allergies import allergy_findings
from tasks.brief_rules.care import care_findings
from tasks.brief_rules.changes import change_findings
from tasks.brief_rules.chart import Chart, open_chart
from tasks.brief_rules.future import future_findings
from tasks.brief_rules.harm import harm_findings
from tasks.brief_rules.headline import headline, ranked_for_card, top_three
from tasks.brief_rules.imaging import examinations, imaging_findings
from tasks.brief_rules.medicines import medicine_findings, read_medicines
from tasks.brief_rules.not_seen import not_seen_findings
from tasks.brief_rules.notes import note_findings
from tasks.brief_rules.prevention import prevention_findings
from tasks.brief_rules.problems import problem_findings, read_problems
from tasks.brief_rules.results import read_results, result_findings
from tasks.brief_rules.scores import score_findings

RULES = "brief-5"  # changes whenever the same history may give another brief


def write_brief(history: PatientHistory, *, as_of: datetime) -> ChartBrief:
    """The digest of a history at `as_of` (an aware moment). Deterministic; raises nothing for any history."""
    chart = open_chart(history, as_of=as_of)
    allergies, allergy_cautions = allergy_findings(chart)
    results = read_results(chart)
    problems = read_problems(chart)
    medicines = read_medicines(chart)
    imaging = examinations(chart)
    problem_lines, problem_warnings = problem_findings(chart, problems.active)
    medicine_lines, medicine_warnings = medicine_findings(chart, medicines, results.grave_tests(chart))
    findings = [  # the reading order of tasks.brief.Section
        *allergies,
        *harm_findings(chart, medicines),
        *change_findings(chart, problems=problems, medicines=medicines, results=results, imaging=imaging),
        *problem_lines,
        *medicine_lines,
        *result_findings(chart, results),
        *imaging_findings(chart, imaging),
        *care_findings(chart, problems, medicines),
        *score_findings(chart, results.scores),
        *note_findings(chart),
    ]
    prevention = prevention_findings(chart)
    findings += [*future_findings(chart, [*findings, *prevention]), *prevention, *not_seen_findings(chart)]
    ranked = ranked_for_card(findings)
    return ChartBrief(
        lines=tuple(finding.line for finding in findings),
        headline=headline(findings, ranked),
        top=top_three(findings, ranked),
        cautions=(
            *_cautions(CautionKind.PATIENT, *_deceased(chart), *_own_marks(chart)),
            *allergy_cautions,
            *_cautions(CautionKind.NOT_SEEN, *medicine_warnings, *problem_warnings),
        ),
        entries_read=len(history.entries),
        fingerprint=history.fingerprint,
        as_of=as_of,
        rules=RULES,
    )


def _cautions(kind: CautionKind, *texts: str) -> list[Caution]:
    return [Caution(kind=kind, text=text) for text in texts]


def _own_marks(chart: Chart) -> tuple[str, ...]:
    """What the patient's record says of itself: replaced by another, no longer in use, not understood."""
    return tuple(f"The patient's record: {mark}" for mark in chart.history.patient.marks)


def _deceased(chart: Chart) -> tuple[str, ...]:
    """The first thing to know where it is so."""
    match chart.history.patient.deceased:
        case PartialDate() as when:
            return (f"The patient has died ({when})",)
        case True:
            return ("The patient has died (date not recorded)",)
        case _:
            return ()
