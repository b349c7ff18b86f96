"""From contents to the page: a pure function, so that what was shown can be drawn again from the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Final

from cds_service.review import words
from cds_service.review.basis import Basis
from cds_service.review.page import (
    Banner,
    Check,
    Group,
    HeldBack,
    Line,
    Model,
    Newer,
    Older,
    Picture,
    ReviewPage,
    SummaryPart,
)
from cds_service.review.sources import SourceBook
from cds_service.surface import CardContent
from fhir_adapters.history import PatientHistory, Reason
from hooks.wording import WRONG_PATIENT_WARNING, ai_label, maker, many, moment
from tasks.brief import BriefLine, CautionKind, ChartBrief, Section
from tasks.brief_rules.names import KIND_NAMES
from tasks.brief_rules.not_seen import NOTHING_LEFT_OUT
from tasks.summary import CheckOutcome, ModelVersion, Statement, StatementKind, Summary, Verdict

_LIMITS: Final = (
    "It can leave things out. The chart brief on this page is made by rule from the same chart. The chart decides.",
    "The checks compare each sentence with the sources that it cites. They do not judge whether it matters.",
)
_NO_PICTURE: Final = "The model was given no picture. Imaging is told from reports alone."
_PICTURES: Final = "What it says of pictures is no radiology report. The radiologist's report comes first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A summary as kept, with the history that it cites (None where that was purged) and its pictures' labels."""

    summary: Summary = field(repr=False)
    history: PatientHistory | None = field(repr=False)
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that the ledger holds of one page."""

    content: CardContent = field(repr=False)
    history: PatientHistory = field(repr=False)
    shown: Kept | None = None
    older: Kept | None = None
    newer: tuple[str, PatientHistory] | None = field(default=None, repr=False)  # when issued, and its history


def draw(basis: Basis, contents: Contents) -> ReviewPage:
    """The page of this basis."""
    history, brief = contents.history, contents.content.brief
    kept = [one.history for one in (contents.shown, contents.older) if one and one.history]
    sources = SourceBook(history, kept)
    allergies = Group(title="Allergies", lines=_brief_lines(brief.of(Section.ALLERGIES), sources))
    zone = brief.as_of.tzinfo or UTC  # the hospital's when the card was made: the page can be drawn again as it was
    summary = _summary_part(contents.shown, sources, zone) if contents.shown else None
    groups = _brief_groups(brief, sources)
    older = _summary_part(contents.older, sources, zone) if contents.older else None
    return ReviewPage(
        card_id=basis.card_id,
        banner=_banner(history, brief),
        as_of=moment(brief.as_of),
        state=basis.state,
        state_words=basis.state_words,
        withdrawal=basis.withdrawal,
        warnings=_warnings(basis, brief),
        allergies=allergies,
        coverage=_coverage(history, brief),
        not_seen=tuple(words.visible(line.plain) for line in brief.of(Section.NOT_SEEN)),
        summary=summary,
        brief=groups,
        brief_maker=f"Made by rule (rules {words.visible(brief.rules)}), not by AI.",
        older=Older(difference=basis.difference, part=older) if older else None,
        newer=_newer(basis, contents),
        evidence=sources.evidence(),
    )


def _banner(history: PatientHistory, brief: ChartBrief) -> Banner:
    patient = history.patient
    return Banner(
        name=words.visible(patient.name) or "Name not recorded",
        born=words.born(patient, brief.as_of),
        sex=words.visible(patient.gender) or "sex not recorded",
        identifier=words.visible(patient.identifier) or "no record number",
        died=words.died(patient),
    )


def _warnings(basis: Basis, brief: ChartBrief) -> tuple[str, ...]:
    mixed_up = (WRONG_PATIENT_WARNING,) if basis.mixed_up else ()
    # What is said of allergies stands in their own line, above.
    told = [one.text for one in brief.cautions if one.kind is not CautionKind.ALLERGIES]
    return (*mixed_up, *(words.visible(one) for one in told))


def _coverage(history: PatientHistory, brief: ChartBrief) -> str:
    read = f"{many(brief.entries_read, 'entry', 'entries')} of the record read"
    missed = sum(one.count for one in history.omissions if one.reason is not Reason.DUPLICATE)  # seen, once
    if missed:
        return f"{read}; {missed} not seen or not used"
    gaps = any(line.lead != NOTHING_LEFT_OUT for line in brief.of(Section.NOT_SEEN))
    return f"{read}; some was not" if gaps else f"{read}; nothing is known to be missing"


def _brief_groups(brief: ChartBrief, sources: SourceBook) -> tuple[Group, ...]:
    """The brief without its allergies, which stand above, and without what was not seen, which stands below."""
    sections = [one for one in Section if one not in {Section.ALLERGIES, Section.NOT_SEEN}]
    groups = (Group(title=one.value, lines=_brief_lines(brief.of(one), sources)) for one in sections)
    return tuple(group for group in groups if group.lines)


def _brief_lines(lines: Iterable[BriefLine], sources: SourceBook) -> tuple[Line, ...]:
    return tuple(
        Line(
            lead=words.visible(line.lead),
            text=words.visible(line.text),
            weight=line.weight.value,
            mark="",
            checks=(),
            chips=sources.of_entries(line.entry_ids, line.text),
        )
        for line in lines
    )


def _summary_part(kept: Kept, sources: SourceBook, zone: tzinfo) -> SummaryPart:
    summary = kept.summary
    verified, cited = summary.count(Verdict.VERIFIED), summary.count(Verdict.CITED)
    return SummaryPart(
        label=ai_label(summary),
        maker=words.visible(maker(summary, zone)),
        counts=f"{verified} verified, {cited} cited, {len(summary.withheld)} withheld",
        made_at=moment(summary.made_at.astimezone(zone)),
        groups=_statement_groups(summary.statements, sources),
        withheld=tuple(
            HeldBack(
                text=words.visible(one.text),
                reasons=tuple(map(words.visible, one.reasons)),
                chips=sources.of_citations(one.citations, one.text),
            )
            for one in summary.withheld
        ),
        not_used=tuple(map(words.visible, summary.not_used)),
        pictures=kept.pictures,
        model=_model(summary, zone),
    )


def _statement_groups(statements: Iterable[Statement], sources: SourceBook) -> tuple[Group, ...]:
    by_kind: dict[StatementKind, list[Line]] = {kind: [] for kind in words.GROUPS}
    for one in statements:
        by_kind[one.kind].append(_statement_line(one, sources))
    return tuple(Group(title=words.GROUPS[kind], lines=tuple(lines)) for kind, lines in by_kind.items() if lines)


def _statement_line(statement: Statement, sources: SourceBook) -> Line:
    ran = [one for one in statement.checks if one.outcome is not CheckOutcome.NOT_APPLICABLE]
    return Line(
        lead="",
        text=words.visible(statement.text),
        weight="plain",
        mark=statement.verdict.value,
        checks=tuple(
            Check(
                name=words.CHECKS.get(one.check, one.check),
                outcome=one.outcome.value,
                reason=words.visible(one.reason),
            )
            for one in ran
        ),
        chips=sources.of_citations(statement.citations, statement.text),
    )


def _model(summary: Summary, zone: tzinfo) -> Model:
    model, settings = summary.model, summary.settings
    given = (many(len(summary.manifest), "entry", "entries"), many(len(summary.images), "picture", "pictures"))
    decoding = "not by a model" if model.is_scripted else _decoding(summary)
    pairs = (
        ("Model", model.name),
        ("Revision", model.revision or "not stated"),
        ("Digest of all files", f"{model.digest[:16]}…" if model.digest else "not stated"),
        ("Engine", _engine(model)),
        ("Profile", summary.profile),
        ("Written", decoding if model.is_scripted else f"{decoding}, seed {settings.seed}"),
        ("Prompt", f"{summary.prompt_hash[:16]}…"),
        ("Made from", ", ".join(given)),
        ("Made at", moment(summary.made_at.astimezone(zone))),
    )
    pictures = _PICTURES if summary.images else _NO_PICTURE
    return Model(facts=tuple((label, words.visible(text)) for label, text in pairs), limits=(*_LIMITS, pictures))


def _engine(model: ModelVersion) -> str:
    quantised = "" if model.quantisation in {"", "none"} else f", quantised {model.quantisation}"
    return f"{model.engine} {model.engine_version}{quantised}"


def _decoding(summary: Summary) -> str:
    chosen = "sampled" if summary.settings.do_sample else "most likely words"
    bound = "bound to a schema" if summary.settings.constrained else "free text"
    return f"{chosen}, {bound}, at most {summary.settings.max_new_tokens} tokens"


def _newer(basis: Basis, contents: Contents) -> Newer | None:
    if contents.newer is None:
        return None
    issued_at, history = contents.newer
    return Newer(card_id=basis.newer_id, issued_at=issued_at, changes=changes(contents.history, history))


def changes(before: PatientHistory, after: PatientHistory) -> str:
    """How a chart moved on, in words, by kind: `2 results, 1 note`."""
    known = {entry.reference: entry.content_hash for entry in before.entries}
    new = [entry for entry in after.entries if known.get(entry.reference) != entry.content_hash]
    gone = len(before.by_reference.keys() - after.by_reference.keys())
    said = [KIND_NAMES[kind].counted(count) for kind, count in Counter(entry.kind for entry in new).items()]
    parts = [f"new or changed: {', '.join(said)}"] if said else []
    return "; ".join([*parts, *([f"{gone} no longer there"] if gone else [])]) or "the same entries, read otherwise"
