"""An examination that is ordered: earlier imaging of that part of the body, each with its report's own impression."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.imaging import Examination
from tasks.brief_rules.lexicon import names
from tasks.brief_rules.marks import result_mark
from tasks.brief_rules.wording import clip, day, joined, quoted
from tasks.order_rules.lexicon import modality_coded, modality_of, regions_of
from tasks.order_rules.matching import dated, is_same
from tasks.order_rules.order import Order

_MOST = 3
_QUOTE_LIMIT = 300
_LATER = re.compile(r"\b(?:weeks?|months?|years?|follow[- ]?up|repeat|interval|surveillance|later)\b", re.IGNORECASE)
_SIDE = re.compile(r"\b(?:left|right)\b")
_VESSELS = re.compile(r"\b(?:mra\b|cta\b|angio)", re.IGNORECASE)
_CONTRAST = re.compile(r"(?<!out )\b(?:with (?:\w+ )?contrast|contrast[- ]enhanced|enhanced)\b", re.IGNORECASE)


def study_findings_of(chart: Chart, order: Order, examinations: Sequence[Examination]) -> list[Finding]:
    """Earlier examinations that bear on this order, newest first; none where it orders no imaging."""
    if not modality_of(order.searched):
        return []
    regions = regions_of(f"{order.searched} | {order.site}")
    found = [one for one in examinations if regions & _regions(one) or any(is_same(order, e) for e in one.entries)]
    lines = [_line(chart, order, one) for one in found[:_MOST]]
    return lines or [_procedure_line(chart, one) for one in _procedures(chart, order, regions)[:1]]


def _procedures(chart: Chart, order: Order, regions: frozenset[str]) -> list[Entry]:
    """Imaging that a chart knows as a procedure alone, newest first: of the same kind, and of that part of the body."""
    kind = modality_of(order.searched)
    return [
        entry
        for entry in chart.newest_first(chart.of(Kind.PROCEDURE))
        if entry.standing not in {Standing.REFUTED, Standing.ON_HOLD}
        and modality_of(names(entry)) == kind
        and regions & _regions_said(entry)
    ]


def _procedure_line(chart: Chart, entry: Entry) -> Finding:
    return finding(
        Section.ORDERS,
        f"Done before: {entry.title}",
        joined((dated(chart, entry.when), "no report seen")),
        [entry],
        slot=Slot.IMAGING,
        urgency=Urgency.RECENT_EVENT,
        phrase=f"earlier {clip(entry.title, 35)} {day(entry.when)}",
    )


def is_same_study(order: Order, entry: Entry) -> bool:
    """The same way of imaging of the very same parts and side, alike in vessels and contrast, and ordered for now.

    Strict, because an order that is taken for done is not told: whatever else the names say may differ.
    """
    if entry.kind not in {Kind.IMAGING, Kind.REPORT, Kind.PROCEDURE} or not (kind := modality_of(order.searched)):
        return False
    ordered, said = f"{order.searched} | {order.site}", names(entry)
    regions = regions_of(ordered)
    sited = f"{said} | {entry.detail.get(Detail.BODY_SITE, '')} {entry.detail.get(Detail.LATERALITY, '')}"
    return (
        not _LATER.search(order.searched)
        and kind == (modality_of(said) or modality_coded(entry.detail.get(Detail.MODALITY, "")))
        and bool(regions)
        and regions == _regions_said(entry)
        and _particulars(order.searched) == _particulars(said)
        and set(_SIDE.findall(ordered.lower())) == set(_SIDE.findall(sited.lower()))
    )


def _particulars(text: str) -> tuple[bool, bool]:
    """Whether vessels are shown, and whether contrast is given."""
    return bool(_VESSELS.search(text)), bool(_CONTRAST.search(text))


def _line(chart: Chart, order: Order, examination: Examination) -> Finding:
    entry = examination.entry
    alike = modality_of(order.searched) == _modality(examination)
    mark = result_mark(entry) if examination.reports else ""
    said = examination.impression
    text = joined((dated(chart, entry.when), _side(examination), mark, "" if said else "no impression seen"))
    fresh = alike and chart.is_fresh(entry)
    return finding(
        Section.ORDERS,
        f"{'Same kind of study before' if alike else 'Earlier imaging there'}: {examination.title}",
        f"{text}: {quoted(said, _QUOTE_LIMIT)}" if said else text,
        examination.entries,
        slot=Slot.IMAGING,
        urgency=Urgency.NEW_IMAGING if fresh else Urgency.RECENT_EVENT,
        weight=Weight.NOTABLE if fresh else Weight.PLAIN,
        phrase=f"earlier {clip(examination.title, 35)} {day(entry.when)}",
    )


def _side(examination: Examination) -> str:
    """The side that the study states, where its title names none: of two hips one may be broken."""
    stated = (entry.detail.get(Detail.LATERALITY, "") for entry in examination.entries)
    side = next(filter(None, stated), "")
    return "" if side in examination.title.lower() else side


def _regions(examination: Examination) -> frozenset[str]:
    """What an examination shows; none where the record does not say that it is imaging, as of a tracing."""
    if not _modality(examination):
        return frozenset()
    return frozenset().union(*map(_regions_said, examination.entries))


def _regions_said(entry: Entry) -> frozenset[str]:
    """By its name; else by its body site, which calls an echocardiogram one of the chest."""
    return regions_of(names(entry)) or regions_of(entry.detail.get(Detail.BODY_SITE, ""))


def _modality(examination: Examination) -> str:
    coded = examination.study.detail.get(Detail.MODALITY, "") if examination.study else ""
    named = (found for one in examination.entries if (found := modality_of(names(one))))
    return modality_coded(coded) or next(named, "")
