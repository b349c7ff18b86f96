"""Imaging, newest first, each study with its report's impression in the report's own words, hedges and all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import PHRASE_LIMIT, Finding, Slot, Urgency, finding
from tasks.brief_rules.lexicon import IMAGING
from tasks.brief_rules.marks import is_ahead, result_mark
from tasks.brief_rules.wording import day, joined, quoted, sentences

_LISTED = 5
_EARLIER = 8
_QUOTE_LIMIT = 420
_NEGATIVE = re.compile(r"^(?:no|negative|normal|unremarkable|clear|without)\b|\bunremarkable\b", re.IGNORECASE)
# Words that may turn a finding round after the comma: a phrase is not cut in front of them.
_TURNS = re.compile(
    r"\b(?:not|no|cannot|without|excluded|unlikely|resolved|absent|ruled|denies|improved|benign|unchanged|negative|"
    r"never|stable|artifact|artefact)\b",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"(?:\bWSN:|\b(?:dictated|signed|reviewed|transcribed|electronically signed|verified) (?:by|date)\b)", re.IGNORECASE
)
_HOW = frozenset({"preliminary", "corrected", "amended"})
_MODALITIES = {"CR": "X-ray", "DX": "X-ray", "RF": "X-ray", "PT": "PET"}
_CLAUSE = re.compile(r"(?<=\w)(?:[,;:.]\s+|\s+compared with\s|\s+\()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """One imaging examination: its study, its reports, or both."""

    study: Entry | None
    reports: tuple[Entry, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The reports, then the study."""
        return (*self.reports, *((self.study,) if self.study else ()))

    @property
    def entry(self) -> Entry:
        """The report, or the study where there is none."""
        return self.entries[0]

    @property
    def title(self) -> str:
        """What was examined and how, in the record's words; the study's where the report names only its category."""
        named = self.entry.title != self.entry.detail.get(Detail.CATEGORY)
        return (self.entry if named or self.study is None else self.study).title.replace("_", " ")

    @property
    def modality(self) -> str:
        """`CT`; empty where the record gives none or several."""
        code = self.study.detail.get(Detail.MODALITY, "") if self.study else ""
        return _MODALITIES.get(code, code if len(code) == 2 else "")  # noqa: PLR2004 - CT, MR, US

    @property
    def impression(self) -> str:
        """The impression of the newest report that has one."""
        return next((said for report in self.reports if (said := impression_of(report))), "")


def imaging_findings(chart: Chart, found: Sequence[Examination]) -> list[Finding]:
    """The imaging lines; none where there is neither a study nor a report. What has no report shares one line."""
    told = [examination for examination in found if examination.reports]
    untold = [examination for examination in found if not examination.reports]
    return [
        *(_line(chart, examination) for examination in told[:_LISTED]),
        *_names("Earlier imaging", told[_LISTED:]),
        *_names("No report seen", untold),
    ]


def _names(lead: str, found: Sequence[Examination]) -> list[Finding]:
    """Examinations by name and date in one line."""
    if not found:
        return []
    names = "; ".join(f"{e.title} ({day(e.entry.when)})" for e in found[:_EARLIER])
    more = f"; and {len(found) - _EARLIER} more" if len(found) > _EARLIER else ""
    cited = [entry for e in found[:_EARLIER] for entry in e.entries]
    return [finding(Section.IMAGING, lead, names + more, cited, slot=Slot.IMAGING, urgency=Urgency.BACKGROUND)]


def examinations(chart: Chart) -> list[Examination]:
    """Studies with their reports, and imaging reports without a study, newest first."""
    studies = [entry for entry in chart.of(Kind.IMAGING) if entry.standing is not Standing.REFUTED]
    reports = chart.newest_first(entry for entry in chart.of(Kind.REPORT) if is_imaging_report(entry))
    linked = {study.reference: [r for r in reports if study.reference in _study_references(r)] for study in studies}
    free = [r for r in reports if not any(r in mine for mine in linked.values())]
    for study in studies:
        if not linked[study.reference]:
            match = next((report for report in free if _belongs(report, study)), None)
            if match:
                linked[study.reference] = [match]
                free.remove(match)
    found = [Examination(study=study, reports=tuple(linked[study.reference])) for study in studies]
    found += [Examination(study=None, reports=(report,)) for report in free]
    found.sort(key=lambda e: chart.keys[e.entry.id], reverse=True)
    return sorted(found, key=lambda e: is_ahead(e.entry))


