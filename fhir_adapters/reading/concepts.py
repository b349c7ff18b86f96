"""CodeableConcepts, Codings and References as a reader wants them: a name, the codes as written, the target."""

from __future__ import annotations

import re

from fhir_adapters.history import Code
from fhir_adapters.reading.elements import NOTHING, Element, child, children, text_of

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"

# SNOMED CT ends a fully specified name with its semantic tag, which says nothing to a clinician.
# https://confluence.ihtsdotools.org/display/DOCEG/Semantic+Tag
_SEMANTIC_TAGS = frozenset(
    [
        "body structure",
        "clinical drug",
        "disorder",
        "environment",
        "event",
        "finding",
        "medicinal product",
        "medicinal product form",
        "morphologic abnormality",
        "observable entity",
        "occupation",
        "organism",
        "person",
        "physical object",
        "procedure",
        "product",
        "qualifier value",
        "record artifact",
        "regime/therapy",
        "situation",
        "social concept",
        "specimen",
        "substance",
    ]
)
# The property of a LOINC name is said by the unit beside it. Other brackets ([PHQ-9], [Presence]) stay.
_LOINC_PROPERTY = re.compile(
    r" \[(?:Mass|Moles|Units|Enzymatic activity|Volume|Entitic mass|Entitic volume|#|Ratio|Score|Mass Ratio|Molar ratio"
    r"|Log mass|Arbitrary)(?: ?(?:concentration|fraction|Fraction))?(?:/(?:volume|mass|time|area))?\]"
)


_SIDE = re.compile(r"\b(?:left|right|bilateral|both)\b")


def concept(element: Element, name: str) -> Element:
    """The CodeableConcept (or Coding) at `name`; a bare string counts as its text."""
    value = element.get(name)
    if isinstance(value, str):
        return {"text": value}
    return child(element, name)


def tidy(label: str) -> str:
    """`label` without SNOMED CT's semantic tag and LOINC's property."""
    if label.endswith(")"):
        head, opening, tag = label.rpartition(" (")
        if opening and tag[:-1] in _SEMANTIC_TAGS:
            label = head
    if "[" in label:
        label = _LOINC_PROPERTY.sub("", label)
    # "Become_Pregnant", "ECG_12lead": keys of a program that stand where words should
    return label.replace("_", " ") if "_" in label and " " not in label else label


def with_side(title: str, site: str) -> str:
    """The title with its body site where only that says which side: left and right must not be lost (C8)."""
    words = site.lower()
    return f"{title}, {words}" if _SIDE.search(words) and words not in title.lower() else title


def label_of(concept: Element) -> str:
    """What a concept is called: its text, else a coding's display, else its code; empty where it has none."""
    text = text_of(concept, "text")
    if text:
        return tidy(text)
    codings = children(concept, "coding") or [concept]
    for coding in codings:
        display = text_of(coding, "display")
        if display:
            return tidy(display)
    return next((f"code {code}" for coding in codings if (code := text_of(coding, "code"))), "")


def label_at(element: Element, name: str) -> str:
    """The name of the concept, or of the concepts, at `name`; several are joined with `; `."""
    value = element.get(name)
    if value is None:
        return ""
    if isinstance(value, list):
        labels = (label_of(item if isinstance(item, dict) else {"text": item}) for item in value)
        return "; ".join(dict.fromkeys(label for label in labels if label))
    return label_of(concept(element, name))


def codes_of(concept: Element) -> tuple[Code, ...]:
    """Every coding of a concept, as written."""
    value = concept.get("coding")
    if value is None:
        return ()
    return tuple(
        Code(text_of(coding, "system"), text_of(coding, "code"), text_of(coding, "display"))
        for coding in children(concept, "coding")
        if coding.get("code") or coding.get("display")
    )


def all_codes(element: Element, name: str) -> list[str]:
    """Every code of the concepts at `name`, in lower case."""
    return [
        code.lower()
        for item in children(element, name)
        for coding in children(item, "coding") or [item]
        if (code := text_of(coding, "code"))
    ]


def relative(reference: str) -> str:
    """`Observation/1` for the same in any version; other forms as they are.

    An absolute reference is another server's here: those to our own base became relative where they arrived
    (`fhir_adapters.home_base`).
    """
    return reference if "://" in reference else reference.partition("/_history/")[0]


def references_at(element: Element, name: str) -> str:
    """The targets of the References at `name`, separated by spaces."""
    targets = (text_of(item, "reference") for item in children(element, name))
    return " ".join(relative(target) for target in targets if target)


def encounter_of(element: Element) -> str:
    """The encounter that a resource names: `encounter` of most, `context` of statements and, within it, of notes."""
    named = element.get("encounter") or element.get("context")
    if isinstance(named, dict) and "encounter" in named:
        named = child(named, "encounter")
    target = named.get("reference") if isinstance(named, dict) else None
    return relative(target.strip()) if isinstance(target, str) else ""


def people_at(element: Element, *names: str) -> str:
    """The display names of the people at `names`. For a clinician's evidence pane only, never for a model."""
    found = (
        text_of(item if item.get("display") else _actor(item), "display")
        for name in names
        for item in children(element, name)
    )
    return "; ".join(dict.fromkeys(name for name in found if name))


def _actor(participant: Element) -> Element:
    """Who a participant or performer is."""
    return child(participant, "actor") or child(participant, "individual") or NOTHING


def reasons_at(element: Element) -> str:
    """Why something was done or given: reason codes and the displays of reason references."""
    said = [label_at(element, "reasonCode")]
    said += [text_of(item, "display") for item in children(element, "reasonReference")]
    return "; ".join(dict.fromkeys(reason for reason in said if reason))
