"""The words of a chart card: one line under 140 characters, and a detail of three bullets and a count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final, assert_never

from fhir_adapters.dates import PartialDate
from fhir_adapters.history import Omission, PatientHistory, Reason
from hooks.card import SUMMARY_LIMIT
from hooks.markdown import Markdown, bracketed, bullets, escape, joined, paragraphs, plain, strong, words
from hooks.reason_words import ABSENCES, FAILURES
from tasks.brief import BriefLine, ChartBrief, Section
from tasks.brief_rules.names import TYPE_NAMES
from tasks.states import Absent, Failed, Preparing, Ready, Stale, State
from tasks.summary import Statement, Summary, Verdict

BULLETS: Final = 3  # decision 13: three lines and a count
_LONGEST_BULLET: Final = 600
_RECENT: Final = 64  # charts whose words are kept: they are the same at each opening until chart or summary changes

WRONG_PATIENT_WARNING: Final = "Data of another patient arrived with this record and were left out"


def brief_line(brief: ChartBrief, state: State, warnings: Sequence[str], *, now: datetime) -> str:
    """The summary line of a brief: warnings first, then the headline, then what became of the AI summary."""
    phrases = [*warnings, *brief.headline] or [_bare(brief)]
    return fit("Chart brief: ", phrases, tail=f". {_short_state(state, now)}")


def summary_line(summary: Summary, brief: ChartBrief, warnings: Sequence[str]) -> str:
    """The summary line of an AI summary: its label, its coverage, then the first statement that fits whole.

    A sentence cut short can lose its negation, so none is cut.
    """
    if not summary.statements:
        return fit(f"{_none_survived(summary)}. Chart brief: ", [*warnings, *brief.headline] or [_bare(brief)])
    return _statements_line(summary, tuple(warnings))


@lru_cache(maxsize=_RECENT)
def _statements_line(summary: Summary, warnings: tuple[str, ...]) -> str:
    label = f"{ai_label(summary)} ({_counts(summary)}): "
    room = SUMMARY_LIMIT - 1 - len(label)
    texts = (plain(statement.text.rstrip(" .")) for statement in summary.statements)
    fitting = next(([text] for text in texts if text and len(text) <= room), [])
    count = len(summary.statements)
    return fit(label, [*warnings, *fitting] or [f"{many(count, 'statement')}, each with its sources"])


def brief_detail(
    history: PatientHistory, brief: ChartBrief, state: State, warnings: Sequence[str], *, now: datetime
) -> Markdown:
    """The detail of the chart's brief, as Markdown."""
    return rule_detail(history, brief, warnings, note=f"Not AI. {state_sentence(state, now)}")


def rule_detail(history: PatientHistory, brief: ChartBrief, warnings: Sequence[str], *, note: str) -> Markdown:
    """The detail of any brief, as Markdown: what comes first, its lines, how it was made, and a note of its own."""
    return paragraphs([*map(strong, warnings), brief_bullets(brief), made_by_rule(history, brief), escape(note)])


def summary_detail(
    history: PatientHistory, brief: ChartBrief, summary: Summary, warnings: Sequence[str], *, zone: tzinfo = UTC
) -> Markdown:
    """The detail of an AI summary, as Markdown; with no surviving statement the brief stands in its place."""
    if not summary.statements:
        body = [
            escape(f"{_none_survived(summary)}. The chart brief, made by rule, stands instead."),
            brief_bullets(brief),
        ]
        return paragraphs([*map(strong, warnings), *body, made_by_rule(history, brief), escape(maker(summary, zone))])
    return _statements_detail(history, summary, tuple(warnings), zone)


@lru_cache(maxsize=_RECENT)
def _statements_detail(history: PatientHistory, summary: Summary, warnings: tuple[str, ...], zone: tzinfo) -> Markdown:
    shown = summary.statements[:BULLETS]
    rest = len(summary.statements) - len(shown)
    also = [f"Also in the summary: {many(rest, 'statement')}."] if rest else []
    held = [f"{many(len(summary.withheld), 'statement')} withheld."] if summary.withheld else []
    return paragraphs([
        *map(strong, warnings),
        bullets(_statement_bullet(statement, history) for statement in shown),
        escape(" ".join([*also, *held, not_seen(history.omissions), _not_used(summary)])),
        escape(maker(summary, zone)),
    ])  # fmt: skip


