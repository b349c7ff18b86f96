"""Current medicines, one line each, orders and statements of one medicine together; what is on hold says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fhir_adapters.history import Coverage, Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.lexicon import NOTABLE, RELEVANT, names
from tasks.brief_rules.medicine_names import ingredient, repeats, split_title
from tasks.brief_rules.wording import clip, joined, lowered, since, tidy

ORDERS = "MedicationRequest"
STATEMENTS = "MedicationStatement"
NOT_SEEN = "Medicines were not seen"
ON_HOLD = "on hold"
NOT_TO_BE_GIVEN = "ordered not to be given"  # MedicationRequest.doNotPerform
_EMPHASISED = frozenset({"anticoagulant", "insulin"})
_DOSE_LIMIT = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """One medicine of the chart, with every order and statement of it that stands alike, newest first."""

    name: str
    strength: str
    entries: tuple[Entry, ...]
    groups: tuple[str, ...]  # the notable classes it belongs to

    @property
    def entry(self) -> Entry:
        """The newest order, or the newest statement where there is no order."""
        orders = [entry for entry in self.entries if entry.resource_type == ORDERS]
        return (orders or self.entries)[0]


def medicine_findings(chart: Chart, abnormal_tests: Sequence[str] = ()) -> tuple[list[Finding], list[str]]:
    """The medicine lines; `abnormal_tests` (ids of tests.toml, gravest first) decide which is most relevant tonight."""
    current = _ordered(medicines_of(chart, Standing.CURRENT))
    held = _ordered(medicines_of(chart, Standing.ON_HOLD))
    unstated = _ordered(medicines_of(chart, Standing.UNKNOWN))
    relevant = _most_relevant(current, abnormal_tests)
    findings = [_line(chart, medicine, relevant=medicine is relevant) for medicine in current]
    findings += [_line(chart, medicine, mark=ON_HOLD) for medicine in held]
    forbidden = _ordered(medicines_of(chart, Standing.REFUTED))
    findings += [_line(chart, medicine, mark=NOT_TO_BE_GIVEN) for medicine in forbidden]
    findings += [_line(chart, medicine, mark="status not stated") for medicine in unstated]
    coverage = chart.history.covers(ORDERS)
    warnings = {Coverage.NONE: [NOT_SEEN], Coverage.PART: ["Medicines were seen only in part"]}.get(coverage, [])
    return findings or [_none(chart, coverage)], list(warnings)


def medicines_of(chart: Chart, standing: Standing) -> list[Medicine]:
    """The medicines of one standing, orders and statements of one medicine together, in the chart's order."""
    groups: dict[str, list[Entry]] = {}
    by_code: dict[tuple[str, str], str] = {}
    for entry in chart.of(Kind.MEDICATION):
        if entry.standing is not standing or _says_none(entry):
            continue
        codes = [(code.system, code.code) for code in entry.codes if code.code]
        key = next((by_code[code] for code in codes if code in by_code), ingredient(entry.title))
        by_code.update(dict.fromkeys(codes, key))
        groups.setdefault(key, []).append(entry)
    return [_medicine(group) for group in groups.values()]


def _medicine(group: Sequence[Entry]) -> Medicine:
    newest_first = sorted(group, key=lambda entry: (entry.sort_key, entry.line), reverse=True)
    name, strength = split_title(newest_first[0].title)
    searched = " | ".join(names(entry) for entry in newest_first)
    groups = tuple(group_name for group_name, words in NOTABLE if words.search(searched))
    return Medicine(name=name, strength=strength, entries=tuple(newest_first), groups=groups)


def _ordered(medicines: Sequence[Medicine]) -> list[Medicine]:
    """Notable classes first, in the lexicon's order, then by name."""
    order = {group: number for number, (group, _) in enumerate(NOTABLE)}
    return sorted(medicines, key=lambda m: (order[m.groups[0]] if m.groups else len(order), m.name.lower()))


