"""encounter-start-warmup (encounter-start): has the AI summary made before anybody opens the chart; shows nothing."""

from __future__ import annotations

from fhir_adapters.prefetch import PREFETCH
from hooks.request import HookRequest
from hooks.service import Chart, Silence, service
from hooks.warm_up import warmed


@service(
    id="encounter-start-warmup",
    hook="encounter-start",
    title="Chart summary, prepared when an encounter starts",
    description="Has the chart summary prepared before the chart is opened. It never answers with a card.",
    prefetch=PREFETCH,  # the very chart that chart-summary will see: what is prepared is then ready
    prepares="chart-summary",
)
def encounter_start_warmup(_request: HookRequest, chart: Chart) -> Silence:
    """No card."""
    return warmed(chart)
