"""appointment-book-warmup (appointment-book): has the AI summary made when a visit is booked; shows nothing."""

from __future__ import annotations

from fhir_adapters.history import PatientHistory
from fhir_adapters.prefetch import PREFETCH
from hooks.contexts import AppointmentBookContext
from hooks.draft_orders import DraftOrders
from hooks.request import HookRequest
from hooks.service import Chart, Silence, service
from hooks.warm_up import warmed


def booked(request: HookRequest, _history: PatientHistory) -> DraftOrders:
    """The appointments: one of another patient raises the alarm, and then nothing is prepared (T24)."""
    context = request.context
    if not isinstance(context, AppointmentBookContext):
        return DraftOrders()
    return DraftOrders.of_bundle(context.appointments, patient_id=context.patient_id, base=request.base)


@service(
    id="appointment-book-warmup",
    hook="appointment-book",
    title="Chart summary, prepared when an appointment is booked",
    description="Has the chart summary prepared before the visit. It never answers with a card.",
    prefetch=PREFETCH,  # as chart-summary's
    prepares="chart-summary",
    orders=booked,
)
def appointment_book_warmup(_request: HookRequest, chart: Chart) -> Silence:
    """No card."""
    return warmed(chart)
