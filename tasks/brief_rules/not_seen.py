"""What of the record is not in the brief, in words and counts: never silence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from fhir_adapters.history import Coverage, Omission, Reason
from fhir_adapters.types import TYPES
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import AI_SHOWN, Chart
from tasks.brief_rules.finding import Finding, Slot, finding
from tasks.brief_rules.names import TYPE_NAMES
from tasks.brief_rules.wording import joined

NOTHING_LEFT_OUT = "Nothing left out"
_NOTABLE = frozenset({Reason.FAILED, Reason.REFUSED, Reason.OTHER_PATIENT, Reason.UNREADABLE, Reason.OVER_LIMIT})


def not_seen_findings(chart: Chart, *, asked: Collection[str] = TYPES) -> list[Finding]:
    """One line for each reason, then the gaps in coverage of what was asked for; a line that says so where none is."""
    findings = [_reason_line(reason, group) for reason, group in _by_reason(chart).items()]
    read = [(kind, name.plural) for kind, name in TYPE_NAMES.items() if kind in asked]
    unseen = [name for kind, name in read if chart.covers(kind) is Coverage.NONE]
    partly = [name for kind, name in read if chart.covers(kind) is Coverage.PART]
    if unseen:
        findings.insert(0, _line("Not seen at all", joined(unseen), Weight.NOTABLE))
    if partly:
        findings.insert(0, _line("Seen only in part", joined(partly), Weight.NOTABLE))
    return findings or [_line(NOTHING_LEFT_OUT, "all that was supplied of the record types read is used", Weight.PLAIN)]


def _by_reason(chart: Chart) -> dict[Reason, list[Omission]]:
    groups: dict[Reason, list[Omission]] = defaultdict(list)
    for omission in chart.history.omissions:
        groups[omission.reason].append(omission)
    for entry in chart.history.entries:
        if entry.restricted:
            groups[Reason.RESTRICTED].append(Omission(what=entry.resource_type, reason=Reason.RESTRICTED))
        elif entry.ai_asserted and entry.kind not in AI_SHOWN:
            groups[Reason.AI_ASSERTED].append(Omission(what=entry.resource_type, reason=Reason.AI_ASSERTED))
    return dict(sorted(groups.items(), key=lambda group: (group[0] not in _NOTABLE, str(group[0]))))


def _reason_line(reason: Reason, omissions: list[Omission]) -> Finding:
    """`Unreadable: 2 notes (application/pdf)`."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for omission in omissions:
        counts[_type_of(omission.what), omission.detail] += omission.count
    parts = [
        f"{_counted(what, count)}" + (f" ({detail})" if detail else "")
        for (what, detail), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    alerts = reason is Reason.UNSUPPORTED and any(what in {"Consent", "Flag"} for what, _ in counts)
    weight = Weight.NOTABLE if reason in _NOTABLE or alerts else Weight.PLAIN  # a directive or an alert may be in there
    return _line(str(reason)[0].upper() + str(reason)[1:], joined(parts), weight)


def _type_of(what: str) -> str:
    """The FHIR type in "Observation", "DocumentReference/n1" or "page 3 of Observation"."""
    return what.rpartition(" of ")[2].partition("/")[0]


def _counted(what: str, count: int) -> str:
    name = TYPE_NAMES.get(what)
    return name.counted(count) if name else f"{count} × {what}"


def _line(lead: str, text: str, weight: Weight) -> Finding:
    return finding(Section.NOT_SEEN, lead, text, (), slot=Slot.RECORD, weight=weight)
