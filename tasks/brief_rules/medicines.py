"""Current medicines, one line each, orders and statements of one medicine together; what is on hold says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fhir_adapters.details import Detail
from fhir_adapters.history import Coverage, Entry, Kind, Standing
from fhir_adapters.reading.absences import says_nothing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.denials import denial_of, denial_phrase, denial_text
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.lexicon import NOTABLE, RELEVANT, names, notable_groups
from tasks.brief_rules.marks import NOT_STATED, day_ahead, doubt
from tasks.brief_rules.medicine_names import agree, ingredient, repeats, same_dose, spaced, split_title
from tasks.brief_rules.wording import clip, coded_otherwise, joined, lowered, lowered_name, noted, since

ORDERS = "MedicationRequest"
NOT_SEEN = "Medicines were not seen"
ON_HOLD = "on hold"
NOT_TO_BE_GIVEN = "ordered not to be given"  # MedicationRequest.doNotPerform
_EMPHASISED = frozenset({"anticoagulant", "insulin"})
_DOSE_LIMIT = 140
_DOSES = 3
_LONG_NAME = 40
_TITLE_LIMIT = 80
_TITLES = 6  # titles of one medicine that are looked through for its class
_LAST = 99
_MARKS = {
    Standing.ON_HOLD: ON_HOLD,
    Standing.REFUTED: NOT_TO_BE_GIVEN,
    Standing.UNKNOWN: NOT_STATED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """One medicine of the chart, with every order and statement of its ingredient that stands alike, newest first."""

    key: str  # what orders and statements of one medicine share: "metformin"
    standing: Standing
    name: str
    strength: str
    entries: tuple[Entry, ...]
    groups: tuple[str, ...]  # the notable classes it belongs to
    searched: str  # its titles and code displays

    @property
    def entry(self) -> Entry:
        """The newest order, or the newest statement where there is no order."""
        return next((entry for entry in self.entries if entry.resource_type == ORDERS), self.entries[0])


def read_medicines(chart: Chart) -> dict[Standing, list[Medicine]]:
    """Every medicine of the chart by its standing, orders and statements of one ingredient together.

    A shared code joins nothing: it may be a class (ATC), a charge, or a number without a system.
    """
    groups: dict[tuple[Standing, str, str], list[Entry]] = {}
    for entry in chart.of(Kind.MEDICATION):
        if not (_says_none(entry) or Detail.DO_NOT_GIVE in entry.detail):  # an order not to give that was lifted
            groups.setdefault((entry.standing, ingredient(entry.title), entry.unread_modifier), []).append(entry)
    found: dict[Standing, list[Medicine]] = {standing: [] for standing in Standing}
    for (standing, key, _), group in groups.items():
        found[standing].append(_medicine(key, standing, chart.newest_first(group)))
    return found


def _medicine(key: str, standing: Standing, newest_first: Sequence[Entry]) -> Medicine:
    name, strength = split_title(newest_first[0].title)
    searched = " | ".join(names(entry) for entry in newest_first[:_TITLES])
    return Medicine(
        key=key,
        standing=standing,
        name=name,
        strength=strength,
        entries=tuple(newest_first),
        groups=notable_groups(searched) if standing is not Standing.PAST else (),
        searched=searched,
    )


def medicine_findings(
    chart: Chart, medicines: Mapping[Standing, Sequence[Medicine]], abnormal_tests: Sequence[str] = ()
) -> tuple[list[Finding], list[str]]:
    """The medicine lines; `abnormal_tests` (ids of tests.toml, gravest first) decide which is most relevant tonight."""
    current = _ordered(medicines[Standing.CURRENT])
    relevant = _most_relevant(current, abnormal_tests)
    past: dict[str, list[Entry]] = defaultdict(list)
    for medicine in medicines[Standing.PAST]:
        past[medicine.key] += medicine.entries
    findings = [
        _line(chart, m, denial=denial_of(m.entries, past.get(m.key, ())), relevant=m is relevant) for m in current
    ]
    for standing, mark in _MARKS.items():
        findings += [_line(chart, m, mark=_mark(m, mark)) for m in _ordered(medicines[standing])]
    coverage = chart.covers(ORDERS)
    warnings = {Coverage.NONE: [NOT_SEEN], Coverage.PART: ["Medicines were seen only in part"]}.get(coverage, [])
    return findings or [_none(chart, coverage)], list(warnings)


def _mark(medicine: Medicine, mark: str) -> str:
    """A modifier that is not understood is why the standing is unknown: then it is told, and not the lack of one."""
    if mark != NOT_STATED:
        return mark
    return joined((doubt(medicine.entry), day_ahead(medicine.entry))) or mark


def _ordered(medicines: Sequence[Medicine]) -> list[Medicine]:
    """Notable classes first, in the lexicon's order, then by name."""
    return sorted(medicines, key=lambda m: (NOTABLE.index(m.groups[0]) if m.groups else _LAST, m.name.lower()))


def _most_relevant(medicines: Sequence[Medicine], abnormal_tests: Sequence[str]) -> Medicine | None:
    """The medicine whose ingredient belongs first beside the gravest abnormal test."""
    for test in abnormal_tests:
        if (words := RELEVANT.get(test)) is None:
            continue
        matching = [medicine for medicine in medicines if words.find(medicine.searched)]
        if matching:
            return min(matching, key=lambda medicine: words.rank(medicine.searched))
    return None


