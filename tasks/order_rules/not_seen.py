"""What an order could not be compared with: said in words, never by silence."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapters.history import Coverage
from tasks.brief import Caution, CautionKind, Section, Weight
from tasks.brief_rules.allergies import ALLERGY_TYPE
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, finding
from tasks.brief_rules.medicines import ORDERS
from tasks.brief_rules.names import ResourceName
from tasks.brief_rules.wording import joined
from tasks.order_rules.allergies import is_medicine
from tasks.order_rules.lexicon import modality_of
from tasks.order_rules.order import Order

_ORDER = ResourceName("order", "orders")


def gap_findings(
    chart: Chart, orders: Sequence[Order], *, unread: int, unseen: int
) -> tuple[list[Finding], list[Caution]]:
    """The lines that must make a card speak although nothing was found, and the cautions that go first on it."""
    findings: list[Finding] = []
    cautions: list[Caution] = []
    if unseen:
        said = f"{_ORDER.counted(unseen)} of this call could not be seen"
        findings.append(_gap(said, "nothing was looked up for what was not seen"))
        cautions.append(_not_seen(said))
    if unread:
        said = f"{_ORDER.counted(unread)} could not be looked at"
        findings.append(_gap(said, "none could be read, or too many came at once"))
        cautions.append(_not_seen(said))
    for what, types in _compared_with(orders):
        if all(chart.covers(one) is Coverage.NONE for one in types):
            findings.append(_gap(f"{what} were not seen", "the order was not compared with them"))
            cautions += [] if ALLERGY_TYPE in types or ORDERS in types else [_not_seen(f"{what} were not seen")]
        elif types[0] in {ALLERGY_TYPE, ORDERS} and chart.covers(types[0]) is not Coverage.WHOLE:
            findings.append(_gap(f"{what} were seen only in part", "the order was compared with these alone"))
    return findings, cautions


def _compared_with(orders: Sequence[Order]) -> list[tuple[str, tuple[str, ...]]]:
    """What the rules look at for such orders. Allergies and medicines must be whole; of the rest the newest came."""
    needs: list[tuple[str, tuple[str, ...]]] = []
    if any(map(is_medicine, orders)):
        needs += [("Allergies", (ALLERGY_TYPE,)), ("Medicines", (ORDERS, "MedicationStatement"))]
    services = [order for order in orders if order.resource_type == "ServiceRequest"]
    if any(modality_of(order.searched) for order in services):
        needs.append(("Earlier imaging studies and reports", ("ImagingStudy", "DiagnosticReport")))
    if any(not modality_of(order.searched) for order in services):
        needs.append(("Earlier results and reports", ("Observation", "DiagnosticReport")))
    return needs


def _gap(lead: str, text: str) -> Finding:
    return finding(Section.ORDERS, lead, joined((text,)), (), slot=Slot.RECORD, weight=Weight.NOTABLE)


def _not_seen(text: str) -> Caution:
    return Caution(kind=CautionKind.NOT_SEEN, text=text)
