"""Whether something of the chart is what is being ordered: by a code of one system, or by its plain name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fhir_adapters.dates import PartialDate
from fhir_adapters.history import Code, Entry, Kind
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.wording import day
from tasks.order_rules.lexicon import panel_tests, plain_name, single_test
from tasks.order_rules.order import Order

_FAR = 60  # days from which a date alone tells enough


def is_same(order: Order, entry: Entry) -> bool:
    """The same code of the same system, the same test or panel, or the same name but for words that say nothing."""
    if _coded(order.codes) & _coded(entry.codes) or plain_name(order.title) == plain_name(entry.title):
        return True
    panel = panel_tests(order.title, order.codes)
    if panel:
        return panel == panel_tests(entry.title, entry.codes)
    single = single_test(order.title, order.codes)
    return bool(single) and single == single_test(entry.title, entry.codes)


def is_part(order: Order, entry: Entry) -> bool:
    """Whether a result is one of the tests of the panel that is ordered."""
    panel = panel_tests(order.title, order.codes)
    return bool(panel) and entry.kind is Kind.RESULT and single_test(entry.title, entry.codes) in panel


def dated(chart: Chart, when: PartialDate | None) -> str:
    """`28-Oct-2026, 5 days ago`; the date alone where it is long ago, or not sharp to the day."""
    if when is None or not when.is_day:
        return day(when)
    days = (date.fromisoformat(chart.today) - date.fromisoformat(when.text[:10])).days
    if days < 0 or days > _FAR:
        return str(when)
    return f"{when}, {'today' if days == 0 else 'yesterday' if days == 1 else f'{days} days ago'}"


def _coded(codes: Iterable[Code]) -> set[tuple[str, str]]:
    return {(code.system.rstrip("/").lower(), code.code.lower()) for code in codes if code.system and code.code}
