"""What the standard asks of the discovery answer (S4 to S9): pure, one function a rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cds_service.doctor.answer import Answer
from cds_service.doctor.contexts import SHAPES
from cds_service.doctor.entries import listed
from cds_service.doctor.finding import Outcome, Rule, broken, judged, kept, quoted, shall, should
from cds_service.doctor.members import Object, missing
from cds_service.doctor.templates import search_problems, token_problems

_OTHER_HOOKS: Final = frozenset({"medication-prescribe", "order-review"})  # deprecated, and still about
_NOUN_VERB: Final = re.compile(r"[a-z]+(-[a-z]+)+")
_REVERSE_DNS: Final = re.compile(r"[a-z0-9-]+(\.[a-zA-Z0-9-]+)+")
_SEMVER: Final = re.compile(r"\d+\.\d+(\.\d+)?([-+].*)?")


@dataclass(frozen=True, slots=True)
class DiscoveryRule:
    """A rule, and what of the listed entries breaks it."""

    rule: Rule
    problems: Callable[[Sequence[Object]], Iterator[str]]


def judge_shape(answer: Answer) -> Outcome:
    """S4: 200, and an object with a list of services."""
    if answer.status != 200:  # noqa: PLR2004 - HTTP
        return broken(f"answered {answer.status}")
    if not isinstance(answer.document, dict) or not isinstance(answer.document.get("services"), list):
        return broken("is no JSON object with a list `services`")
    if not all(isinstance(one, dict) for one in listed(answer)):
        return broken("a member of `services` is no object")
    return kept(f"{len(listed(answer))} services")


def judge_entries(rule: DiscoveryRule, answer: Answer) -> Outcome:
    """One rule over every listed service."""
    entries = [one for one in listed(answer) if isinstance(one, dict)]
    return judged(rule.problems(entries), looked_at=f"{len(entries)} services")


def _named(entry: Object) -> str:
    return f"service {quoted(entry.get('id', '?'))}"


def _texts(entries: Sequence[Object]) -> Iterator[str]:
    for one in entries:
        yield from (f"{_named(one)} has no {name}" for name in missing(one, "id", "hook", "description"))


def _optional(entries: Sequence[Object]) -> Iterator[str]:
    for one in entries:
        for name in ("title", "usageRequirements", "version", "hookVersion"):
            if name in one and not isinstance(one[name], str):
                yield f"{_named(one)}: {name} is no text"


def _prefetch(entries: Sequence[Object]) -> Iterator[str]:
    for one in entries:
        templates = one.get("prefetch", {})
        if not isinstance(templates, dict) or not all(isinstance(text, str) for text in templates.values()):
            yield f"{_named(one)}: prefetch is no object of texts"


def _recommended(entries: Sequence[Object]) -> Iterator[str]:
    for one in entries:
        yield from (f"{_named(one)} has no {name}" for name in missing(one, "title"))


def _lists_prefetch(entries: Sequence[Object]) -> Iterator[str]:
    for one in entries:
        if not one.get("prefetch"):
            yield f"{_named(one)} lists no prefetch, so clients without a FHIR server for it cannot serve it"


def _version(entries: Sequence[Object]) -> Iterator[str]:
    for one in entries:
        if "version" in one and not _SEMVER.fullmatch(str(one["version"])):
            yield f"{_named(one)}: version is no version of the standard"


def _unique(entries: Sequence[Object]) -> Iterator[str]:
    pairs = Counter((str(one.get("id")), str(one.get("hook"))) for one in entries)
    yield from (
        f"service {quoted(pair[0])} is listed {times} times for one hook" for pair, times in pairs.items() if times > 1
    )


def _hook_names(entries: Sequence[Object]) -> Iterator[str]:
    for one in entries:
        hook = str(one.get("hook"))
        if hook not in SHAPES and hook not in _OTHER_HOOKS and not _REVERSE_DNS.fullmatch(hook):
            kind = "is not published" if _NOUN_VERB.fullmatch(hook) else "is no noun-verb"
            yield f"{_named(one)}: its hook {kind}; an organisation's own is named in reverse-DNS form"


def _templates(entries: Sequence[Object], find: Callable[[str], Iterator[str]]) -> Iterator[str]:
    for one in entries:
        templates = one.get("prefetch")
        for key, text in (templates if isinstance(templates, dict) else {}).items():
            yield from (f"{_named(one)}, prefetch {quoted(key)}: {problem}" for problem in find(str(text)))


def _tokens(entries: Sequence[Object]) -> Iterator[str]:
    yield from _templates(entries, token_problems)


def _searches(entries: Sequence[Object]) -> Iterator[str]:
    yield from _templates(entries, search_problems)


SHAPE: Final = shall("S4", "discovery", "GET /cds-services answers 200 with a list of services")
DISCOVERY_RULES: Final = (
    DiscoveryRule(shall("S5", "texts", "each service has id, hook and description"), _texts),
    DiscoveryRule(shall("S5", "optional", "optional members are texts"), _optional),
    DiscoveryRule(shall("S5", "prefetch", "prefetch is an object of texts"), _prefetch),
    DiscoveryRule(should("S5", "title", "a title"), _recommended),
    DiscoveryRule(should("S5", "version", "version names a version of the standard"), _version),
    DiscoveryRule(shall("S7", "unique", "an id is listed once for each hook"), _unique),
    DiscoveryRule(should("S8", "hook-names", "hooks are published ones or reverse-DNS"), _hook_names),
    DiscoveryRule(shall("S9", "tokens", "tokens: context.<member> or a user's id"), _tokens),
    DiscoveryRule(should("S9", "searches", "reads and plain searches only"), _searches),
    DiscoveryRule(should("S14", "prefetch-listed", "prefetch is listed"), _lists_prefetch),
)