def forget() -> None:
    """Keep no sentence of any patient: something was purged."""
    for kept in (_statements_line, _statements_detail, plain, escape):
        kept.cache_clear()


def ai_label(summary: Summary) -> str:
    """What a summary is called, on every surface; words written by hand are never passed off as a model's."""
    return "Scripted AI summary" if summary.model.is_scripted else "AI summary"


def fit(head: str, phrases: Iterable[str], *, tail: str = "") -> str:
    """`head`, as many whole phrases as fit, `tail`: always under 140 characters and one line.

    Where not even the first phrase fits, it is cut with an ellipsis; callers pass no sentence of a model that long.
    """
    head, tail = plain(head) + " ", plain(tail)
    room = SUMMARY_LIMIT - 1 - len(head) - len(tail)
    wanted = [phrase for phrase in map(plain, phrases) if phrase]
    kept: list[str] = []
    for phrase in wanted:
        if len("; ".join([*kept, phrase])) <= room:
            kept.append(phrase)
    if wanted and not kept:
        kept = [wanted[0][: max(room - 1, 0)].rstrip() + "…"]
    return head + "; ".join(kept) + tail


def moment(at: datetime, now: datetime | None = None) -> str:
    """A time for a reader: `03:10 UTC` on the day of `now`, `14-Oct-2026 03:10 UTC` otherwise.

    In the zone of `now`, else in its own, and always with it: `04:10 UTC+01:00`. Letters such as CST name many zones.
    """
    at = at.astimezone(now.tzinfo) if now is not None else at
    offset = f"{at:%z}"  # +0100; %:z is of Python 3.12
    time = f"{at:%H:%M} UTC" + (f"{offset[:3]}:{offset[3:5]}" if at.utcoffset() else "")
    return time if now is not None and at.date() == now.date() else f"{PartialDate(at.date().isoformat())} {time}"


def _short_state(state: State, now: datetime) -> str:
    match state:
        case Ready():
            return ""
        case Stale(preparing=True):
            return "New AI summary in preparation"
        case Stale():
            return f"The AI summary is older: {difference(state)}"
        case Preparing():
            return "AI summary in preparation"
        case Failed():
            return f"AI summary could not be prepared ({_failure(state)} since {moment(state.since, now)})"
        case Absent():
            return ABSENCES[state.reason][0]
        case _:
            assert_never(state)


def state_sentence(state: State, now: datetime | None = None) -> str:
    """What became of the AI summary, in a sentence; times of the day of `now` without their date."""
    match state:
        case Ready():
            return "An AI summary is ready."
        case Stale():
            made, newer = moment(state.summary.made_at, now), difference(state)
            old = f"The AI summary made {made} is older than this chart ({newer}) and is not shown here."
            return f"{old} A new one is in preparation." if state.preparing else old
        case Preparing():
            # Without its time, which moves when a worker takes the job: the same words are the same card.
            return "AI summary in preparation."
        case Failed():
            return f"The AI summary could not be prepared: {_failure(state)} (since {moment(state.since, now)})."
        case Absent():
            return ABSENCES[state.reason][1]
        case _:
            assert_never(state)


def _failure(state: Failed) -> str:
    return FAILURES[state.reason]


def difference(state: Stale) -> str:
    """How the chart moved on since an older summary: `3 newer entries, 1 removed`."""
    newer = f"{state.newer} newer {'entry' if state.newer == 1 else 'entries'}"
    return f"{newer}, {state.removed} removed" if state.removed else newer


def _counts(summary: Summary) -> str:
    verified, cited = summary.count(Verdict.VERIFIED), summary.count(Verdict.CITED)
    return f"{verified} verified, {cited} cited, {len(summary.withheld)} withheld"


def _none_survived(summary: Summary) -> str:
    if summary.withheld:
        return f"{ai_label(summary)}: no statement survived the checks ({len(summary.withheld)} withheld)"
    return f"{ai_label(summary)}: the model made no statement"


