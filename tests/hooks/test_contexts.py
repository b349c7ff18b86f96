"""The seven published hooks: every field of each definition is kept, and what may be left out may be left out."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hooks.contexts import CONTEXTS
from hooks.errors import MalformedContext

TASK = {"resourceType": "Task", "id": "t1", "status": "ready", "intent": "order"}
DRAFTS = {
    "resourceType": "Bundle",
    "entry": [{"resource": {"resourceType": "NutritionOrder", "id": "n1", "patient": {"reference": "Patient/p1"}}}],
}
BOOKED = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Appointment", "id": "a1"}}]}
STAFF = {"userId": "PractitionerRole/A2340113", "patientId": "1288992", "encounterId": "456"}
# Each field of the published definitions: https://cds-hooks.hl7.org/hooks/.
WHOLE = {
    "patient-view": {"userId": "Patient/1288992", "patientId": "1288992", "encounterId": "456"},
    "order-select": STAFF | {"selections": ["NutritionOrder/n1"], "draftOrders": DRAFTS},
    "order-sign": STAFF | {"draftOrders": DRAFTS},
    "order-dispatch": {
        "patientId": "1288992",
        "dispatchedOrders": ["ServiceRequest/proc002"],
        "performer": "Organization/some-performer",
        "fulfillmentTasks": [TASK],
    },
    "encounter-start": STAFF,
    "encounter-discharge": STAFF,
    "appointment-book": STAFF | {"userId": "RelatedPerson/r1", "appointments": BOOKED},
}
READ_AS = {
    "userId": "user_id",
    "patientId": "patient_id",
    "encounterId": "encounter_id",
    "selections": "selections",
    "draftOrders": "draft_orders",
    "dispatchedOrders": "dispatched_orders",
    "performer": "performer",
    "fulfillmentTasks": "fulfillment_tasks",
    "appointments": "appointments",
}
OPTIONAL = {
    "patient-view": {"encounterId"},
    "order-select": {"encounterId"},
    "order-sign": {"encounterId"},
    "order-dispatch": {"fulfillmentTasks"},
    "encounter-start": set(),
    "encounter-discharge": set(),
    "appointment-book": {"encounterId"},
}
FIELDS = [(hook, field) for hook, context in WHOLE.items() for field in context]
REQUIRED = [(hook, field) for hook, field in FIELDS if field not in OPTIONAL[hook]]


def read(hook, **changes):
    whole = copy.deepcopy(WHOLE[hook]) | changes
    return CONTEXTS[hook]({name: value for name, value in whole.items() if value is not ...})


def plain(value):
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(("hook", "field"), FIELDS)
def test_s10_each_field_of_a_hooks_definition_is_kept_as_sent(hook, field):
    assert plain(getattr(read(hook), READ_AS[field])) == WHOLE[hook][field]


@pytest.mark.parametrize("hook", WHOLE)
def test_s10_members_that_no_definition_names_are_kept_beside(hook):
    assert read(hook, com_example={"a": 1}).extra == {"com_example": {"a": 1}}


@pytest.mark.parametrize(("hook", "field"), REQUIRED)
@pytest.mark.parametrize("sent", [..., None, 7, "", {}, "x/y/z", [7]])
def test_s11_a_required_field_that_is_missing_or_malformed_is_refused(hook, field, sent):
    if field == "performer" and sent == "x/y/z":
        sent = "  "  # a reference may have any form; blanks name nobody
    with pytest.raises(MalformedContext) as refused:
        read(hook, **{field: sent})
    assert "x/y/z" not in str(refused.value)


@pytest.mark.parametrize(("hook", "field"), [(hook, field) for hook in OPTIONAL for field in OPTIONAL[hook]])
@pytest.mark.parametrize("absent", [..., None, ""])
def test_section_9_3_what_is_optional_may_be_absent_null_or_empty(hook, field, absent):
    assert not getattr(read(hook, **{field: absent}), READ_AS[field])


def test_section_9_3_order_dispatch_names_no_user_and_may_name_one():
    assert read("order-dispatch").user_id == ""
    assert read("order-dispatch", userId="Practitioner/u1").user_id == "Practitioner/u1"


def test_section_9_3_order_dispatch_is_read_under_its_earlier_names():
    context = read("order-dispatch", dispatchedOrders=..., fulfillmentTasks=..., order="ServiceRequest/1", task=TASK)

    assert context.dispatched_orders == ("ServiceRequest/1",)
    assert context.fulfillment_tasks == (TASK,)
    assert context.extra == {}


def test_s11_an_order_dispatch_that_dispatches_nothing_is_refused():
    with pytest.raises(MalformedContext, match="dispatchedOrders"):
        read("order-dispatch", dispatchedOrders=[])


def test_a_selection_of_nothing_is_read_as_such():
    assert read("order-select", selections=[]).selections == ()


@pytest.mark.parametrize("hook", ["order-select", "order-sign", "encounter-start", "encounter-discharge"])
def test_s11_patients_do_not_write_orders_or_start_encounters(hook):
    with pytest.raises(MalformedContext, match=r"context\.userId"):
        read(hook, userId="Patient/p1")


@pytest.mark.parametrize("hook", WHOLE)
def test_t16_no_context_tells_of_its_patient_in_a_log_line(hook):
    assert "1288992" not in repr(read(hook))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("hook", WHOLE)
@settings(max_examples=40)
@given(data=st.data())
def test_s11_any_json_in_the_place_of_a_field_is_read_or_refused_and_never_fails(hook, data):
    field = data.draw(st.sampled_from(sorted(WHOLE[hook])))
    try:
        context = read(hook, **{field: data.draw(_JSON)})
    except MalformedContext:
        return
    assert context.patient_id
