"""One card's story as a timeline in words: every entry of the chain about it, in order, with its place and proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from cds_service.kinds import ServiceEvent
from cds_service.review.words import visible
from ledger.kinds import LedgerEvent
from ledger.records import AuditEntry
from tasks.kinds import WorkEvent

# kind of entry -> (stage of the timeline, what happened)
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    ServiceEvent.HOOK_RECEIVED: ("Hook", "The EHR called"),
    ServiceEvent.HOOK_REFUSED: ("Hook", "The EHR called, and the record could not be read for a card"),
    ServiceEvent.HOOK_FAILED: ("Hook", "The service failed, and no card left"),
    ServiceEvent.HOOK_GATHERED: ("Gathered", "The record was read for the card"),
    LedgerEvent.HISTORY_KEPT: ("Gathered", "The record as read was kept"),
    LedgerEvent.CARD_ISSUED: ("Shown", "The card left for the EHR"),
    LedgerEvent.CARD_REPEATED: ("Shown", "The card left for the EHR again: the chart said the same"),
    ServiceEvent.CARD_NONE: ("Shown", "No card was shown"),
    ServiceEvent.CARD_UNSENT: ("Shown", "The EHR had gone before the card could be sent"),
    LedgerEvent.JOB_QUEUED: ("AI summary", "An AI summary was asked for"),
    LedgerEvent.JOB_CLAIMED: ("AI summary", "A worker took the job"),
    WorkEvent.GATHERED: ("AI summary", "The worker read the record"),
    WorkEvent.PROMPTED: ("AI summary", "The question to the model was put together"),
    WorkEvent.GENERATED: ("AI summary", "The model answered"),
    WorkEvent.CHECKED: ("AI summary", "Each statement was checked against its sources"),
    LedgerEvent.JOB_REQUEUED: ("AI summary", "The attempt failed; it is tried again"),
    LedgerEvent.JOB_FAILED: ("AI summary", "The job failed"),
    LedgerEvent.JOB_EXPIRED: ("AI summary", "The job was not begun in time"),
    LedgerEvent.JOB_DONE: ("AI summary", "The job ended"),
    LedgerEvent.SUMMARY_STORED: ("AI summary", "The summary was stored"),
    LedgerEvent.PAGE_OPENED: ("Opened", "The review page was opened"),
    ServiceEvent.PAGE_IMAGES: ("Opened", "Pictures were fetched for the reader"),
    LedgerEvent.ANSWER_REVIEWED: ("Answered", "Reviewed"),
    LedgerEvent.ANSWER_DISAGREED: ("Answered", "Disagreed"),
    LedgerEvent.ANSWER_SAFETY_REPORT: ("Answered", "A safety problem was reported"),
    LedgerEvent.ANSWER_ACCEPTED: ("Answered", "Marked as reviewed on the card"),
    LedgerEvent.ANSWER_OVERRIDDEN: ("Answered", "Set aside on the card"),
    LedgerEvent.ANSWER_UNKNOWN_CARD: ("Answered", "An answer came for a card that this EHR was not given"),
    ServiceEvent.FEEDBACK_UNREADABLE: ("Answered", "Feedback came that could not be read"),
    LedgerEvent.SUMMARY_WITHDRAWN: ("Withdrawn", "Withdrawn from every card and page"),
    LedgerEvent.WITHDRAWAL_RELEASED: ("Withdrawn", "The withdrawal was released"),
    LedgerEvent.SWITCH_OFF: ("Switched", "Switched off"),
    LedgerEvent.SWITCH_ON: ("Switched", "Switched on again"),
    LedgerEvent.PAYLOAD_PURGED: ("Purged", "Contents were purged"),
    ServiceEvent.AUDIT_VIEWED: ("Audit", "This story was looked at"),
    ServiceEvent.AUDIT_EXPORTED: ("Audit", "This story was exported"),
    ServiceEvent.LEDGER_EXPORTED: ("Audit", "The whole ledger was exported"),
    LedgerEvent.LEDGER_VERIFIED: ("Audit", "The ledger was verified"),
    ServiceEvent.LEDGER_FOUND_BROKEN: ("Audit", "The ledger did not verify"),
    ServiceEvent.LEDGER_UNCONFIRMED: ("Audit", "The end of the chain was not confirmed"),
    LedgerEvent.LEDGER_REANCHORED: ("Audit", "Why the checkpoint file was begun anew was written down"),
    ServiceEvent.WRONG_PATIENT_SUMMARY: ("Alarm", "A stored summary of another patient was found in this one's place"),
}
_ALARMS: Final = {LedgerEvent.JOB_FAILED, LedgerEvent.SUMMARY_WITHDRAWN, ServiceEvent.LEDGER_FOUND_BROKEN}


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
        is_alarm=entry.kind.startswith("alarm.") or entry.kind in _ALARMS,
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