def _line(
    chart: Chart, medicine: Medicine, *, mark: str = "", denial: Entry | None = None, relevant: bool = False
) -> Finding:
    entry = medicine.entry
    oldest = chart.oldest(medicine.entries) or entry
    text = joined(
        (
            f"{_called_active(medicine)}; {denial_text(denial, medicine.entry.title)}" if denial else mark,
            doses(medicine),
            _other_titles(medicine),
            _reason_for_status(entry) if mark else since(oldest.when, chart.lately),
            end_doubt(chart, entry) if not mark else "",
            joined(medicine.groups),
            "" if _is_ordered(medicine) else _reported(medicine) or "no order seen",
            "AI-asserted" if entry.ai_asserted else "",
            noted(entry),
        )
    )
    urgency = Urgency.BACKGROUND if mark else _urgency(medicine, relevant=relevant)
    return finding(
        Section.MEDICINES,
        f"{medicine.name} ({mark})" if mark == ON_HOLD else medicine.name,
        text,
        [*medicine.entries, *([denial] if denial else [])],
        slot=Slot.MEDICINE,
        urgency=urgency,
        weight=Weight.NOTABLE if medicine.groups or denial or mark in {ON_HOLD, NOT_TO_BE_GIVEN} else Weight.PLAIN,
        phrase=_phrase(medicine, denial) if urgency < Urgency.MEDICINE else "",
    )


def _phrase(medicine: Medicine, denial: Entry | None) -> str:
    """`on warfarin`; a combination with a long name goes by its class: `on insulin`. Nobody is on what is denied."""
    name = medicine.name.lower()
    said = medicine.key if name.startswith(medicine.key) else lowered_name(medicine.name)
    if len(medicine.name) > _LONG_NAME and medicine.groups:
        said = medicine.groups[0]
    return f"{said} ({_called_active(medicine)}, said {denial_phrase(denial)})" if denial else f"on {said}"


def _called_active(medicine: Medicine) -> str:
    return "order active" if _is_ordered(medicine) else "stated active"


def doses(medicine: Medicine) -> str:
    """The dose; where entries of one medicine differ, each of them: a second dose must not hide behind the first."""
    told: dict[str, str] = {}
    for entry in medicine.entries:
        dose = clip(spaced(entry.detail.get(Detail.DOSE, "")), _DOSE_LIMIT)
        strength = split_title(entry.title)[1] if entry is not medicine.entries[0] else medicine.strength
        shown = joined(("" if repeats(strength, dose) else spaced(strength), lowered(dose) if dose else ""), "; ")
        if shown:
            told.setdefault(same_dose(shown), shown)
    many = len(told) - _DOSES
    return " | also ".join(list(told.values())[:_DOSES]) + (f" | and {many} more doses" if many > 0 else "")


def _other_titles(medicine: Medicine) -> str:
    """Names that stand in this line and say more than its own title: another salt, another form, a code's display."""
    titles = dict.fromkeys(entry.title for entry in medicine.entries)
    shown: list[str] = [medicine.entries[0].title]
    for title in titles:
        if not any(agree(title, one) for one in shown):
            shown.append(title)
    others = [f"“{clip(spaced(title), _TITLE_LIMIT)}”" for title in shown[1:]]
    coded = dict.fromkeys(f"“{clip(said, _TITLE_LIMIT)}”" for e in medicine.entries if (said := coded_otherwise(e)))
    return joined((_some("also as", others), _some("coded as", list(coded)) if len(coded) > 1 else ""))


def _some(lead: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - _DOSES} more" if len(names) > _DOSES else ""
    return f"{lead} {joined(names[:_DOSES])}{more}" if names else ""


def end_doubt(chart: Chart, entry: Entry) -> str:
    """What speaks against an order that is still marked active: its own end, or a stay that is over (check C5)."""
    if entry.until and entry.until.text[:10] < chart.today:
        return f"dated to {entry.until}, still marked active"
    if "inpatient" in entry.detail.get(Detail.SETTING, "").lower() and not chart.is_in_hospital:
        return "inpatient order, still marked active"
    return ""


def _urgency(medicine: Medicine, *, relevant: bool) -> Urgency:
    if _EMPHASISED & set(medicine.groups):
        return Urgency.HIGH_RISK_MEDICINE
    if relevant:
        return Urgency.RELEVANT_MEDICINE
    return Urgency.RECENT_EVENT if medicine.groups else Urgency.MEDICINE


def _is_ordered(medicine: Medicine) -> bool:
    return any(entry.resource_type == ORDERS and Detail.REPORTED not in entry.detail for entry in medicine.entries)


def _reported(medicine: Medicine) -> str:
    """`patient-reported`: a request that is no order but what somebody says is taken."""
    return next((said for entry in medicine.entries if (said := entry.detail.get(Detail.REPORTED))), "")


def _reason_for_status(entry: Entry) -> str:
    reason = entry.detail.get(Detail.STATUS_REASON, "")
    return f"“{reason}”" if reason else ""


def _says_none(entry: Entry) -> bool:
    return Detail.NO_KNOWN in entry.detail or says_nothing(entry)


def _none(chart: Chart, coverage: Coverage) -> Finding:
    stated = [
        e for e in chart.of(Kind.MEDICATION) if Detail.NO_KNOWN in e.detail and e.standing is not Standing.REFUTED
    ]
    stated = [entry for entry in stated if not entry.unread_modifier]
    if stated:
        lead, text = "No known medicines", "stated in the record"
    elif coverage is Coverage.NONE:
        lead, text = NOT_SEEN, ""
    else:
        lead, text = "Current medicines", "none recorded"
    return finding(Section.MEDICINES, lead, text, stated, slot=Slot.RECORD, urgency=Urgency.BACKGROUND)
