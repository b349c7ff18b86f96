"""What the standard asks of a card (S18 to S27, cds-resp-1 to -7): pure, one function a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from cds_service.doctor.finding import Rule, shall, should
from cds_service.doctor.members import Object, is_absolute, is_text, missing, obj, objects
from cds_service.doctor.rules_coding import coding_problems, codings, extension_problems, unreversed_names

LONGEST_SUMMARY: Final = 139
# Tuples, not sets: what is looked up in them may be a list or an object.
INDICATORS: Final = ("info", "warning", "critical")
BEHAVIORS: Final = ("any", "at-most-one")
_ACTIONS: Final = ("create", "update", "delete")
_ACTION_BEHAVIORS: Final = ("all", "any", "at-most-one")
_LINKS: Final = ("absolute", "smart")
_MEMBERS: Final = frozenset(
    {"uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "overrideReasons", "links"}
)
_LINK_MEMBERS: Final = frozenset({"label", "url", "type", "appContext", "autolaunchable"})


@dataclass(frozen=True, slots=True)
class CardRule:
    """A rule, and what of a card breaks it."""

    rule: Rule
    problems: Callable[[Object], Iterator[str]]


def _summary(card: Object) -> Iterator[str]:
    summary = card.get("summary")
    if not is_text(summary):
        yield "summary is no text"
    elif isinstance(summary, str) and len(summary) > LONGEST_SUMMARY:
        yield f"summary has {len(summary)} characters; fewer than 140 are allowed"


def _indicator(card: Object) -> Iterator[str]:
    if card.get("indicator") not in INDICATORS:
        yield "indicator is not info, warning or critical"


def _detail(card: Object) -> Iterator[str]:
    if "detail" in card and not isinstance(card["detail"], str):
        yield "detail is no text"


def _uuid(card: Object) -> Iterator[str]:
    if not is_text(card.get("uuid")):
        yield "a card has no uuid, so no feedback can be given about it"


def _misspelt(card: Object) -> Iterator[str]:
    yield from _near(card, _MEMBERS)


def _near(parent: Object, members: frozenset[str]) -> Iterator[str]:
    spelt = {member.lower(): member for member in members}
    for name in parent:
        right = spelt.get(str(name).lower().replace("_", ""))
        if right is not None and right != name:
            yield f"a member is spelt otherwise than {right}, so no client reads it"


def _source(card: Object) -> Iterator[str]:
    source = card.get("source")
    if not isinstance(source, dict):
        yield "source is missing"
        return
    yield from (f"source.{name} is missing" for name in missing(source, "label"))
    yield from (f"source.{name} is no absolute URL" for name in ("url", "icon") if _is_not_absolute(source, name))
    if "topic" in source:
        yield from coding_problems(source["topic"], "source.topic")


def _is_not_absolute(parent: Object, member: str) -> bool:
    return member in parent and not is_absolute(parent[member])


def _behavior_present(card: Object) -> Iterator[str]:
    if card.get("suggestions") and "selectionBehavior" not in card:
        yield "there are suggestions, and no selectionBehavior"


def _behavior_known(card: Object) -> Iterator[str]:
    if "selectionBehavior" in card and card["selectionBehavior"] not in BEHAVIORS:
        yield "selectionBehavior is neither any nor at-most-one"


def _one_recommended(card: Object) -> Iterator[str]:
    recommended = [one for one in objects(card, "suggestions") if one.get("isRecommended") is True]
    if card.get("selectionBehavior") == "at-most-one" and len(recommended) > 1:
        yield "at-most-one may be chosen, and several are recommended"


def _suggestions(card: Object) -> Iterator[str]:
    if "suggestions" in card and not isinstance(card["suggestions"], list):
        yield "suggestions is no list"
    for one in objects(card, "suggestions"):
        yield from (f"a suggestion's {name} is missing" for name in missing(one, "label"))
        if "isRecommended" in one and not isinstance(one["isRecommended"], bool):
            yield "isRecommended is no boolean"
        if "actions" in one and not isinstance(one["actions"], list):
            yield "actions is no list"


def _actions(card: Object) -> Iterator[Object]:
    for one in objects(card, "suggestions"):
        yield from objects(one, "actions")


def _action_shapes(card: Object) -> Iterator[str]:
    for action in _actions(card):
        if action.get("type") not in _ACTIONS:
            yield "an action's type is not create, update or delete"
        elif action["type"] != "delete" and not is_text(obj(action, "resource").get("resourceType")):
            yield "an action to create or update has no resource"


def _deletes(card: Object) -> Iterator[str]:
    for action in _actions(card):
        if action.get("type") == "delete" and ("resource" in action or not is_text(action.get("resourceId"))):
            yield "an action to delete names no resourceId, or carries a resource"


def _descriptions(card: Object) -> Iterator[str]:
    yield from ("an action has no description" for action in _actions(card) if not is_text(action.get("description")))


def _action_behavior(card: Object) -> Iterator[str]:
    for one in objects(card, "suggestions"):
        if "actionSelectionBehavior" in one and one["actionSelectionBehavior"] not in _ACTION_BEHAVIORS:
            yield "actionSelectionBehavior is not all, any or at-most-one"


def _reasons(card: Object) -> Iterator[str]:
    if "overrideReasons" in card and not isinstance(card["overrideReasons"], list):
        yield "overrideReasons is no list"
    for reason in objects(card, "overrideReasons"):
        yield from (f"an override reason's {name} is missing" for name in missing(reason, "code", "system"))


def _reason_displays(card: Object) -> Iterator[str]:
    for reason in objects(card, "overrideReasons"):
        yield from ("an override reason has no display" for _ in missing(reason, "display"))


def _links(card: Object) -> Iterator[str]:
    for link in objects(card, "links"):
        yield from (f"a link's {name} is missing" for name in missing(link, "label"))
        if not is_absolute(link.get("url")):
            yield "a link's url is not absolute"
        if link.get("type") not in _LINKS:
            yield "a link's type is neither absolute nor smart"
        if "autolaunchable" in link and not isinstance(link["autolaunchable"], bool):
            yield "a link's autolaunchable is no boolean"
        yield from _near(link, _LINK_MEMBERS)


def _app_context(card: Object) -> Iterator[str]:
    for link in objects(card, "links"):
        if "appContext" in link and (link.get("type") != "smart" or not isinstance(link["appContext"], str)):
            yield "appContext stands on a link that is not smart, or is no text"


def _codings(card: Object) -> Iterator[str]:
    for place, coding in codings(card):
        yield from coding_problems(coding, place)


CARD_RULES: Final = (
    CardRule(shall("S18", "summary", "summary: text of fewer than 140 characters"), _summary),
    CardRule(shall("S18", "indicator", "indicator: info, warning or critical"), _indicator),
    CardRule(shall("S18", "detail", "detail is text"), _detail),
    CardRule(shall("S18", "spelling", "members are spelt as the standard does"), _misspelt),
    CardRule(should("S18", "uuid", "a uuid, without which no feedback comes"), _uuid),
    CardRule(shall("S19", "source", "a source with label and absolute URLs"), _source),
    CardRule(shall("S20", "behavior", "selectionBehavior: any or at-most-one"), _behavior_known),
    CardRule(shall("S21", "suggestions", "each suggestion has a label"), _suggestions),
    CardRule(shall("S22", "actions", "each action has its type and its resource"), _action_shapes),
    CardRule(shall("S23", "reasons", "each override reason has code and system"), _reasons),
    CardRule(shall("S24", "links", "each link has label, absolute url and type"), _links),
    CardRule(shall("S26", "codings", "a Coding is code, system, display and no more"), _codings),
    CardRule(shall("S27", "extension", "extension is an object"), extension_problems),
    CardRule(should("S27", "names", "extensions have reverse-DNS names"), unreversed_names),
    CardRule(shall("cds-resp-1", "recommended", "at-most-one: one is recommended at most"), _one_recommended),
    CardRule(should("cds-resp-2", "delete", "delete: resourceId and no resource"), _deletes),
    CardRule(shall("cds-resp-3", "app-context", "appContext on smart links alone"), _app_context),
    CardRule(shall("cds-resp-4", "displays", "each override reason has a display"), _reason_displays),
    CardRule(shall("cds-resp-5", "descriptions", "each action has a description"), _descriptions),
    CardRule(shall("cds-resp-6", "behavior-present", "suggestions come with a selectionBehavior"), _behavior_present),
    CardRule(shall("cds-resp-7", "action-behavior", "actionSelectionBehavior is a known one"), _action_behavior),
)
