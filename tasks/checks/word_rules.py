"""The table of words that change what a sentence says, each with the field of a cited entry that must show it."""

from __future__ import annotations

import re
from collections.abc import Callable

from fhir_adapters.details import Detail
from fhir_adapters.history import Coverage, Entry, Kind, Standing
from tasks.checks import aims, c5_status, c6_allergies, c10_trends, c17_relations, level_rules, narrative_rules
from tasks.checks.c3_units import is_as_needed
from tasks.checks.dates import day_of, without_dates
from tasks.checks.frequency import without_frequencies
from tasks.checks.polarity import Stance, stances
from tasks.checks.spoken import CODED, MEASURED, Spoken, keys_with, says_date
from tasks.checks.words import stem, tokens

# True: a coded field shows it. False: one contradicts it. None: none tells, so a cited text must have the word.
Rule = Callable[[Spoken], bool | None]

_OWN_DATE = {
    "since": (Detail.ONSET, Detail.SINCE),
    "record": (Detail.RECORDED, Detail.STATED, Detail.ISSUED),
    "order": (Detail.AUTHORED,),
}
_GIVEN_TOO = re.compile(r"receiv|giv|administ|treat|dos|vaccin", re.IGNORECASE)
_OF_KIND = re.compile(r"drug|medicine|medication", re.IGNORECASE)
_WAYS_OF_TREATING = {Kind.MEDICATION, Kind.PROCEDURE, Kind.CARE_PLAN, Kind.NOTE, Kind.REPORT}
_PARTS = re.compile(r"[.;,](?=\s|$)|\b(?:but|while|although)\b", re.IGNORECASE)
_STOPPED = frozenset(map(stem, ("stopped", "discontinued", "ceased")))
_CHANGED = re.compile(rf"\b(?:{c5_status.PAST_WORDS}|on hold|paused|suspended)\b", re.IGNORECASE)


def _standing(spoken: Spoken) -> bool | None:
    """C5 judges it, where an entry that the clause is about has a standing."""
    kinds = {source.entry.kind for source in c5_status.meant_by(spoken.part, spoken.claim)}
    if spoken.word.endswith(" on") and not kinds & _WAYS_OF_TREATING:
        return None  # nobody is on a disease
    cited = {source.entry.kind for source in spoken.claim.sources}
    in_words = cited <= {Kind.NOTE, Kind.REPORT, Kind.SOCIAL}  # C5 has looked for it in those, too
    return True if in_words or kinds & c5_status.HAS_STANDING else None


def _medicine(spoken: Spoken) -> bool | None:
    """What is taken, given or prescribed is a medicine of the record; what is only an allergy there never is."""
    kinds = {source.entry.kind for source in c5_status.meant_by(spoken.part, spoken.claim)}
    if Kind.MEDICATION in kinds:
        return True
    if Kind.ALLERGY in kinds:
        return _OF_KIND.match(spoken.word) is not None and c5_status.speaks_of_allergy(spoken.part)
    if kinds & {Kind.IMMUNIZATION, Kind.PROCEDURE} and _GIVEN_TOO.match(spoken.word):
        return True
    return None


def _done(spoken: Spoken) -> bool | None:
    """C5 judges it, where an entry that the clause is about is of something that is done."""
    kinds = {source.entry.kind for source in c5_status.meant_by(spoken.part, spoken.claim)}
    return True if kinds & (c5_status.HAS_STANDING - c5_status.STANDS) else None


def _denied(spoken: Spoken) -> bool | None:
    """A source denies what this part of the sentence denies; C7 looks at every term of it."""
    text = spoken.claim.text
    start = max((mark.end() for mark in _PARTS.finditer(text, 0, spoken.match.start())), default=0)
    following = _PARTS.search(text, spoken.match.end())
    mine = stances(without_dates(text[start : following.start() if following else len(text)]))
    return True if keys_with(mine, Stance.NEGATED) & spoken.told.denied & set(spoken.claim.terms) else None


def _doubted(spoken: Spoken) -> bool | None:
    """A source doubts something that the sentence names; "unlikely" is more than doubt."""
    return True if spoken.word != "unlikely" and spoken.told.doubted & set(spoken.claim.terms) else None


def _confirmed(spoken: Spoken) -> bool | None:
    found = {source.entry.detail.get(Detail.VERIFICATION, "").casefold() for source in spoken.owners}
    return None if found == {""} else found == {"confirmed"}


def _as_needed(spoken: Spoken) -> bool | None:
    medicines = [source for source in spoken.owners if source.entry.kind is Kind.MEDICATION]
    return all(is_as_needed(source) for source in medicines) if medicines else None


def _dated(kind: str) -> Rule:
    """The date beside the word is the entry's own date of that kind: its onset, its order, its recording."""

    def rule(spoken: Spoken) -> bool | None:
        coded = [source.entry for source in spoken.owners if source.entry.kind in CODED]
        if (date := spoken.date) is None or not coded:
            return None
        told = tuple(text for source in spoken.owners for text in source.pieces if _says_word(text, spoken.word))
        if says_date(told, date):
            return True
        if kind == "since" and _CHANGED.search(spoken.part):  # since then it is over, or on hold
            return _ended(spoken) is True
        return any(says_date(_own_dates(entry, _OWN_DATE[kind]), date) for entry in coded)

    return rule


