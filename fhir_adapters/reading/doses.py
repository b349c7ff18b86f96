"""Dosage as one readable phrase: `500 mg oral twice daily`, by the display rules and ISMP's list of abbreviations."""

from __future__ import annotations

import re

from fhir_adapters.reading.concepts import label_at
from fhir_adapters.reading.elements import Element, child, children, flag_at, text_of
from fhir_adapters.reading.quantities import number_of, quantity_text, range_of, ratio_text
from fhir_adapters.reading.timings import frequency_text

# Words by which a free-text dosage says how often.
_HOW_OFTEN = re.compile(
    r"dail|day|hour|week|month|night|morning|evening|bedtime|once|twice|times|every|each|needed|require|continuous|stat\b"
    r"|\b(?:od|bd|bid|tds|tid|qid|qds|qd|qod|prn|mane|nocte|hs|q\d+h)\b",
    re.IGNORECASE,
)
# ISMP, "List of Error-Prone Abbreviations": a bare point, a trailing zero, ug and mcg, U and IU, qd and qod.
_REWRITES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![\d.])\.(?=\d)"), "0."),
    (re.compile(r"(?<=\d)(\.\d*?)0+(?=\s?[A-Za-zµμ%])(?<!\.)"), r"\1"),
    (re.compile(r"(?<=\d)\.0+(?!\d|\.\d)"), ""),
    (re.compile(r"(?<=\d)\.(?=\s?[A-Za-zµμ%])(?!\s?[A-Z][a-z])"), ""),
    (re.compile(r"(?<![A-Za-z])(?:mcg|ug|µg|μg)(?![A-Za-z])"), "microgram"),
    (re.compile(r"(?<=\d)(microgram)"), r" \1"),
    (re.compile(r"(?<=\d)\s?(?:IU|U)(?![A-Za-z])"), " units"),
    (re.compile(r"\bq\.?o\.?d\b\.?", re.IGNORECASE), "every other day"),
    (re.compile(r"\bq\.?d\b\.?", re.IGNORECASE), "daily"),
)
_UNITS = {"U": "units", "IU": "units", "USP'U": "units", "[USP'U]": "units"}
_ROUTES = {"po": "oral", "oral use": "oral", "per os": "oral", "by mouth": "oral"}


def safe_dose(text: str) -> str:
    """`text` without the abbreviations and zeros that are misread: `.5 mcg qd` is `0.5 microgram daily`."""
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    return text


def dose_text(dosages: list[Element]) -> tuple[str, str]:
    """The dosages as one phrase, and their free text as written where the phrase words it otherwise."""
    ordered = sorted(dosages, key=lambda dosage: number_of(dosage.get("sequence")) or 0)
    shown = "; ".join(said for dosage in ordered if (said := _one(dosage)))
    written = "; ".join(text for dosage in ordered if (text := text_of(dosage, "text")))
    return shown, written if written and written not in shown else ""


def _one(dosage: Element) -> str:
    text = safe_dose(text_of(dosage, "text"))
    quantity, often = _quantity(dosage), _how_often(dosage)
    if not text:
        route = _route(dosage)
        return " ".join(part for part in (quantity, route, often) if part)
    if text.replace(" ", "") == quantity.replace(" ", ""):
        return " ".join(part for part in (quantity, _route(dosage), often) if part)
    # A text that gives only the amount must not hide the frequency that stands beside it.
    return text if not often or _HOW_OFTEN.search(text) else f"{text}, {often}"


def _quantity(dosage: Element) -> str:
    said = []
    for dose in children(dosage, "doseAndRate"):
        amount = quantity_text(child(dose, "doseQuantity")) or range_of(child(dose, "doseRange"))
        rate = (
            quantity_text(child(dose, "rateQuantity"))
            or range_of(child(dose, "rateRange"))
            or ratio_text(child(dose, "rateRatio"))
        )
        number, space, unit = amount.rpartition(" ")
        if unit in _UNITS:
            amount = f"{number}{space}{_UNITS[unit]}"
        said.append(" ".join(part for part in (amount, f"at {rate}" if rate else "") if part))
    return "; ".join(dict.fromkeys(part for part in said if part))


def _route(dosage: Element) -> str:
    route = label_at(dosage, "route")
    if route.isupper() and route.lower() not in _ROUTES:
        return route  # IV, IM, SC
    route = route.lower().removesuffix(" route")
    return _ROUTES.get(route, route)


def _how_often(dosage: Element) -> str:
    needed = ""
    if "asNeededCodeableConcept" in dosage:
        needed = f"as needed for {label_at(dosage, 'asNeededCodeableConcept')}".removesuffix(" for ")
    elif flag_at(dosage, "asNeededBoolean"):
        needed = "as needed"
    most = ratio_text(child(dosage, "maxDosePerPeriod"))
    parts = (frequency_text(child(dosage, "timing")), needed, f"max {most}" if most else "")
    return " ".join(part for part in parts if part)
