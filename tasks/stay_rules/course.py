"""The course of an encounter in lines: why and when, what was found and done, what was started, stopped and is open."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.encounters import reason_of, stay_dates
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.imaging import examinations, imaging_findings
from tasks.brief_rules.marks import doubt, is_preliminary, result_mark
from tasks.brief_rules.medicines import Medicine, read_medicines
from tasks.brief_rules.results import read_results, result_findings
from tasks.brief_rules.wording import clip, day, joined, listed, lowered, lowered_name
from tasks.order_rules.matching import is_part, is_same
from tasks.order_rules.order import Order
from tasks.order_rules.studies import is_same_study
from tasks.stay_rules.stay import Stay

ENCOUNTER_UNSEEN = "This encounter was not seen"
_MANY = 12
_PHRASE = 36  # with its lead and a count it stays a phrase
_OPEN = frozenset({Standing.CURRENT, Standing.ON_HOLD})


def course_of(stay: Stay) -> list[Finding]:
    """Every line about the encounter, in reading order."""
    return [
        *_encounter(stay),
        *_pending(stay),
        *_diagnoses(stay),
        *_medicines(stay),
        *_results(stay),
        *imaging_findings(stay.within, examinations(stay.within)),
        *_procedures(stay),
    ]


def _encounter(stay: Stay) -> list[Finding]:
    entry = stay.encounter
    if entry is None:
        text = "only what names it is told below; what merely falls into its time cannot be known"
        return [finding(Section.STAY, ENCOUNTER_UNSEEN, text, (), slot=Slot.RECORD, weight=Weight.NOTABLE)]
    detail = entry.detail
    text = joined((
        stay_dates(entry) if entry.until else f"since {day(entry.when)}",
        reason_of(entry),
        _said("admitted from", detail.get(Detail.ADMITTED_FROM, "")),
        _said("discharged to", detail.get(Detail.DISCHARGED_TO, "")),
    ), "; ")  # fmt: skip
    phrase = joined((lowered(entry.title), stay_dates(entry) if entry.until else f"since {day(entry.when)}"), " ")
    return [finding(Section.STAY, entry.title, text, [entry], slot=Slot.EVENT, urgency=Urgency.NEW_STAY, phrase=phrase)]


def _said(words: str, what: str) -> str:
    return f"{words} {lowered(what).removeprefix('from ')}" if what else ""


def _pending(stay: Stay) -> list[Finding]:
    """Results and reports that are not final, and orders that are open: what somebody must look at after discharge."""
    within = stay.within
    unfinished = [
        entry
        for entry in within.of(Kind.RESULT, Kind.REPORT)
        if is_preliminary(entry) or entry.standing is Standing.PLANNED or entry.status == "registered"
    ]
    ordered = [entry for entry in within.of(Kind.ORDER) if entry.standing in _OPEN and not _is_answered(stay, entry)]
    found = within.newest_first([*unfinished, *ordered])
    if not found:
        return []
    texts = [f"{entry.title} ({joined((_how(entry), day(entry.when)))})" for entry in found]
    return [
        finding(
            Section.STAY,
            "Pending",
            listed(texts, _MANY),
            found[:_MANY],
            slot=Slot.DIRECTIVE,
            urgency=Urgency.DIRECTIVE,
            weight=Weight.NOTABLE,
            phrase=f"pending: {_whole([lowered(entry.title) for entry in found])}",
        )
    ]


def _is_answered(stay: Stay, ordered: Entry) -> bool:
    """Whether the chart holds the same as done since: many an order is never closed."""
    order, since = Order.of(ordered), stay.chart.keys[ordered.id][:10]
    done = stay.chart.of(Kind.RESULT, Kind.REPORT, Kind.IMAGING, Kind.PROCEDURE)
    return any(
        since <= stay.chart.keys[one.id][:10]
        and (is_same(order, one) or is_same_study(order, one) or is_part(order, one))
        for one in done
    )


def _how(entry: Entry) -> str:
    return "ordered" if entry.kind is Kind.ORDER else result_mark(entry) or entry.status


def _diagnoses(stay: Stay) -> list[Finding]:
    found = [one for one in stay.within.of(Kind.PROBLEM) if one.standing is not Standing.REFUTED]
    texts = [f"{stay.within.title_of(one)}{_in_brackets(_state(one))}" for one in found]
    return _list(Section.PROBLEMS, "Noted in this encounter", texts, found, slot=Slot.PROBLEM)


def _state(entry: Entry) -> str:
    return joined((entry.status if entry.standing is not Standing.CURRENT else "", doubt(entry)))


def _procedures(stay: Stay) -> list[Finding]:
    found = stay.within.newest_first(stay.within.of(Kind.PROCEDURE))
    done = [one for one in found if one.standing in {Standing.PAST, Standing.CURRENT} and not one.unread_modifier]
    texts = [f"{stay.within.title_of(one)} ({day(one.when)})" for one in done]
    return _list(Section.CARE, "Procedures of this encounter", texts, done, slot=Slot.EVENT)


def _medicines(stay: Stay) -> list[Finding]:
    """What was started, what was stopped, and what is current as the patient leaves."""
    medicines = read_medicines(stay.chart)
    current, past = medicines[Standing.CURRENT], medicines[Standing.PAST]
    started = [one for one in current if all(map(stay.spans, (entry.when for entry in one.entries)))]
    stopped = [one for one in past if stay.spans(one.entry.until) or _is_of(stay, one)]
    held = medicines[Standing.ON_HOLD]
    kept = [one for one in current if one not in started]
    return [
        *_list_of("Started", started, Urgency.HIGH_RISK_MEDICINE),
        *_list_of("Stopped", stopped, Urgency.RELEVANT_MEDICINE),
        *_list_of("On hold", held, Urgency.RELEVANT_MEDICINE),
        *_list_of("Current from before", kept, Urgency.MEDICINE),
    ]


def _is_of(stay: Stay, medicine: Medicine) -> bool:
    """Whether a medicine that is past was ordered in this encounter, so that it ended in it too."""
    return any(entry.id in stay.within.keys for entry in medicine.entries)


def _list_of(lead: str, medicines: Sequence[Medicine], urgency: Urgency) -> list[Finding]:
    """A line of medicines with their doses; in its phrase, which has no room for a whole dose, by name alone."""
    names = [lowered_name(one.name) for one in medicines]
    return _list(Section.MEDICINES, lead, *_told(medicines), slot=Slot.MEDICINE, urgency=urgency, names=names)


def _told(medicines: Sequence[Medicine]) -> tuple[list[str], list[Entry]]:
    texts = [joined((one.name, one.entry.detail.get(Detail.DOSE, "") or one.strength), " ") for one in medicines]
    return [clip(text, 90) + _in_brackets(_why(one)) for text, one in zip(texts, medicines, strict=True)], [
        one.entry for one in medicines
    ]


def _why(medicine: Medicine) -> str:
    detail = medicine.entry.detail
    return clip(detail.get(Detail.STATUS_REASON, "") or detail.get(Detail.REASON, ""), 60)


def _results(stay: Stay) -> list[Finding]:
    """From the first value to the last; that there were none is said, for silence would read as all normal."""
    if stay.within.of(Kind.RESULT, Kind.VITAL):
        return result_findings(stay.within, read_results(stay.within))
    return [finding(Section.RESULTS, "Results", "none of this encounter were seen", (), slot=Slot.RECORD)]


def _list(
    section: Section,
    lead: str,
    texts: Sequence[str],
    entries: Sequence[Entry],
    *,
    slot: Slot,
    urgency: Urgency = Urgency.MAJOR_PROBLEM,
    names: Sequence[str] = (),
) -> list[Finding]:
    if not texts:
        return []
    phrase = f"{lowered(lead)}: {_whole(names or texts)}" if urgency < Urgency.MEDICINE else ""
    return [
        finding(section, lead, listed(texts, _MANY), entries[:_MANY], slot=slot, urgency=urgency, phrase=phrase),
    ]


def _whole(names: Sequence[str]) -> str:
    """As many names as a phrase has room for, each of them whole, and how many more there are."""
    shown: list[str] = []
    for name in dict.fromkeys(names):
        if shown and len(", ".join([*shown, name])) > _PHRASE:
            break
        shown.append(name)
    more = len(set(names)) - len(shown)
    return clip(", ".join(shown), _PHRASE) + (f" and {more} more" if more else "")


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""