def _own_dates(entry: Entry, labels: tuple[Detail, ...]) -> tuple[str, ...]:
    given = tuple(text for label, text in entry.details if label in labels)
    return given or ((entry.when.text[:10],) if entry.when else ())


def _ended(spoken: Spoken) -> bool | None:
    """The date beside the word is that of the end; a procedure's own date is its end, too."""
    coded = [source for source in spoken.owners if source.entry.kind in CODED]
    if (date := spoken.date) is None or not coded:
        return None
    for source in coded:
        texts = [text for text in source.pieces if _says_word(text, spoken.word)]
        if source.entry.until:
            texts.append(source.entry.until.text[:10])
        elif source.entry.kind not in {Kind.PROBLEM, Kind.ALLERGY, Kind.MEDICATION} and source.entry.when:
            texts.append(source.entry.when.text[:10])
        if says_date(tuple(texts), date):
            return True
    return False


def _says_word(text: str, word: str) -> bool:
    """Whether a text has the word, or one of the same: what was discontinued was stopped."""
    core = stem(word.partition(" ")[0])
    same = _STOPPED if core in _STOPPED else {core}
    return not same.isdisjoint(map(stem, tokens(text)))


def _newest(spoken: Spoken) -> bool | None:
    """Nothing of the same name in the history is newer; of what has a standing, that it is current."""
    entries = _spoken_of(spoken)
    measured = [entry for entry in entries if entry.kind not in c5_status.STANDS]
    if not entries or any(entry.standing is not Standing.CURRENT for entry in entries if entry not in measured):
        return None
    return any(all(each.sort_key <= entry.sort_key for each in _alike(entry, spoken)) for entry in measured) or (
        not measured
    )


def _first(spoken: Spoken) -> bool | None:
    """Nothing of the same name is older, in a record that was seen whole."""
    entries = _spoken_of(spoken)
    entries += [source.entry for source in spoken.owners if source.entry.kind is Kind.REPORT]
    if any(spoken.claim.history.covers(entry.resource_type) is not Coverage.WHOLE for entry in entries):
        return None
    return any(all(each.sort_key >= entry.sort_key for each in _alike(entry, spoken)) for entry in entries) or None


def _spoken_of(spoken: Spoken) -> list[Entry]:
    figure = spoken.figure
    return [
        source.entry
        for source in spoken.owners
        if source.entry.kind in CODED
        and (figure is None or any(figure.agrees_with(value) for value, _ in source.measured))
    ]


def _alike(entry: Entry, spoken: Spoken) -> list[Entry]:
    """The entries of the same name, newest first."""
    alike = (each for each in spoken.claim.history.of_kind(entry.kind) if each.title == entry.title)
    return sorted(alike, key=lambda each: each.sort_key, reverse=True)


def _now(spoken: Spoken) -> bool | None:
    """The newest; "and now 5.4 mmol/L" is said of the figure that follows."""
    following = next((each for each in spoken.claim.figures if each.start == spoken.match.end() + 1), None)
    if following is None:
        return _newest(spoken) or None
    of_it = [source for source in spoken.owners if any(following.agrees_with(value) for value, _ in source.measured)]
    newest = [_alike(source.entry, spoken)[0] for source in of_it]
    return any(source.entry in newest for source in of_it) or None


def _normal_again(spoken: Spoken) -> bool | None:
    """Normal now, and not so before."""
    if not level_rules.is_normal(spoken):
        return None
    older = [
        each
        for entry in _spoken_of(spoken)
        for each in _alike(entry, spoken)
        if each.sort_key < entry.sort_key and each.kind in MEASURED
    ]
    levels = {level_rules.level_of(value) for each in older for value in each.values}
    return True if levels & {level_rules.Level.HIGH, level_rules.Level.LOW, level_rules.Level.ABNORMAL} else None


def _same_day(spoken: Spoken) -> bool | None:
    whens = [source.entry.when for source in spoken.claim.sources]
    days = {day_of(when) for when in whens if when is not None}
    return None not in whens and len(days) == 1 and all(day.day is not None for day in days)


def _related(spoken: Spoken) -> bool | None:
    return True if all(c17_relations.around(spoken.claim.words, spoken.match)) else None


def _route(spoken: Spoken) -> bool | None:
    return True if any(set(map(stem, spoken.word.split())) <= source.words for source in spoken.owners) else None


def _bare_count(spoken: Spoken) -> bool | None:
    """A count without a period is no frequency, and no coded field is one."""
    if without_frequencies(spoken.claim.text)[spoken.match.start()] == " ":
        return True
    return None if any(source.passage for source in spoken.claim.sources) else False


def _unknown(spoken: Spoken) -> bool | None:
    return True if all(source.entry.standing is Standing.UNKNOWN for source in spoken.owners) else None


