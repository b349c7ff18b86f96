"""Security labels of a resource: made by AI, or not for everybody's eyes."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapters.reading.elements import Element, text_of

_AI_ASSERTED = "AIAST"  # https://terminology.hl7.org/CodeSystem-v3-ObservationValue.html
_RESTRICTED = frozenset({"R", "V"})  # https://terminology.hl7.org/CodeSystem-v3-Confidentiality.html
_RESTRICTED_WORDS = frozenset({"restricted", "very restricted"})  # their displays
# The system's addresses in R4, STU3 and DSTU2, by their last part, and its OID. A label without a system is taken for
# one: showing what is restricted does more harm than holding back what is not.
_CONFIDENTIALITY = frozenset({"", "v3-confidentiality", "confidentiality", "2.16.840.1.113883.5.25"})
_DEEPEST = 4  # meta > security > coding, and lists between


def labels_of(resource: Element) -> tuple[bool, bool]:
    """Whether a resource is labelled as asserted by AI, and whether as restricted or very restricted.

    Read wherever a label can stand, as Coding, CodeableConcept or bare code, alone or in a list.
    """
    meta = resource.get("meta")
    if "securityLabel" not in resource and (meta is None or (isinstance(meta, dict) and "security" not in meta)):
        return False, False  # nearly every resource: the hot path
    metas = _objects(meta)
    # DocumentReference labels what it points to
    places = [*(meta["security"] for meta in metas if "security" in meta), resource.get("securityLabel")]
    labels = [label for place in places for label in _codings(place, _DEEPEST)]
    return any(_is_ai(label) for label in labels), any(_is_restricted(label) for label in labels)


def _is_ai(label: Element) -> bool:
    return text_of(label, "code").upper() == _AI_ASSERTED


def _is_restricted(label: Element) -> bool:
    if _system_name(text_of(label, "system")) not in _CONFIDENTIALITY:
        return False
    words = {text_of(label, name).lower() for name in ("display", "text")}
    return text_of(label, "code").upper() in _RESTRICTED or bool(words & _RESTRICTED_WORDS)


def _system_name(system: str) -> str:
    """`v3-confidentiality` of any address that ends so, with or without a version; an OID without `urn:oid:`."""
    address = system.partition("|")[0].lower().rstrip("/")
    return address.removeprefix("urn:oid:").rpartition("/")[2].rpartition("#")[2]


def _objects(value: object) -> list[Element]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _codings(value: object, depth: int) -> Iterator[Element]:
    """Every label within a value, whatever stands for one."""
    if isinstance(value, str):
        yield {"code": value}
    elif isinstance(value, dict):
        yield value
        if depth:
            yield from _codings(value.get("coding"), depth - 1)
    elif isinstance(value, list) and depth:
        for item in value:
            yield from _codings(item, depth - 1)
