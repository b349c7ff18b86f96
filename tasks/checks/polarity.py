"""What a sentence says of each of its terms: affirmed, denied, doubted, planned, over, or said of somebody else.

The idea is ConText's (cue, direction, scope, terminator), in English. A sentence is read once forwards and once
backwards, so that the work grows with its length and no faster; where it can be read both ways the term is UNCLEAR.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.checks.cues import FAR, WHOLE, Cue, Stance, Way, cues_at, persons, plain_words, verbs
from tasks.checks.expressions import same_expressions
from tasks.checks.note_words import note_words
from tasks.checks.words import stem

__all__ = ["LONGEST", "Stance", "others", "stances"]

LONGEST = 2_000  # characters of a sentence that are read; what stands beyond is UNCLEAR
SCOPE = 8  # words that a denial reaches surely

_DASHES = frozenset("-−–—")
_STOPS = frozenset(";.!?[]")
_MARKS = frozenset("☐,;:.?!()[]/=-−–—+\n^")
_SITES = frozenset({"in", "at", "on"})  # behind a denied term they lead to where it was looked for
_NEW_SUBJECTS = frozenset({"a", "an", "the", "she", "he", "his", "her", "it", "there", "this", "patient"})
_COPULAS = frozenset({"is", "was", "are", "were", "be", "been", "being", "remains", "seems"})
_PLURALS = frozenset({"are", "were", "both", "all"})
Said = frozenset[Stance]
_AFFIRMED: Said = frozenset({Stance.AFFIRMED})


@dataclass(frozen=True, slots=True)
class _Found:
    """A phrase of the table in a sentence: its first word, the word after its last, what it carries."""

    start: int
    end: int
    cues: Sequence[Cue]


@dataclass(slots=True)
class _Reach:
    """A stance on its way along the sentence."""

    left: int
    whole: bool
    has_term: bool = False
    is_unclear: bool = False
    is_inside: bool = False  # past a bracket that opened on the way
    is_held: bool = False  # until a bracket closes: what stands in it is said apart


def stances(sentence: str, under: Said = frozenset()) -> dict[str, list[Said]]:
    """Each stem and figure of the sentence with what is said of it, once for each time that it is named.

    `under` is what the heading above the sentence says of all of it. Words that make up a cue are not in the answer.
    """
    words = note_words(sentence[:LONGEST])
    reading = _Reading(words)
    found: dict[str, list[Said]] = {}
    for word, said in zip(words, reading.said(under), strict=True):
        if said is not None and word not in _MARKS:
            found.setdefault(_key(word), []).append(said)
    _add_synonyms(words, reading.said(under), found)
    for word in note_words(sentence[LONGEST : 2 * LONGEST])[1:]:
        found.setdefault(_key(word), []).append(frozenset({Stance.UNCLEAR}))
    return found


def others(sentence: str) -> frozenset[str]:
    """The words for persons other than the patient that a sentence names: mother, wife, donor."""
    return frozenset(note_words(sentence[:LONGEST])) & persons()


class _Reading:
    """One sentence with the cues in it, and what reaches each of its words."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self.reached: list[set[Stance]] = [set() for _ in words]
        self.affirms = False
        self._cues: dict[int, _Found] = {}
        self._in_cue = [False] * len(words)
        self._find_cues()
        self._look_ahead()
        self._forwards()
        self._backwards()

    def said(self, under: Said) -> list[Said | None]:
        """What is said of each word; None for the words of a cue."""
        above = under - {Stance.PLANNED} if self.affirms else under
        return [
            None if mine else (frozenset(reached | above) or _AFFIRMED)
            for mine, reached in zip(self._in_cue, self.reached, strict=True)
        ]

    def _find_cues(self) -> None:
        at = 0
        while at < len(self.words):
            length, cues = cues_at(self.words, at)
            if not cues:
                at += 1
                continue
            self._cues[at] = _Found(at, at + length, cues)
            self.affirms = self.affirms or any(cue.way is Way.AFFIRMS for cue in cues)
            for index in range(at, at + length):
                self._in_cue[index] = True
            at += length

    def _look_ahead(self) -> None:
        """For each word how the list that it may stand in goes on: "or" ahead, "and" ahead, a verb ahead of those."""
        self._or_ahead = [False] * (len(self.words) + 1)
        self._and_ahead = [False] * (len(self.words) + 1)
        self._verb_ahead = [False] * (len(self.words) + 1)
        for index in range(len(self.words) - 1, -1, -1):
            word, after = self.words[index], index + 1
            found = self._cues.get(index)
            if word in _STOPS or (found and any(cue.way in {Way.ENDS, Way.TURNS} for cue in found.cues)):
                continue
            verb = word in verbs()
            self._or_ahead[index] = word in {"or", "nor"} or (self._or_ahead[after] and not verb)
            self._and_ahead[index] = word == "and" or (self._and_ahead[after] and not verb)
            self._verb_ahead[index] = verb or (self._verb_ahead[after] and word != ",")

    def _forwards(self) -> None:
        active: dict[Stance, _Reach] = {}
        last_denial = -2
        index = 0
        while index < len(self.words):
            found = self._cues.get(index)
            if found is None:
                self._pass(index, active)
                index += 1
                continue
            denial = active.get(Stance.NEGATED)
            doubly = denial is not None and (
                found.start - last_denial <= 1 or not (denial.has_term or denial.is_unclear)
            )
            self._begin(found, active, doubly=doubly)
            if any(Stance.NEGATED in cue.stances and cue.ahead for cue in found.cues):
                last_denial = found.end
            index = found.end

    def _begin(self, found: _Found, active: dict[Stance, _Reach], *, doubly: bool) -> None:
        """A cue on the way: it ends what it ends, and sends out its own stances."""
        for cue in found.cues:
            if cue.way is Way.TURNS:
                active.clear()
            elif cue.way is Way.ENDS:
                _drop(active, [stance for stance, reach in active.items() if not reach.whole])
            elif cue.way is Way.AFFIRMS:
                active.pop(Stance.PLANNED, None)
            elif cue.ahead and (not cue.is_adjective or self._describes_what_follows(found)):
                _drop(active, [stance for stance, reach in active.items() if reach.is_unclear])
                denies_a_denial = doubly and Stance.NEGATED in cue.stances
                if denies_a_denial:
                    active.pop(Stance.NEGATED, None)
                for stance in {Stance.DOUBTED} if denies_a_denial else cue.stances:
                    active[stance] = _Reach(cue.ahead, cue.ahead == WHOLE)

    def _pass(self, index: int, active: dict[Stance, _Reach]) -> None:
        """One word that is no cue, or a mark: what is on its way reaches it, turns unclear, or ends here."""
        word = self.words[index]
        after_cue = index > 0 and self._in_cue[index - 1]
        for stance, reach in list(active.items()):
            if self._ends(index, stance, reach, after_cue=after_cue):
                del active[stance]
                continue
            if word in _MARKS or reach.is_held:
                continue
            reach.left -= 1
            reach.has_term = reach.has_term or word not in plain_words()
            denial_is_far = stance is Stance.NEGATED and reach.left < FAR - SCOPE and not reach.whole
            unclear = reach.is_unclear or (denial_is_far and reach.left > SCOPE)
            self.reached[index].add(Stance.UNCLEAR if unclear else stance)

    def _ends(self, index: int, stance: Stance, reach: _Reach, *, after_cue: bool) -> bool:
        """Whether a reach ends at this word; a denial may become unclear instead."""
        word = self.words[index]
        if word in _STOPS or reach.left <= 0:
            return True
        if reach.whole:
            return False
        if stance is not Stance.NEGATED:
            goes_on = self._or_ahead[index] or self._and_ahead[index]
            return word in _DASHES or (word == "," and not goes_on)
        begins_anew = word == "," and self._word(index + 1) in _NEW_SUBJECTS
        if begins_anew or (word == ")" and not reach.is_inside) or (word in _SITES and reach.has_term):
            return True
        if word in {"(", ")"}:
            reach.is_inside = word == "("
            reach.is_held = reach.is_inside and reach.has_term and self._word(index + 1) not in {"or", "nor", "and"}
        else:
            reach.is_unclear = reach.is_unclear or self._blurs(index, reach, after_cue=after_cue)
        return False

    def _word(self, index: int) -> str:
        return self.words[index] if index < len(self.words) else ""

    def _blurs(self, index: int, reach: _Reach, *, after_cue: bool) -> bool:
        """Whether from this word on nobody can tell if a denial goes on: "no fever, chest pain since yesterday"."""
        word = self.words[index]
        if word in {"\n", "with"}:
            return reach.has_term
        if word == ",":
            return not self._or_ahead[index]
        if word == "and":
            return self._verb_ahead[index]
        return word in {":", "/", *_DASHES} and not after_cue

    def _describes_what_follows(self, found: _Found) -> bool:
        """Whether an adjective stands before its noun: "possible stroke", not "stroke is possible"."""
        follows = found.end < len(self.words) and self.words[found.end] not in _MARKS
        if not follows:
            return False
        if found.start and self.words[found.start - 1] in _COPULAS:
            return self.words[found.end] not in plain_words() and not self.words[found.end].isdigit()
        if self.words[found.end] not in plain_words():
            return not self.words[found.end].isdigit()
        return found.start == 0 or self.words[found.start - 1] in _MARKS or self._is_doubtful(found)

    @staticmethod
    def _is_doubtful(found: _Found) -> bool:
        return all(Stance.NEGATED not in cue.stances for cue in found.cues)

    def _backwards(self) -> None:
        for_each = sorted(self._cues.values(), key=lambda found: found.start, reverse=True)
        active: dict[Stance, _Reach] = {}
        at = len(self.words) - 1
        for found in for_each:
            for index in range(at, found.end - 1, -1):
                self._pass_back(index, active)
            self._begin_back(found, active)
            at = found.start - 1
        for index in range(at, -1, -1):
            self._pass_back(index, active)

    def _begin_back(self, found: _Found, active: dict[Stance, _Reach]) -> None:
        for cue in found.cues:
            if cue.way is Way.TURNS:
                active.clear()
            elif cue.way is Way.ENDS:
                _drop(active, [stance for stance, reach in active.items() if not reach.whole])
            elif cue.back and not (cue.is_adjective and self._describes_only_what_follows(found)):
                for stance in cue.stances:
                    active[stance] = _Reach(cue.back, cue.back == WHOLE)
        if any(Stance.NEGATED in cue.stances and cue.ahead for cue in found.cues):
            _drop(active, [Stance.NEGATED] if found.start and not any(cue.back for cue in found.cues) else [])

    def _describes_only_what_follows(self, found: _Found) -> bool:
        """A doubt before an ordinary word reaches both ways: "heart failure is a possible cause"."""
        if not self._describes_what_follows(found):
            return False
        return self.words[found.end] not in plain_words() or Stance.NEGATED in found.cues[0].stances

    def _pass_back(self, index: int, active: dict[Stance, _Reach]) -> None:
        word = self.words[index]
        beside_cue = index + 1 < len(self.words) and self._in_cue[index + 1]
        for stance, reach in list(active.items()):
            if word in _STOPS or reach.left <= 0 or (word == "^"):
                del active[stance]
                continue
            if not reach.whole and self._ends_back(index, stance, reach, beside_cue=beside_cue):
                del active[stance]
                continue
            if word in _MARKS:
                continue
            reach.left -= 1
            far = stance is Stance.NEGATED and FAR > reach.left > SCOPE and reach.left < FAR - SCOPE
            self.reached[index].add(Stance.UNCLEAR if reach.is_unclear or far else stance)

    def _ends_back(self, index: int, stance: Stance, reach: _Reach, *, beside_cue: bool) -> bool:
        word = self.words[index]
        if word == ":" and stance is not Stance.NEGATED:
            return not beside_cue
        if word == ",":
            return not reach.has_term and not self._closes(index + 1)
        if word == ":":
            reach.is_unclear = reach.is_unclear or not beside_cue
        elif word in _DASHES:
            return not beside_cue
        elif word in {"and", "or", "nor"}:
            reach.has_term = True  # a list: its commas do not end the reach
            if not self._is_plural(index) and stance is not Stance.NEGATED:
                return True
            reach.is_unclear = reach.is_unclear or not self._is_plural(index)
        return False

    def _closes(self, start: int) -> bool:
        """Whether a cue that begins here ends its clause: "pneumonia, resolved", not "fever, absent breath sounds"."""
        found = self._cues.get(start)
        if found is None:
            return False
        return found.end >= len(self.words) or self.words[found.end] in _MARKS | plain_words()

    def _is_plural(self, index: int) -> bool:
        """Whether what follows "A and B" speaks of both: no singular verb on the way, or no verb before A."""
        ahead = self.words[index + 1 : index + 1 + SCOPE]
        if any(word in _PLURALS for word in ahead):
            return True
        behind = self.words[max(0, index - SCOPE) : index]
        return self.words[index] != "and" or not any(word in verbs() for word in behind)


def _key(word: str) -> str:
    return word if word[0].isdigit() else stem(word)


def _add_synonyms(words: Sequence[str], said: Sequence[Said | None], found: dict[str, list[Said]]) -> None:
    """What is said of an expression is said of those that mean the same: "no MI" denies myocardial infarction."""
    for start, end, meant in same_expressions(words):
        spoken = [each for each in said[start:end] if each is not None]
        if spoken:
            whole = frozenset[Stance]().union(*spoken)
            for key in meant:
                found.setdefault(key, []).append(whole - _AFFIRMED or _AFFIRMED)


def _drop(active: dict[Stance, _Reach], names: Iterable[Stance]) -> None:
    for stance in names:
        active.pop(stance, None)