def _at_least(count: int) -> Rule:
    return lambda spoken: True if len(spoken.claim.sources) >= count else None


def _stays(spoken: Spoken) -> bool | None:
    """A measured thing stays high or low where the measurement before it was so, too."""
    measured = [entry for entry in _spoken_of(spoken) if entry.kind in MEASURED]
    for entry in measured:
        before = [each for each in _alike(entry, spoken) if each.sort_key < entry.sort_key]
        levels = [list(map(level_rules.level_of, each.values)) for each in (*before[:1], entry)]
        if not before or levels[0] != levels[1] or None in levels[0]:
            return None
    return True if not measured or level_rules.NAMES_LEVEL.match(spoken.claim.text, spoken.match.end()) else None


def _checked(_: Spoken) -> bool | None:
    """Another check compares it wherever it stands."""
    return True


_USE = (
    r"takes?|taking|taken|uses?|using|used|receiv(?:es?|ed|ing)|gives?|given|giving|administered|prescri\w+"
    r"|dos(?:es?|ages?|ing|ed)|medicines?|medications?|drugs?|treat(?:s|ed|ing|ments?)?|therapy"
    r"|(?:is|are|remains|stays|maintained|now)\s+on(?!\s+(?:hold|target|\d))"
)
_DOUBT = (
    r"possibl[ey]|probabl[ey]|likely|unlikely|suspected|suspicio\w+|suggest\w*|quer(?:y|ied)|presumed|questionable"
    r"|consistent\s+with|concern(?:s|ing)?|differential|may|might|could|cannot"
)
_ROWS: tuple[tuple[str, Rule], ...] = (
    # level
    (level_rules.HIGH, level_rules.is_high),
    (level_rules.LOW, level_rules.is_low),
    (level_rules.NORMAL, level_rules.is_normal),
    (level_rules.ABNORMAL, level_rules.is_abnormal),
    (level_rules.NEGATIVE, level_rules.is_negative),
    (level_rules.COMPARED, level_rules.compares),
    (level_rules.RANGE, level_rules.names_range),
    (aims.ON_TARGET, aims.is_on_target),
    (aims.TARGET, aims.names_target),
    (aims.AGAINST, _checked),
    (aims.SUCCESS, aims.is_success),
    # standing and use
    (c5_status.STANDING_WORDS, _standing),
    (r"s/p|performed|done|underwent|undergone|vaccinated", _done),
    (
        _USE,
        _medicine,
    ),
    (r"confirmed", _confirmed),
    (r"unknown|unclear", _unknown),
    (r"remain(?:s|ed)?|stay(?:s|ed)?", _stays),
    (r"(?:as|if|when)\s+(?:needed|required|necessary)|prn", _as_needed),
    (r"once|twice|thrice|every|daily", _bare_count),
    (r"by\s+mouth|orally|oral|tablets?|capsules?|puffs?|units?", _route),
    # denial and doubt
    (
        r"no|not|none|never|nor|neither|without|denie[sd]|deny|negative|absent|absence|free\s+of|excluded?|\w+n['’]t",
        _denied,
    ),
    (
        _DOUBT,
        _doubted,
    ),
    (c6_allergies.DENIES, _checked),
    (r"unidentified", narrative_rules.is_nameless),
    (r"(?:could\s+not|cannot|can\s+not|not)\s+(?:be\s+)?read", narrative_rules.is_unread),
    (r"needs?\s+to\s+be\s+\w+", narrative_rules.is_to_be_done),
    # time
    (r"since|start(?:ed|s)?|began|begun|onset|diagnosed", _dated("since")),
    (r"recorded", _dated("record")),
    (r"ordered|prescribed", _dated("order")),
    (r"resolved|ended|ends|stopped|discontinued|ceased|completed|finished|until", _ended),
    (r"latest|newest|last|most\s+recent", _newest),
    (r"now|still|again", _now),
    (r"first|earliest|initial(?:ly)?", _first),
    (r"(?:on\s+)?(?:the|that)\s+same\s+day", _same_day),
    (c10_trends.TREND_WORDS, _checked),
    # relation and quantity
    (c17_relations.RELATION_WORDS, _related),
    (r"compared\s+(?:with|to)", _checked),
    (r"(?<!,\s)(?<!compared\s)with", narrative_rules.goes_with),
    (r"on", narrative_rules.is_on),
    (r"each", _at_least(2)),
    (r"all|several", _at_least(3)),
    (r"multiple", narrative_rules.is_multiple),
    (r"trends?", narrative_rules.is_trend),
    (r"progressively|steadily|gradually", narrative_rules.is_progressive),
    (r"normali[sz]ed", _normal_again),
    (
        r"(?:below|under)\s+(?:the\s+)?(?:limit\s+of\s+detection|detection\s+limit)|undetectable",
        narrative_rules.is_undetectable,
    ),
)
_ALONE = r"(?<![\w-])(?:{})(?!(?<=\w)[\w-])"  # whole words; a sign may stand against its figure
TABLE = tuple((re.compile(_ALONE.format(words), re.IGNORECASE), rule) for words, rule in _ROWS)
