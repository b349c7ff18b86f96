"""What goes into a prompt of limited size: the pinned facts first, then the newest; what is cut is counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from fhir_adapters.history import Entry, Kind, Standing
from tasks.errors import PromptTooLarge

CountTokens = Callable[[str], int]

IMAGE_TOKENS = 264  # 256 soft tokens, their two marks and the newlines around them (models.md section 2)
_FIRST_OF_OTHER_SCRIPTS = "\u0590"


def estimate_tokens(text: str) -> int:
    """Tokens of Gemma 3's tokenizer, on the high side: never below the truth in models.md section 8 with its 8 %."""
    quarters = 0  # of a token
    for char in text:
        if char.isspace() and char != "\n":
            continue
        if not char.isalpha() or char >= _FIRST_OF_OTHER_SCRIPTS:
            quarters += 4 if char <= "\uffff" else 16  # outside the basic plane up to four byte tokens
        else:
            quarters += 2 if char.isupper() else 1
    return math.ceil(quarters / 4 * 1.2 * 1.08)


def choose(
    entries: Sequence[Entry],
    text_of: Callable[[Entry], str],
    *,
    room: int,
    count: CountTokens,
    keep: Iterable[str] = (),
) -> tuple[frozenset[str], tuple[str, ...]]:
    """The ids of the entries that fit into `room` tokens, and what was cut, counted by kind.

    Pinned entries and those in `keep` come first and all of them; raises PromptTooLarge if they do not fit.
    Then the newest; one that is too long does not keep older, shorter ones out.
    """
    kept_ids = frozenset(keep)
    pinned = [entry for entry in entries if entry.id in kept_ids or is_pinned(entry)]
    chosen = {entry.id for entry in pinned}
    room -= sum(count(text_of(entry)) + 1 for entry in pinned)
    if room < 0:
        raise PromptTooLarge(f"{len(pinned)} pinned entries exceed the budget by {-room} tokens. Give a larger budget.")
    cut: Counter[Kind] = Counter()
    others = [entry for entry in entries if entry.id not in chosen]
    for entry in sorted(others, key=lambda entry: entry.sort_key, reverse=True):
        cost = count(text_of(entry)) + 1
        if cost <= room:
            room -= cost
            chosen.add(entry.id)
        else:
            cut[entry.kind] += 1
    return frozenset(chosen), tuple(f"{number} × {kind}: beyond the model's budget" for kind, number in cut.items())


def is_pinned(entry: Entry) -> bool:
    """Whether a summary without this fact would mislead: allergies, what is active, what is critical."""
    match entry.kind:
        case Kind.ALLERGY:
            return True
        case Kind.PROBLEM | Kind.MEDICATION:
            return entry.standing in {Standing.CURRENT, Standing.UNKNOWN}
        case _:
            return any(value.is_critical for value in entry.values)