def is_imaging_report(entry: Entry) -> bool:
    """A report of radiology or of another imaging method."""
    category = entry.detail.get(Detail.CATEGORY, "").lower()
    return (
        "radiology" in category
        or "imaging" in category
        or bool(_study_references(entry) or (IMAGING.find(entry.title) and "laboratory" not in category))
    )


def impression_of(report: Entry) -> str:
    """What the report's author meant to be read first: its impression, its conclusion, else its text.

    Without the block of names and times that a dictation system puts under it.
    """
    said = report.detail.get(Detail.IMPRESSION) or report.detail.get(Detail.CONCLUSION) or report.passage
    signed = _SIGNATURE.search(said)
    return said[: signed.start()].strip() if signed else said


def _study_references(report: Entry) -> str:
    return report.detail.get(Detail.IMAGING_STUDIES, "")


def _belongs(report: Entry, study: Entry) -> bool:
    """The same day, and a word of the examination in common: for records that keep no reference."""
    if report.when is None or study.when is None or report.when.text[:10] != study.when.text[:10]:
        return False
    words = set(re.findall(r"[a-z]{2,}", f"{study.title} {study.detail.get(Detail.MODALITY, '')}".lower()))
    return bool(
        words & set(re.findall(r"[a-z]{2,}", report.title.lower())) - {"of", "and", "the", "with", "view", "pa"}
    )


def _line(chart: Chart, examination: Examination) -> Finding:
    entry = examination.entry
    impression = examination.impression
    mark = result_mark(entry) if examination.reports else ""
    text = joined(
        (
            day(entry.when),
            f"{mark} report" if mark in _HOW else mark,
            quoted(impression, _QUOTE_LIMIT) if impression else "report without an impression",
        ),
        ": " if impression else ", ",
    )
    fresh = chart.is_fresh(entry) and bool(impression)
    tells = bool(impression) and not is_negative(impression)
    urgency = Urgency.BACKGROUND
    if fresh:
        urgency = Urgency.NEW_IMAGING if tells else Urgency.RECENT_EVENT
    elif chart.is_recent(entry) and tells:
        urgency = Urgency.RECENT_EVENT
    return finding(
        Section.IMAGING,
        examination.title,
        text,
        examination.entries,
        slot=Slot.IMAGING,
        urgency=urgency,
        weight=Weight.NOTABLE if fresh and tells else Weight.PLAIN,
        phrase=imaging_phrase(examination) if urgency is Urgency.NEW_IMAGING else "",
    )


def is_negative(impression: str) -> bool:
    """Whether every sentence of an impression says that something is absent or normal."""
    return all(_NEGATIVE.search(sentence) for sentence in sentences(impression))


def imaging_phrase(examination: Examination) -> str:
    """The first telling clause of an impression, quoted: X-ray: “New small right pleural effusion”.

    A clause is cut off only where nothing after it in its sentence could turn its meaning round.
    """
    mark = result_mark(examination.entry) if examination.reports else ""
    head = joined((examination.modality or (mark and "report"), f"({mark})" if mark else ""), " ")
    head = f"{head}: " if head else ""
    telling = [s for s in sentences(examination.impression) if not _NEGATIVE.search(s)]
    sentence = telling[0].rstrip(".")
    for cut in (*_CLAUSE.finditer(sentence), None):
        clause = sentence[: cut.start()] if cut else sentence
        rest = sentence[cut.start() :] if cut else ""
        if not _TURNS.search(rest) and " " in clause and len(head) + len(clause) + 2 <= PHRASE_LIMIT:
            return f"{head}“{clause}”"
    return joined((f"new report: {examination.title}", f"({mark})" if mark else ""), " ")
