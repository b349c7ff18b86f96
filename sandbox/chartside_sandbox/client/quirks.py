"""How known clients differ from the standard, as one frozen value each: cds-hooks.md 9.1 to 9.3.

A preset stands for what is known of its client's behaviour on the wire and on the screen. It is no statement of that
client's maker, and every site of a real client is set up differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

PUBLISHED: Final = (
    "patient-view",
    "order-select",
    "order-sign",
    "order-dispatch",
    "encounter-start",
    "appointment-book",
    "encounter-discharge",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """What one kind of client does. The defaults are those of a client that keeps the standard."""

    name: str
    title: str
    points: tuple[str, ...]  # for the reader who chooses: what will be different

    # The call
    hooks: tuple[str, ...] = PUBLISHED
    discovers: bool = True  # else service and prefetch are typed in by hand
    names_encounter: bool = True  # encounterId where the hook leaves it to the client
    searches_by_post: bool = False  # `_search` first, then GET
    failed_key: Literal["outcome", "absent"] = "outcome"
    empty_search: Literal["bundle", "outcome-entry"] = "bundle"
    sends_empty_members: bool = False  # fhirAuthorization null, prefetch {}, extension {}
    always_authorizes: bool = False  # a token also where the prefetch is whole
    may_authorize: bool = True

    # The token of the call
    signs: bool = True
    token_life_s: int = 300
    extra_claims: bool = False  # nbf five minutes back, sub

    # The card
    selection_behaviors: tuple[str, ...] = ("any", "at-most-one")
    suggestions: Literal["all", "one-action", "none"] = "all"
    shows_label: bool = True  # of suggestions and links
    overrides: bool = True
    unregistered_links: bool = True
    app_context: bool = True
    raw_html: bool = False
    card_stays: bool = False  # on display after an answer, and can be answered again
    topic_suppresses: bool = False  # an answer hides every later card of the same source.topic.code

    # The feedback
    feedback: Literal["click", "batch", "none"] = "click"
    plural_reasons: bool = False
    reason_display: bool = True

    disables_after: int = 0  # failures in a row; 0: never


REFERENCE: Final = Quirks(
    name="reference",
    title="By the standard",
    points=(
        "Fires all seven published hooks and sends every prefetch key that discovery names, whole.",
        "A search that failed is sent as its OperationOutcome.",
        "Each answer is fed back at the click.",
    ),
)

EPIC_LIKE: Final = Quirks(
    name="epic-like",
    title="Epic-like",
    points=(
        "Fires patient-view, order-select and order-sign only; services and prefetch are typed in by hand.",
        "An empty search is a Bundle with an OperationOutcome entry.",
        "The token of a call carries nbf and sub, and lives 15 minutes.",
        "Suggestions need exactly one action and show its description, not their label.",
        "An acknowledged topic code hides later cards of the same code.",
        "Feedback waits in a queue, is sent in batches, and names its reasons in the plural.",
    ),
    hooks=("patient-view", "order-select", "order-sign"),
    discovers=False,
    empty_search="outcome-entry",
    always_authorizes=True,
    token_life_s=900,
    extra_claims=True,
    selection_behaviors=("any",),
    suggestions="one-action",
    shows_label=False,
    unregistered_links=False,
    topic_suppresses=True,
    feedback="batch",
    plural_reasons=True,
)

ORACLE_LIKE: Final = Quirks(
    name="oracle-like",
    title="Oracle-like",
    points=(
        "Fires patient-view alone, by version 1.0 of the standard.",
        "Links that are not registered are taken off; appContext is not passed on.",
        "No suggestions, no override reasons, no feedback.",
    ),
    hooks=("patient-view",),
    suggestions="none",
    overrides=False,
    unregistered_links=False,
    app_context=False,
    feedback="none",
)

SANDBOX_LIKE: Final = Quirks(
    name="sandbox-like",
    title="Public Sandbox-like",
    points=(
        "Fires patient-view, order-select and order-sign, and never names an encounter.",
        "Searches by POST to _search first, then by GET; keys that failed are left out; no access token.",
        "Renders HTML that stands in a card's detail.",
        "Feedback at each click, with reasons that have no display; a card may be accepted and then overridden.",
    ),
    hooks=("patient-view", "order-select", "order-sign"),
    names_encounter=False,
    searches_by_post=True,
    failed_key="absent",
    may_authorize=False,
    raw_html=True,
    card_stays=True,
    reason_display=False,
)

WINTEHR_LIKE: Final = Quirks(
    name="wintehr-like",
    title="WintEHR-like",
    points=(
        "Knows the library's hooks and the deprecated ones as well.",
        "Sends fhirAuthorization null, and prefetch and extension as empty objects.",
        "Signs no token: a service that asks for one answers 401.",
        "After five failures in a row it no longer calls a service.",
    ),
    hooks=(
        *PUBLISHED,
        "allergyintolerance-create",
        "problem-list-item-create",
        "medication-refill",
        "medication-prescribe",
        "order-review",
    ),
    sends_empty_members=True,
    may_authorize=False,
    signs=False,
    disables_after=5,
)

PRESETS: Final = {one.name: one for one in (REFERENCE, EPIC_LIKE, ORACLE_LIKE, SANDBOX_LIKE, WINTEHR_LIKE)}
