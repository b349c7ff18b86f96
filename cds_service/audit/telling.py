"""One card's story as a timeline in words: every entry of the chain about it, in order, with its place and proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from cds_service.review.words import visible
from ledger.records import AuditEntry

# kind of entry -> (stage of the timeline, what happened)
_KINDS: Final = {
    "hook.received": ("Hook", "The EHR called"),
    "hook.gathered": ("Gathered", "The record was read for the card"),
    "history.kept": ("Gathered", "The record as read was kept"),
    "card.issued": ("Shown", "The card left for the EHR"),
    "job.queued": ("AI summary", "An AI summary was asked for"),
    "job.claimed": ("AI summary", "A worker took the job"),
    "job.gathered": ("AI summary", "The worker read the record"),
    "job.prompted": ("AI summary", "The question to the model was put together"),
    "job.generated": ("AI summary", "The model answered"),
    "job.checked": ("AI summary", "Each statement was checked against its sources"),
    "job.requeued": ("AI summary", "The attempt failed; it is tried again"),
    "job.failed": ("AI summary", "The job failed"),
    "job.expired": ("AI summary", "The job was not begun in time"),
    "job.done": ("AI summary", "The job ended"),
    "summary.stored": ("AI summary", "The summary was stored"),
    "page.opened": ("Opened", "The review page was opened"),
    "page.images": ("Opened", "Pictures were fetched for the reader"),
    "answer.reviewed": ("Answered", "Reviewed"),
    "answer.disagreed": ("Answered", "Disagreed"),
    "answer.safety-report": ("Answered", "A safety problem was reported"),
    "answer.accepted": ("Answered", "Marked as reviewed on the card"),
    "answer.overridden": ("Answered", "Set aside on the card"),
    "summary.withdrawn": ("Withdrawn", "Withdrawn from every card and page"),
    "withdrawal.released": ("Withdrawn", "The withdrawal was released"),
    "audit.viewed": ("Audit", "This story was looked at"),
    "audit.exported": ("Audit", "This story was exported"),
}


_SYSTEMS: Final = {"fhir": "FHIR", "dicomweb": "DICOMweb", "prefetch": "prefetch"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One entry of the timeline."""

    stage: str
    what: str
    at: datetime
    who: str
    facts: tuple[tuple[str, str], ...] = field(repr=False)
    is_alarm: bool
    sequence: int  # of the last entry, where one step tells of several
    entry_hash: str
    previous_hash: str
    entries: int = 1


def tell(entries: Sequence[AuditEntry]) -> tuple[Step, ...]:
    """The timeline of these entries; a run of reads of the record is one step."""
    steps: list[Step] = []
    for is_read, run in groupby(entries, key=_is_read):
        several = list(run)
        steps += [_reads(several)] if is_read else map(_step, several)
    return tuple(steps)


def _is_read(entry: AuditEntry) -> bool:
    return entry.kind.partition(".")[0] in _SYSTEMS


def _reads(entries: Sequence[AuditEntry]) -> Step:
    last, count = entries[-1], len(entries)
    systems = " and ".join(dict.fromkeys(_SYSTEMS[entry.kind.partition(".")[0]] for entry in entries))
    return Step(
        stage="AI summary",
        what=f"{count} {'read' if count == 1 else 'reads'} of the record over {systems}",
        at=last.at,
        who=visible(last.user),
        facts=tuple((visible(str(entry.detail.get("what", ""))), _outcome(entry)) for entry in entries),
        is_alarm=False,
        sequence=last.sequence,
        entry_hash=last.entry_hash,
        previous_hash=entries[0].previous_hash,
        entries=count,
    )


def _outcome(entry: AuditEntry) -> str:
    return visible(f"{entry.detail.get('outcome', '')}, {entry.detail.get('count', 0)} found")


def _step(entry: AuditEntry) -> Step:
    stage, what = _KINDS.get(entry.kind, _unnamed(entry.kind))
    return Step(
        stage=stage,
        what=what,
        at=entry.at,
        who=visible(entry.user),
        facts=facts(entry.detail),
        is_alarm=entry.kind.startswith("alarm.") or entry.kind in {"job.failed", "summary.withdrawn"},
        sequence=entry.sequence,
        entry_hash=entry.entry_hash,
        previous_hash=entry.previous_hash,
    )


def _unnamed(kind: str) -> tuple[str, str]:
    """An alarm, a read, or an entry of a later version: by its own name."""
    family, _, rest = kind.partition(".")
    if family == "alarm":
        return "Alarm", rest.replace("-", " ")
    return "Other", kind


def facts(detail: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The details of an entry as labels and text; what is empty is left out."""
    pairs = ((name.replace("_", " "), _text(value)) for name, value in detail.items())
    return tuple((visible(label), visible(text)) for label, text in pairs if text)


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case dict():
            return "; ".join(f"{name} {_text(one)}" for name, one in value.items() if _text(one))
        case [[*_], *_]:
            return "; ".join(" ".join(_text(part) for part in one) for one in value)
        case list():
            return ", ".join(filter(None, map(_text, value)))
        case _:
            return str(value)
