"""Of several copies of one resource, the one that stands, with what the others say: no copy is dropped unsaid."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.draft import Draft
from fhir_adapters.reading.plain_text import one_line

_MOST_SAID = 3  # of the other copies; the count of all stands among the omissions
_COPY_LIMIT = 150  # characters of one copy's line in another's
_CAUTION = {
    Standing.CURRENT: 0,
    Standing.ON_HOLD: 1,
    Standing.PLANNED: 2,
    Standing.UNKNOWN: 3,
    Standing.PAST: 4,
    Standing.REFUTED: 5,
}


def most_cautious(newest: Sequence[Draft], all_copies: Sequence[Draft]) -> Draft:
    """The draft that stands of `newest`, changed to say what the others do; of one it is that one.

    An allergy's older copies that name another substance are said too: an id is never given to a second substance, so
    one of them is wrong, and nobody knows which.
    """
    stands = min(newest, key=_rank)
    others = [draft for draft in newest if draft is not stands]
    if stands.kind is Kind.ALLERGY:
        named = {_name(draft) for draft in newest}
        others += [draft for draft in all_copies if _name(draft) not in named and not _is_absence(draft)]
    if others:
        _say(stands, sorted(others, key=_rank))
    return stands


def _rank(draft: Draft) -> tuple[object, ...]:
    """The fact whose loss would harm most comes first; content decides the rest, never the order of arrival."""
    return (
        _is_absence(draft),
        not any(value.is_critical for value in draft.values),
        not any(value.is_abnormal for value in draft.values),
        not _forbids(draft),
        _CAUTION[draft.standing],
        draft.title,
        draft.line,
        draft.details,
    )


def _say(stands: Draft, others: Sequence[Draft]) -> None:
    titles = [stands.title, *(draft.title for draft in others if not _is_absence(draft))]
    stands.title = " / ".join(list(dict.fromkeys(titles))[: _MOST_SAID + 1])
    said = [one_line(draft.line, _COPY_LIMIT) for draft in others[:_MOST_SAID]]
    stands.details += [(Detail.ANOTHER_COPY, line) for line in dict.fromkeys(said)]
    marks = "; ".join(dict.fromkeys(said))
    stands.line = f"{stands.line} [another copy of this record: {marks}]"
    if stands.kind is Kind.ALLERGY:
        stands.codes = tuple(dict.fromkeys((*stands.codes, *(code for draft in others for code in draft.codes))))
    stands.ai_asserted = any((stands.ai_asserted, *(draft.ai_asserted for draft in others)))
    stands.restricted = any((stands.restricted, *(draft.restricted for draft in others)))
    stands.unread_modifier = next((d.unread_modifier for d in (stands, *others) if d.unread_modifier), "")


def _is_absence(draft: Draft) -> bool:
    return any(label == Detail.NO_KNOWN for label, _ in draft.details)


def _forbids(draft: Draft) -> bool:
    """An order not to give: the one way in which a medicine's order is refuted."""
    return draft.kind is Kind.MEDICATION and draft.standing is Standing.REFUTED


def _name(draft: Draft) -> str:
    return draft.title.casefold()
