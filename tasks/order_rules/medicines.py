"""A medicine that is ordered: the same one in the chart, why it was stopped, and abnormal results that it touches."""

from __future__ import annotations

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.flag_words import flag_word
from tasks.brief_rules.lexicon import RELEVANT, speaks_of_harm
from tasks.brief_rules.medicine_names import ingredient, ingredients
from tasks.brief_rules.medicines import Medicine, doses, end_doubt
from tasks.brief_rules.results import Results
from tasks.brief_rules.series import Series
from tasks.brief_rules.wording import clip, day, joined, lowered, lowered_name
from tasks.order_rules.allergies import gives_contrast, is_medicine
from tasks.order_rules.lexicon import CONTRAST_TESTS, ONE_SIDED_TESTS
from tasks.order_rules.matching import is_same
from tasks.order_rules.order import Order

_STANDS = {
    Standing.CURRENT: ("Already current", "already current"),
    Standing.ON_HOLD: ("On hold now", "on hold"),
    Standing.UNKNOWN: ("In the chart, status not stated", "in the chart"),
    Standing.REFUTED: ("Ordered not to be given", "ordered not to be given"),
}
_MOST_RESULTS = 2
_BETTER = {"high": "low", "low": "high"}  # the other side of what is bad news


def medicine_findings_of(
    chart: Chart, order: Order, *, own: frozenset[str], medicines: dict[Standing, list[Medicine]], results: Results
) -> list[Finding]:
    """What the chart holds of this medicine. `own` are the references of the orders themselves."""
    parts = ingredients(order.title)
    findings = [
        _standing(chart, medicine, *words)
        for standing, words in _STANDS.items()
        for medicine in medicines[standing]
        if _is_the_same(order, medicine, own)
    ]
    findings += [
        _standing(chart, medicine, f"Shares {joined(sorted(shared), ' and ')}, {lead.lower()}", phrase)
        for standing, (lead, phrase) in _STANDS.items()
        for medicine in medicines[standing]
        if not _is_the_same(order, medicine, own) and (shared := _shared(parts, medicine, own))
    ]
    findings += [
        harmed
        for medicine in medicines[Standing.PAST]
        if _bears(order, parts, medicine, own) and (harmed := _stopped_for_harm(medicine))
    ]
    return [*findings, *touched_findings_of(chart, order, results)]


def touched_findings_of(chart: Chart, order: Order, results: Results) -> list[Finding]:
    """Recent abnormal results of the tests that stand beside what is ordered: a medicine, or a contrast medium."""
    touched = [one for one in _touched(order, results) if chart.is_recent(one.latest.entry) and _is_notable(one)]
    return [_result(chart, order, one) for one in touched[:_MOST_RESULTS]]


def _is_the_same(order: Order, medicine: Medicine, own: frozenset[str]) -> bool:
    """The same ingredients, or the same code of the same system; and not the order itself, kept by the EHR."""
    if _is_own(medicine, own):
        return False
    return medicine.key == ingredient(order.title) or any(is_same(order, entry) for entry in medicine.entries)


def _bears(order: Order, parts: frozenset[str], medicine: Medicine, own: frozenset[str]) -> bool:
    return _is_the_same(order, medicine, own) or bool(_shared(parts, medicine, own))


def _shared(parts: frozenset[str], medicine: Medicine, own: frozenset[str]) -> frozenset[str]:
    """The ingredients that both name, where one of them is a combination. Most titles are seen at once to name none."""
    title = medicine.entry.title.lower()
    if not any(part in title for part in parts) or _is_own(medicine, own):
        return frozenset()
    return parts & ingredients(title)


def _is_own(medicine: Medicine, own: frozenset[str]) -> bool:
    return all(entry.reference in own for entry in medicine.entries)


def _standing(chart: Chart, medicine: Medicine, lead: str, phrase: str) -> Finding:
    oldest = chart.oldest(medicine.entries) or medicine.entry
    return finding(
        Section.ORDERS,
        f"{lead}: {medicine.name}",
        joined((
            doses(medicine),
            f"since {day(oldest.when)}" if oldest.when else "",
            end_doubt(chart, medicine.entry) if medicine.standing is Standing.CURRENT else "",
        )),
        medicine.entries,
        slot=Slot.MEDICINE,
        urgency=Urgency.HIGH_RISK_MEDICINE,
        weight=Weight.NOTABLE,
        phrase=f"{clip(lowered_name(medicine.name), 30)} {phrase}",
    )  # fmt: skip


def _stopped_for_harm(medicine: Medicine) -> Finding | None:
    """A medicine that the record says was stopped because of what it did."""
    for entry in medicine.entries:
        reason = entry.detail.get(Detail.STATUS_REASON, "")
        if speaks_of_harm(reason):
            return finding(
                Section.ORDERS,
                f"Stopped before: {medicine.name}",
                joined((f"“{clip(reason, 200)}”", _when(entry)), ", "),
                [entry],
                slot=Slot.MEDICINE,
                urgency=Urgency.CRITICAL_RESULT,
                weight=Weight.ABNORMAL,
                phrase=f"{clip(lowered_name(medicine.name), 30)} stopped before: see why",
            )
    return None


def _when(entry: Entry) -> str:
    """When it ended; the record may know only when it was ordered, which is no date of the reason."""
    if entry.until:
        return f"ended {day(entry.until)}"
    return f"ordered {day(entry.when)}" if entry.when else ""


def _touched(order: Order, results: Results) -> list[Series]:
    """Known tests beside which this stands in a reviewed table (medicines.toml, orders.toml), gravest first."""
    if is_medicine(order):
        tests = frozenset(test for test, words in RELEVANT.items() if words.find(order.searched))
    else:
        tests = CONTRAST_TESTS if gives_contrast(order) else frozenset()
    return [one for _, one in results.ranked if one.test and one.is_counted and one.test.id.partition("-")[0] in tests]


def _is_notable(series: Series) -> bool:
    """Abnormal, or on its way there; not where it is better than the range: a low creatinine burdens no kidney."""
    if series.is_worsening or series.test is None or series.test.id.partition("-")[0] not in ONE_SIDED_TESTS:
        return series.is_worsening or series.latest.value.is_abnormal
    return series.latest.value.is_abnormal and flag_word(series.latest.value) not in _BETTER[series.test.worse]


def _result(chart: Chart, order: Order, series: Series) -> Finding:
    flag, trend = flag_word(series.latest.value), series.trend.word if series.trend else ""
    return finding(
        Section.ORDERS,
        joined((f"{series.title} {flag}".strip(), trend)),
        joined((series.values_text(chart.lately), series.mark, f"looked at beside {clip(lowered(order.title), 40)}")),
        series.entries,
        slot=Slot.RESULT,
        urgency=Urgency.ABNORMAL_RESULT,
        weight=Weight.ABNORMAL,
        phrase=joined((f"{lowered(series.short)} {series.latest.number_text} {flag}".strip(), trend)),
    )
