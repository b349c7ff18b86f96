"""What this user has answered and been shown of this very content: it is not told twice (SAF-ACK-2).

Nobody else's answer counts, and a hook without a user has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import orjson

from cds_service.call import HookCall
from cds_service.leaving import Leaving
from cds_service.parts import Parts
from fhir_adapters.errors import UnreadableRecord
from fhir_adapters.history import AlarmKind
from fhir_adapters.stored import history_from_plain
from hooks.card import Indicator
from hooks.service import Answered, Silence
from ledger.records import Answer, Situation
from tasks.standing import has_news

_MOST_COMPARED = 3  # earlier states of a chart that are opened to see whether this one says anything new


def is_known(parts: Parts, call: HookCall, fingerprint: str) -> bool:
    """Whether the chart as this hook saw it says nothing that the history of this fingerprint did not.

    Another prefetch of the same chart is no new content. Raises LedgerError. Where that history is not kept any more,
    nobody can tell, and the chart counts as new.
    """
    history = call.gathered.history
    if fingerprint == history.fingerprint:
        return True
    kept = parts.cards.snapshot(call.key, fingerprint)
    if kept is None:
        return False
    try:
        return not has_news(history, history_from_plain(orjson.loads(kept)))
    except UnreadableRecord:  # of another version
        return False


def answered_by_user(parts: Parts, call: HookCall, situation: Situation) -> Answered:
    """What this user, and no other, has answered."""
    mine = [answer for answer in situation.answers if call.user and answer.user == call.user]
    briefs = [answer for answer in mine if not answer.summary_id]
    return Answered(
        summaries=frozenset(answer.summary_id for answer in mine if answer.summary_id),
        brief_at=max(_of_this_content(parts, call, briefs), default=None),
    )


def unless_seen(
    leaving: tuple[Leaving, ...], call: HookCall, situation: Situation
) -> tuple[tuple[Leaving, ...], Silence | None]:
    """The cards that this user needs to see, and why there is none where that is so. A mix-up is always shown."""
    if not call.user or any(alarm.kind is AlarmKind.WRONG_PATIENT_RESOURCE for alarm in call.gathered.alarms):
        return leaving, None
    answered = {answer.card_id for answer in situation.answers if answer.user == call.user}
    news = tuple(one for one in leaving if one.earlier is None or one.earlier.id not in answered)
    if leaving and not news:
        return (), Silence.ACKNOWLEDGED
    due = tuple(one for one in news if not _was_just_shown(one, call))
    return (due, None) if due or not news else ((), Silence.SHOWN_RECENTLY)


def _of_this_content(parts: Parts, call: HookCall, answers: list[Answer]) -> Iterator[datetime]:
    latest = {answer.fingerprint: answer for answer in reversed(answers)}  # they come newest first
    own = latest.get(call.fingerprint)
    if own is not None:
        yield own.at
        return
    for answer in sorted(latest.values(), key=lambda one: one.sequence, reverse=True)[:_MOST_COMPARED]:
        if is_known(parts, call, answer.fingerprint):
            yield answer.at


def _was_just_shown(one: Leaving, call: HookCall) -> bool:
    """Whether the same left within the site's window. What is more than information is told each time."""
    standing, window = one.standing(call.now), call.caller.client.suppress_for
    if standing is None or one.card.indicator is not Indicator.INFO:
        return False
    return call.now - standing.shown_at < window
