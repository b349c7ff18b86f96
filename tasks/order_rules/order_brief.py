"""The digest beside an order: what in this chart bears on it, each line with its sources; a ChartBrief like any other.

Its section ORDERS has a line where there is something to say, and none where the card may stay silent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from datetime import datetime

from fhir_adapters.history import PatientHistory
from tasks.brief import Caution, CautionKind, ChartBrief
from tasks.brief_rules.allergies import allergy_findings
from tasks.brief_rules.chart import Chart, open_chart
from tasks.brief_rules.finding import Finding, Urgency
from tasks.brief_rules.headline import headline, ranked_for_card, top_three
from tasks.brief_rules.imaging import examinations
from tasks.brief_rules.medicines import medicine_findings, read_medicines
from tasks.brief_rules.not_seen import not_seen_findings
from tasks.brief_rules.results import read_results
from tasks.order_rules.allergies import allergy_findings_of, is_medicine
from tasks.order_rules.lexicon import modality_of
from tasks.order_rules.medicines import medicine_findings_of, touched_findings_of
from tasks.order_rules.not_seen import gap_findings
from tasks.order_rules.order import Order
from tasks.order_rules.results import result_findings_of
from tasks.order_rules.studies import study_findings_of

RULES = "orders-2"  # changes whenever the same history and orders may give another brief


def write_order_brief(
    history: PatientHistory,
    orders: Sequence[Order],
    *,
    as_of: datetime,
    asked: Collection[str],
    unread: int = 0,
    unseen: int = 0,
) -> ChartBrief:
    """What of a history bears on `orders`. Deterministic; raises nothing for any history.

    `asked` are the types that were asked for at all: of no other is it said that it was not seen.
    """
    chart = open_chart(history, as_of=as_of)
    gaps, cautions = gap_findings(chart, orders, unread=unread, unseen=unseen)
    allergies, allergy_cautions = allergy_findings(chart)
    findings = [
        *allergy_findings_of(chart, orders),
        *_by_order(chart, orders),
        *gaps,
        *(dataclasses.replace(one, urgency=Urgency.NEVER, phrase="") for one in allergies),
        *not_seen_findings(chart, asked=asked),
    ]
    ranked = ranked_for_card(findings)
    return ChartBrief(
        lines=tuple(one.line for one in findings),
        headline=headline(findings, ranked),
        top=top_three(findings, ranked),
        cautions=(*cautions, *_of_medicines(chart, orders, allergy_cautions)),
        entries_read=len(history.entries),
        fingerprint=history.fingerprint,
        as_of=as_of,
        rules=RULES,
    )


def _of_medicines(chart: Chart, orders: Sequence[Order], of_allergies: Sequence[Caution]) -> list[Caution]:
    """What must come first where a medicine is ordered: allergies or medicines that were not seen, or not recorded."""
    if not any(map(is_medicine, orders)):
        return []
    _, unseen = medicine_findings(chart, read_medicines(chart))
    return [*of_allergies, *(Caution(kind=CautionKind.NOT_SEEN, text=text) for text in unseen)]


def _by_order(chart: Chart, orders: Sequence[Order]) -> list[Finding]:
    """The lines of each order; two orders for one thing tell it once."""
    own = frozenset(order.reference for order in orders)
    results, medicines, studies = read_results(chart), read_medicines(chart), examinations(chart)
    findings: list[Finding] = []
    for order in orders:
        if is_medicine(order):
            findings += medicine_findings_of(chart, order, own=own, medicines=medicines, results=results)
        elif modality_of(order.searched):
            findings += study_findings_of(chart, order, studies)
            findings += touched_findings_of(chart, order, results)
            findings += result_findings_of(chart, order, results, own=own)
        else:
            findings += result_findings_of(chart, order, results, own=own)
    return list({(one.line.lead, one.line.entry_ids): one for one in findings}.values())