def _most_relevant(medicines: Sequence[Medicine], abnormal_tests: Sequence[str]) -> Medicine | None:
    """The first medicine whose ingredient belongs beside the gravest abnormal test."""
    for test in abnormal_tests:
        words = RELEVANT.get(test)
        matching = [m for m in medicines if words and words.search(" | ".join(names(entry) for entry in m.entries))]
        if matching:
            return min(matching, key=lambda m: _rank_of_word(words, m))  # type: ignore[arg-type]
    return None


def _rank_of_word(words: re.Pattern[str], medicine: Medicine) -> tuple[int, str]:
    found = words.search(" | ".join(names(entry) for entry in medicine.entries))
    word = found.group().lower() if found else ""
    return words.pattern.lower().find(word), medicine.name


def _line(chart: Chart, medicine: Medicine, *, mark: str = "", relevant: bool = False) -> Finding:
    entry = medicine.entry
    dose = clip(tidy(entry.detail.get("Dose", "")), _DOSE_LIMIT)
    strength = "" if repeats(medicine.strength, dose) else medicine.strength
    oldest = min((e for e in medicine.entries if e.when), key=lambda e: e.sort_key, default=entry)
    text = joined(
        (
            mark,
            joined((strength, lowered(dose) if dose else ""), "; "),
            _reason_for_status(entry) if mark else since(oldest.when, chart.lately),
            _doubt(chart, entry) if not mark else "",
            joined(medicine.groups),
            "by the patient's account, no order seen" if not _is_ordered(medicine) else "",
            "AI-asserted" if entry.ai_asserted else "",
        )
    )
    urgency = Urgency.BACKGROUND if mark else _urgency(medicine, relevant=relevant)
    return finding(
        Section.MEDICINES,
        f"{medicine.name} ({mark})" if mark == ON_HOLD else medicine.name,
        text,
        medicine.entries,
        slot=Slot.MEDICINE,
        urgency=urgency,
        weight=Weight.NOTABLE if medicine.groups or mark in {ON_HOLD, NOT_TO_BE_GIVEN} else Weight.PLAIN,
        phrase=f"on {lowered(medicine.name)}" if urgency < Urgency.MEDICINE else "",
    )


def _doubt(chart: Chart, entry: Entry) -> str:
    """What speaks against an order that is still marked active: its own end, or a stay that is over (check C5)."""
    if entry.until and entry.until.text[:10] < chart.today:
        return f"dated to {entry.until}, still marked active"
    if "inpatient" in entry.detail.get("Setting", "").lower() and not chart.is_in_hospital:
        return "inpatient order, still marked active"
    return ""


def _urgency(medicine: Medicine, *, relevant: bool) -> Urgency:
    if _EMPHASISED & set(medicine.groups):
        return Urgency.HIGH_RISK_MEDICINE
    if relevant:
        return Urgency.RELEVANT_MEDICINE
    return Urgency.RECENT_EVENT if medicine.groups else Urgency.MEDICINE


def _is_ordered(medicine: Medicine) -> bool:
    return any(entry.resource_type == ORDERS for entry in medicine.entries)


def _reason_for_status(entry: Entry) -> str:
    reason = tidy(entry.detail.get("Status reason", ""))
    return f"“{reason}”" if reason else ""


def _says_none(entry: Entry) -> bool:
    return "No known" in entry.detail or entry.title.startswith("No information about")


def _none(chart: Chart, coverage: Coverage) -> Finding:
    stated = [e for e in chart.of(Kind.MEDICATION) if "No known" in e.detail]
    if stated:
        lead, text = "No known medicines", "stated in the record"
    elif coverage is Coverage.NONE:
        lead, text = NOT_SEEN, ""
    else:
        lead, text = "Current medicines", "none recorded"
    return finding(Section.MEDICINES, lead, text, stated, slot=Slot.RECORD, urgency=Urgency.BACKGROUND)
