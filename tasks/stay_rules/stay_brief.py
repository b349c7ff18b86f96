"""The digest at discharge: the course of one encounter, each line with its sources; a ChartBrief like any other."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from fhir_adapters.history import PatientHistory
from tasks.brief import Caution, CautionKind, ChartBrief
from tasks.brief_rules.allergies import allergy_findings
from tasks.brief_rules.headline import headline, ranked_for_card, top_three
from tasks.brief_rules.medicines import medicine_findings, read_medicines
from tasks.brief_rules.not_seen import not_seen_findings
from tasks.stay_rules.course import ENCOUNTER_UNSEEN, course_of
from tasks.stay_rules.stay import open_stay

RULES = "stay-2"  # changes whenever the same history and encounter may give another brief


def write_stay_brief(
    history: PatientHistory, encounter_id: str, *, as_of: datetime, asked: Collection[str]
) -> ChartBrief:
    """The course of the encounter of this id. Deterministic; raises nothing for any history."""
    stay = open_stay(history, encounter_id, as_of=as_of)
    allergies, cautions = allergy_findings(stay.chart)
    _, of_medicines = medicine_findings(stay.chart, read_medicines(stay.chart))
    unseen = [*of_medicines, *([ENCOUNTER_UNSEEN] if stay.encounter is None else [])]
    findings = [*allergies, *course_of(stay), *not_seen_findings(stay.chart, asked=asked)]
    ranked = ranked_for_card(findings)
    return ChartBrief(
        lines=tuple(one.line for one in findings),
        headline=headline(findings, ranked),
        top=top_three(findings, ranked),
        cautions=(*cautions, *(Caution(kind=CautionKind.NOT_SEEN, text=text) for text in unseen)),
        entries_read=len(history.entries),
        fingerprint=history.fingerprint,
        as_of=as_of,
        rules=RULES,
    )