def _bare(brief: ChartBrief) -> str:
    return f"{many(brief.entries_read, 'entry', 'entries')} read, none marked by rule"


def brief_bullets(brief: ChartBrief) -> Markdown:
    """The lines that a card has room for, and how many more there are."""
    shown = [brief.lines[index] for index in brief.top[:BULLETS]]
    rest = sum(line.section is not Section.NOT_SEEN for line in brief.lines) - len(shown)
    more = escape(f"And {many(rest, 'more line')}." if rest > 0 else "")
    return paragraphs([bullets(map(_brief_bullet, shown)), more])


def _brief_bullet(line: BriefLine) -> Markdown:
    lead, text = strong(line.lead), escape(_capped(line.text))
    return words(joined(lead, ":") if line.lead and text else lead, text, _sources(line.entry_ids))


def _statement_bullet(statement: Statement, history: PatientHistory) -> Markdown:
    """A statement with its mark and its sources, numbered as in the history that this card was made from."""
    seen = [history.by_reference.get(citation.reference) for citation in statement.citations]
    ids = tuple(dict.fromkeys(entry.id for entry in seen if entry is not None))
    beyond = sum(entry is None for entry in seen)
    mark = escape("(cited, not computable)" if statement.verdict is Verdict.CITED else "")
    return words(escape(_capped(statement.text)), mark, _sources(ids, beyond=beyond))


def _sources(ids: Sequence[str], *, beyond: int = 0) -> Markdown:
    named = ", ".join(ids)
    outside = f"{many(beyond, 'source')} beyond this read" if beyond else ""
    return bracketed(" and ".join(filter(None, (named, outside))))


def made_by_rule(history: PatientHistory, brief: ChartBrief) -> Markdown:
    """From how much of the record a brief was made, and what was not seen."""
    unread = {Reason.OVER_LIMIT, Reason.UNREADABLE}
    total = brief.entries_read + sum(omission.count for omission in history.omissions if omission.reason in unread)
    return escape(f"Made by rule from {brief.entries_read} of {total} entries read. {not_seen(history.omissions)}")


def not_seen(omissions: Iterable[Omission]) -> str:
    """What the reader must not take for absent, grouped by reason: never silence (SAF-GRD-4)."""
    groups: dict[Reason, dict[str, int]] = {}
    for omission in omissions:
        if omission.reason is Reason.DUPLICATE:
            continue  # it was seen, once
        kind = omission.what.partition("/")[0]
        group = groups.setdefault(omission.reason, {})
        group[kind] = group.get(kind, 0) + omission.count
    if not groups:
        return "Nothing is known to be missing."
    said = [f"{', '.join(map(_counted, group.items()))} ({reason})" for reason, group in groups.items()]
    return f"Not seen: {'; '.join(said)}."


def _counted(item: tuple[str, int]) -> str:
    kind, count = item
    name = TYPE_NAMES[kind].plural if kind in TYPE_NAMES else kind
    return f"{count} {name}" if count > 1 else name  # of one alone nobody knows whether it is a type or a resource


def _not_used(summary: Summary) -> str:
    return f"Not used by the model: {many(len(summary.not_used), 'item')}." if summary.not_used else ""


def maker(summary: Summary, zone: tzinfo = UTC) -> str:
    """Who wrote a summary, and what that means: the AI label in full, its time in `zone`."""
    model, made = summary.model, moment(summary.made_at.astimezone(zone))
    checked = "checked against the chart by rule, not reviewed by a clinician. Not a diagnosis."
    if model.is_scripted:
        return f"Written by hand for demonstration, no model made it; {checked}"
    revision = f" (revision {model.revision[:12]})" if model.revision else ""
    return f"AI-generated by {model.name}{revision} on {made}, {checked}"


def many(count: int, one: str, several: str = "") -> str:
    """`1 statement`, `2 statements`, `2 entries`."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def _capped(text: str) -> str:
    return text if len(text) <= _LONGEST_BULLET else text[:_LONGEST_BULLET].rstrip() + "… (cut)"
