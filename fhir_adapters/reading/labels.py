"""Security labels of a resource: made by AI, or not for everybody's eyes."""

from __future__ import annotations

from fhir_adapters.reading.elements import Element, children, text_of

_AI_ASSERTED = "AIAST"  # https://terminology.hl7.org/CodeSystem-v3-ObservationValue.html
_RESTRICTED = frozenset({"R", "V"})  # https://terminology.hl7.org/CodeSystem-v3-Confidentiality.html
_CONFIDENTIALITY = "v3-Confidentiality"


def labels_of(resource: Element) -> tuple[bool, bool]:
    """Whether a resource is labelled as asserted by AI, and whether as restricted or very restricted."""
    meta = resource.get("meta")
    found = children(meta, "security") if isinstance(meta, dict) and "security" in meta else []
    if "securityLabel" in resource:  # DocumentReference labels what it points to
        found = [
            *found,
            *(coding for item in children(resource, "securityLabel") for coding in children(item, "coding")),
        ]
    if not found:
        return False, False
    codes = {(text_of(label, "code"), text_of(label, "system").rpartition("/")[2]) for label in found}
    ai_asserted = any(code == _AI_ASSERTED for code, _ in codes)
    restricted = any(code in _RESTRICTED and system in {"", _CONFIDENTIALITY} for code, system in codes)
    return ai_asserted, restricted
