"""What may turn a statement round, and is not understood here: never passed over in silence."""

from __future__ import annotations

import orjson

from fhir_adapters.reading.concepts import relative
from fhir_adapters.reading.elements import Element, child, children, is_set, text_of

EXTENDED = "changed by an extension that is not understood"
RULED = "written under rules that are not understood"
FOCUSED = "about another than the patient"
DENIED = "a denial that is not understood"

# Flags by which R4 and the releases before it say that something is not done, given or taken.
_DENIALS = frozenset(
    ["doNotPerform", "prohibited", "notDone", "notPerformed", "notGiven", "wasNotGiven", "wasNotTaken"]
)
_WITHOUT_VALUE = frozenset(f"_{name}" for name in _DENIALS)  # a primitive's extension in place of its value
_WATCHED = frozenset({"implicitRules", "focus", "extension"}) | _DENIALS | _WITHOUT_VALUE
_UNDERSTOOD = {
    "MedicationRequest": frozenset({"doNotPerform"}),
    "MedicationStatement": frozenset({"wasNotTaken"}),
    "Procedure": frozenset({"doNotPerform", "notDone", "notPerformed"}),
    "ServiceRequest": frozenset({"doNotPerform"}),
    "Immunization": frozenset({"doNotPerform", "notGiven", "wasNotGiven"}),
}
# https://hl7.org/fhir/R4/extension-observation-focuscode.html: an element `focus` for those who have none.
_FOCUS_EXTENSIONS = ("/observation-focusCode", "/observation-focal-subject")


def unread_modifier(resource: Element) -> str:
    """How a resource may be changed in a way that no reader understands, in words; empty where in none.

    https://hl7.org/fhir/R4/extensibility.html#modifierExtension: at any depth. https://hl7.org/fhir/R4/resource.html:
    implicitRules. https://hl7.org/fhir/R4/observation-definitions.html#Observation.focus.
    """
    if _WATCHED.isdisjoint(resource):  # nearly every resource: the hot path
        return EXTENDED if _is_extended(resource) else ""
    if resource.get("implicitRules"):
        return RULED
    if _is_extended(resource):
        return EXTENDED
    if _has_other_focus(resource) or _is_focused_by_extension(resource):
        return FOCUSED
    return DENIED if _is_denied(resource) else ""


def _is_extended(resource: Element) -> bool:
    """Whether a modifierExtension stands at any depth. A loop, since depth is the sender's.

    Nearly no resource has one: to look through its JSON first costs a tenth of the walk.
    """
    try:
        if b"modifierExtension" not in orjson.dumps(resource):
            return False
    except TypeError:  # a lone surrogate or an integer beyond 64 bits: the walk decides
        pass
    waiting: list[object] = [resource]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if here.get("modifierExtension"):
                return True
            waiting.extend(value for value in here.values() if isinstance(value, dict | list))
        elif isinstance(here, list):
            waiting.extend(value for value in here if isinstance(value, dict | list))
    return False


def _has_other_focus(resource: Element) -> bool:
    """Whether something else than the subject itself is in focus: a fetus, a donor, a device, another person.

    A Condition of the same record is the patient's own: a stage names the cancer that it is of (mCODE).
    """
    subject = text_of(child(resource, "subject"), "reference")
    if not resource.get("focus"):
        return False
    targets = [relative(text_of(item, "reference")) for item in children(resource, "focus")]
    return not targets or any(
        not target or not (target == relative(subject) or target.startswith("Condition/")) for target in targets
    )


def _is_focused_by_extension(resource: Element) -> bool:
    return any(text_of(item, "url").endswith(_FOCUS_EXTENSIONS) for item in children(resource, "extension"))


def _is_denied(resource: Element) -> bool:
    understood = _UNDERSTOOD.get(text_of(resource, "resourceType"), frozenset())
    if is_set(resource, *sorted(_DENIALS - understood)):
        return True
    return any(resource.get(name) and name[1:] not in resource for name in _WITHOUT_VALUE)
