"""From a form to the one function of answers: only what this person was shown, and only as it still stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cds_service.answering import GivenAnswer, file_answer
from cds_service.errors import BadForm, NotOpened, PageMissing, SummaryWithdrawn, SurfaceChanged
from cds_service.login import Person
from cds_service.page_parts import PageParts
from cds_service.review.shelf import Opened, Stand
from cds_service.review.surroundings import REASONS, has_opened
from ledger.kinds import LedgerEvent
from ledger.records import AuditEntry, Channel, Filed, Outcome

_MOST_COMMENT: Final = 2_000
_BY_PAGE: Final = frozenset({Outcome.REVIEWED, Outcome.DISAGREED, Outcome.SAFETY_REPORT})


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAnswer:
    """What a form of the page says."""

    outcome: Outcome
    surface: str
    reason: str = ""
    comment: str = field(default="", repr=False)


def read_answer(form: Mapping[str, str]) -> FormAnswer:
    """The answer in a form. Raises BadForm: a disagreement needs a coded reason, a safety report some words."""
    try:
        outcome = Outcome(form.get("outcome", ""))
    except ValueError:
        raise BadForm from None
    reason = form.get("reason", "") if outcome is Outcome.DISAGREED else ""
    comment = form.get("comment", "").strip() if outcome is not Outcome.REVIEWED else ""
    is_whole = {
        Outcome.REVIEWED: True,
        Outcome.DISAGREED: reason in REASONS,
        Outcome.SAFETY_REPORT: bool(comment),
    }.get(outcome, False)
    if outcome not in _BY_PAGE or not is_whole or len(comment) > _MOST_COMMENT:
        raise BadForm
    return FormAnswer(outcome=outcome, surface=form.get("surface", ""), reason=reason, comment=comment)


def take_answer(
    parts: PageParts, opened: Opened, person: Person, *, answer: FormAnswer, stand: Stand, surface: str
) -> None:
    """File the answer of a person to the page as it is now, whose hash is `surface`.

    Raises SurfaceChanged (T15), SummaryWithdrawn where a report came meanwhile, and NotOpened (SAF-ACK-4); the same
    answer sent again is taken once.
    """
    card = opened.card
    story = parts.desk.story(card.record.id)
    entries = story.entries if story else ()
    if _is_repeated(entries, person, answer):
        return
    if answer.surface != surface:
        raise SummaryWithdrawn if stand.basis.withdrawal else SurfaceChanged
    if not has_opened(entries, person, surface):
        raise NotOpened
    filed = file_answer(
        parts.shelf.answers,
        GivenAnswer(
            card_id=card.record.id,
            client=card.client,
            user=person.fhir_user,
            channel=Channel.PAGE,
            outcome=answer.outcome,
            at=parts.clock(),
            surface_sha256=surface,
            reason=answer.reason,
            comment=answer.comment,
            summary_id=stand.basis.summary_id,
            looked=stand.looked,
        ),
        new_id=parts.new_id,
    )
    if filed is Filed.UNKNOWN_CARD:
        raise PageMissing
    if filed is Filed.MOVED_ON:  # a report, a release or a switch came between the look above and the record
        raise SummaryWithdrawn if parts.shelf.answers.withdrawal_of(opened.key) else SurfaceChanged


def _is_repeated(entries: tuple[AuditEntry, ...], person: Person, answer: FormAnswer) -> bool:
    """Whether this person's last answer on the page says just this of just this surface: a double click.

    The ledger keeps it once in any case; here it is not refused for what its own first click changed.
    """
    ended = max((place for place, one in enumerate(entries) if one.kind == LedgerEvent.WITHDRAWAL_RELEASED), default=-1)
    since = entries[ended + 1 :]  # what is reported after a release is no double click: it is to hold again
    mine = [one for one in since if one.kind.startswith("answer.") and one.user == person.fhir_user]
    last = [one.detail for one in mine if one.detail.get("channel") == Channel.PAGE][-1:]
    said = {"outcome": answer.outcome, "reason": answer.reason, "comment": answer.comment}
    said["surface_sha256"] = answer.surface
    return any(all(detail.get(name) == value for name, value in said.items()) for detail in last)
