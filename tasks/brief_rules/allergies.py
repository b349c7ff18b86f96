"""Allergies, always first and in words: present, none by explicit statement, not recorded, or not seen (check C6)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fhir_adapters.details import Detail
from fhir_adapters.history import Coverage, Entry, Kind, Reason, Standing
from fhir_adapters.reading.absences import says_nothing
from tasks.brief import Caution, CautionKind, Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.marks import day_ahead, doubt, may_differ
from tasks.brief_rules.wording import clip, day, joined, lowered, lowered_name

ALLERGY_TYPE = "AllergyIntolerance"
NOT_SEEN = "Allergies were not seen"
NOT_RECORDED = "Allergies: not recorded"

WIDEST = "No known allergies"  # narrower statements (drugs, food, latex) say nothing of other substances

_PREFIX = re.compile(r"^(?:allergy to|allergic to|intolerance to|substance with|product containing)\s+", re.IGNORECASE)
_SUFFIX = re.compile(r"\s+(?:structure|allergy)$", re.IGNORECASE)
_SEVERE_WORDS = re.compile(r"anaphyla|angioedema|stevens|necrolysis|bronchospasm|airway|\(severe\)", re.IGNORECASE)
_MANY = 10
# What the narrower statements speak of, as https://hl7.org/fhir/R4/valueset-allergy-intolerance-category.html names it.
_SPOKEN_OF = {"drug": ("medication", "biologic"), "food": ("food",), "environmental": ("environment",)}
_BRACKETED = re.compile(r"\s*\(([^)]*)\)")
# What hides an allergy from us. Duplicates and entries made in error hide none.
_HIDING = frozenset(
    set(Reason) - {Reason.DUPLICATE, Reason.ENTERED_IN_ERROR, Reason.CANCELLED, Reason.NO_PIXELS, Reason.PROFILE}
)


def allergy_findings(chart: Chart) -> tuple[list[Finding], list[Caution]]:
    """The allergy lines, one at least, and the cautions that go first on the card."""
    entries = chart.of(Kind.ALLERGY)
    holding = _holding(chart)
    statements = [entry for entry in holding if _says_none(entry) and not entry.unread_modifier]
    allergies = recorded_allergies(chart)
    whole = _is_wholly_seen(chart)
    cautions = [] if whole else [_caution(NOT_SEEN if not entries else "Allergies were seen only in part")]
    if allergies:
        if any(_contradicts(statement, allergy) for statement in statements for allergy in allergies):
            said = "The record holds allergies and also says that none are known"
            cautions.append(Caution(kind=CautionKind.CONTRADICTION, text=said))
        return _present(allergies, statements), cautions
    if statements:
        return [_none_known(statements)], cautions
    return [_nothing(chart, entries, whole=whole)], cautions or [_caution(_nothing_warning(entries))]


def recorded_allergies(chart: Chart) -> list[Entry]:
    """What the patient is allergic to, as far as the record says so and takes nothing back."""
    return [entry for entry in _holding(chart) if not _says_none(entry) and not says_nothing(entry)]


def allergies_in_words(allergies: Sequence[Entry]) -> str:
    """`penicillin (anaphylaxis, high criticality)`, gravest first, each substance once."""
    return _in_words(_merged(sorted(allergies, key=_gravity)))


def allergy_phrase(allergies: Sequence[Entry]) -> str:
    """`penicillin anaphylaxis`, for a line with little room."""
    return _phrase(_merged(sorted(allergies, key=_gravity)))


def _holding(chart: Chart) -> list[Entry]:
    return [entry for entry in chart.of(Kind.ALLERGY) if entry.standing in {Standing.CURRENT, Standing.UNKNOWN}]


def _contradicts(statement: Entry, allergy: Entry) -> bool:
    """Whether "none known" speaks of such an allergy: "no known drug allergies" does not of a peanut's.

    An allergy without a category may be to anything, so it contradicts every statement.
    """
    category = allergy.detail.get(Detail.CATEGORY, "").lower()
    kinds = next((kinds for word, kinds in _SPOKEN_OF.items() if f" {word} " in statement.title.lower()), ())
    if statement.title == WIDEST or not category:
        return True
    return any(kind in category for kind in kinds) or (not kinds and _named_alike(statement, allergy))


def _named_alike(statement: Entry, allergy: Entry) -> bool:
    """`No known latex allergies` beside latex."""
    group = statement.title.lower().removeprefix("no known ").removesuffix(" allergies")
    return group in allergy.title.lower()


def _caution(text: str) -> Caution:
    return Caution(kind=CautionKind.ALLERGIES, text=text)


def _is_wholly_seen(chart: Chart) -> bool:
    history = chart.history
    hidden = any(
        omission.reason in _HIDING and omission.what.partition("/")[0] == ALLERGY_TYPE for omission in history.omissions
    )
    restricted = any(entry.restricted and entry.kind is Kind.ALLERGY for entry in history.entries)
    return chart.covers(ALLERGY_TYPE) is Coverage.WHOLE and not hidden and not restricted


def _present(allergies: Sequence[Entry], statements: Sequence[Entry]) -> list[Finding]:
    """What the patient is allergic to, gravest first; a long list keeps the mild rest in a second line."""
    groups = _merged(sorted(allergies, key=_gravity))
    first, rest = groups[:_MANY], groups[_MANY:]
    severe = is_severe(groups[0][0])
    more = f"; and {len(rest)} more below" if rest else ""
    also = "; the record also says: " + joined(_statement(entry) for entry in statements) if statements else ""
    findings = [
        finding(
            Section.ALLERGIES,
            "Allergies",
            _in_words(first) + more + also,
            [*_flat(first), *statements],
            slot=Slot.ALLERGY,
            urgency=Urgency.SEVERE_ALLERGY if severe else Urgency.OTHER_ALLERGY,
            weight=Weight.CRITICAL if severe else Weight.NOTABLE,
            phrase=_phrase(first),
        )
    ]
    if rest:
        findings.append(finding(Section.ALLERGIES, "Other allergies", _in_words(rest), _flat(rest), slot=Slot.ALLERGY))
    return findings


def _none_known(statements: Sequence[Entry]) -> Finding:
    """An explicit statement that none are known, with its date: the newest, the widest first."""
    newest_first = sorted(statements, key=lambda entry: entry.sort_key, reverse=True)
    wide = [entry for entry in newest_first if entry.title == WIDEST]
    shown = wide[:1] or newest_first
    words = joined(_statement(entry) for entry in shown)
    if not wide:
        words += "; nothing recorded about other allergies"
    return finding(Section.ALLERGIES, words, "", shown, slot=Slot.RECORD, urgency=Urgency.BACKGROUND)


def _nothing(chart: Chart, entries: Sequence[Entry], *, whole: bool) -> Finding:
    """No allergy holds: because nobody wrote of any, because none is active now, or because they were not seen."""
    cited: Sequence[Entry] = ()
    if not whole and not entries:
        lead, text = NOT_SEEN, _why(chart)
    elif former := _former(entries):
        past = joined((f"“{entry.title}” ({_why_past(entry)})" for entry in former), "; ")
        lead, text, cited = "Allergies", f"none recorded as active; the record holds {past}", former
    else:
        lead, text, cited = "Allergies", joined(("not recorded", _said_instead(entries)), "; "), entries
    return finding(Section.ALLERGIES, lead, text, cited, slot=Slot.RECORD, weight=Weight.NOTABLE)


def _nothing_warning(entries: Sequence[Entry]) -> str:
    return "Allergies: none recorded as active" if _former(entries) else NOT_RECORDED


def _former(entries: Sequence[Entry]) -> list[Entry]:
    """Allergies, and statements that none are known, that no longer hold."""
    return [entry for entry in entries if not says_nothing(entry) and not (_says_none(entry) and entry.unread_modifier)]


def _said_instead(entries: Sequence[Entry]) -> str:
    """What stands in the place of allergies and tells of none: nobody asked, or a statement that is not understood."""
    said = [
        f"“{entry.title}” ({joined((day(entry.when), entry.unread_modifier))})"
        if _says_none(entry)
        else joined(("“no information”", day(entry.when), entry.unread_modifier))
        for entry in entries
    ]
    return f"the record holds {joined(dict.fromkeys(said))}" if said else ""


def _why(chart: Chart) -> str:
    """Why the allergies are out of sight, in the words of the omissions."""
    reasons = [
        f"{omission.reason}" + (f" ({omission.detail})" if omission.detail else "")
        for omission in chart.history.omissions
        if omission.what.partition("/")[0] == ALLERGY_TYPE and omission.reason in _HIDING
    ]
    if any(entry.restricted and entry.kind is Kind.ALLERGY for entry in chart.history.entries):
        reasons.append(f"{Reason.RESTRICTED}")
    return joined(dict.fromkeys(reasons))


def _why_past(entry: Entry) -> str:
    state = "refuted" if entry.standing is Standing.REFUTED else f"marked {entry.status or 'inactive'}"
    return joined((state, day(entry.when) if entry.when else "", entry.unread_modifier))


def _says_none(entry: Entry) -> bool:
    """An explicit statement that none are known, by code or in words (reading puts it among the details)."""
    return Detail.NO_KNOWN in entry.detail


def _statement(entry: Entry) -> str:
    """`No known allergies (recorded 12-Mar-2026)`."""
    marks = joined(
        (
            f"recorded {day(entry.when)}" if entry.when else "no date",
            # C6: "none known" needs the explicit code; words alone are quoted as words.
            "written as text, without a code" if entry.detail.get(Detail.NO_KNOWN) == "as text" else "",
            "unconfirmed" if _is_unconfirmed(entry) else "",
            "AI-asserted" if entry.ai_asserted else "",
        )
    )
    return f"{entry.title} ({marks})"


_SEVERE, _MEDICINE, _FOOD, _OTHER = range(4)


def _gravity(entry: Entry) -> tuple[int, str]:
    """Gravest first, then by name: severe, high criticality, medicines, food, the rest."""
    details = entry.detail
    category = details.get(Detail.CATEGORY, "").lower()
    if is_severe(entry):
        step = _SEVERE
    elif "medication" in category or "biologic" in category:
        step = _MEDICINE
    else:
        step = _FOOD if "food" in category else _OTHER
    return step, substance(entry).lower()


def is_severe(entry: Entry) -> bool:
    """Whether the record calls it of high criticality, or tells of a grave reaction."""
    details = entry.detail
    return details.get(Detail.CRITICALITY) == "high" or bool(_SEVERE_WORDS.search(details.get(Detail.REACTIONS, "")))


def _is_unconfirmed(entry: Entry) -> bool:
    return entry.detail.get(Detail.VERIFICATION, "") in {"unconfirmed", "presumed", "provisional", "differential"}


def _merged(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Entries of one substance together, in the order of the first of each; what is modified, apart."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((substance(entry).lower(), entry.unread_modifier), []).append(entry)
    return list(groups.values())


def _flat(groups: Sequence[Sequence[Entry]]) -> list[Entry]:
    return [entry for group in groups for entry in group]


def substance(entry: Entry) -> str:
    """What the allergy is to, in one or two words: "penicillin" for "Allergy to penicillin"."""
    title = entry.title
    bare = _SUFFIX.sub("", _PREFIX.sub("", title))
    return lowered_name(bare) if len(bare) > 1 and bare.lower() != "substance" else lowered_name(title)


def _in_words(groups: Sequence[Sequence[Entry]]) -> str:
    """`penicillin (anaphylaxis, severe, high criticality); latex, mold (reactions not recorded)`."""
    alike: dict[str, list[str]] = {}  # substances of which the record says the same, in order
    for group in groups:
        alike.setdefault(_marks(group), []).append(substance(group[0]))
    return "; ".join(
        f"{', '.join(names)} ({marks or ('reactions' if len(names) > 1 else 'reaction') + ' not recorded'})"
        for marks, names in alike.items()
    )


def _marks(group: Sequence[Entry]) -> str:
    said = [lowered(part) for e in group for part in e.detail.get(Detail.REACTIONS, "").split("; ") if part]
    said.sort(key=lambda part: not _SEVERE_WORDS.search(part))  # stable: the grave ones first
    criticality = {entry.detail.get(Detail.CRITICALITY, "") for entry in group}
    gravest = next((level for level in ("high", "low") if level in criticality), "")
    return joined(
        (
            _BRACKETED.sub(r", \1", joined(dict.fromkeys(said), "; ")),
            f"{gravest} criticality" if gravest else "",
            # A second entry that is surer than the first lifts the doubt.
            "unconfirmed" if all(map(_is_unconfirmed, group)) else "",
            joined((doubt(group[0]), day_ahead(group[0]))) if all(map(doubt, group)) else "",
            "AI-asserted" if all(entry.ai_asserted for entry in group) else "",
        )
    )


def _phrase(groups: Sequence[Sequence[Entry]]) -> str:
    """`penicillin anaphylaxis`, `penicillin allergy, high criticality`, or `allergies: aspirin, mold`."""
    groups = [group for group in groups if not may_differ(group[0])] or groups
    entry = groups[0][0]
    if not is_severe(entry):
        names = ", ".join(substance(group[0]) for group in groups[:3])
        return names and f"allergies: {names}" if len(groups) > 1 else f"allergy: {names}"
    reactions = re.split(r"[;,]", entry.detail.get(Detail.REACTIONS, ""))
    grave = next((said for said in reactions if _SEVERE_WORDS.search(said)), "")
    if grave:
        return f"{clip(substance(entry), 30)} {lowered(_BRACKETED.sub('', grave).strip())}"
    return f"{clip(substance(entry), 30)} allergy, high criticality"
