"""What a client's screens can do with a card; set per client, because every site differs (cds-hooks.md 9.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from hooks.card import Link
from hooks.client_reasons import ClientReasons
from hooks.reasons import OVERRIDE_REASONS

Preset = Literal["standard", "epic", "oracle", "sandbox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCapabilities:
    """What the client shows of a card. The defaults are the standard's, and suit our own sample EHR.

    HTML is no capability: no client is sent any.
    """

    bare_suggestions: bool = True  # a suggestion without actions is shown and can be accepted
    selection_behavior: Literal["any", "at-most-one"] = "any"  # Epic knows "any" only
    links: bool = True  # links are shown
    registered_links: tuple[str, ...] = ()  # the addresses that the site registered; empty: any link is shown
    smart_links: bool = True  # links of type smart are launched
    app_context: bool = True  # and are handed their appContext
    override_menu: bool = True  # overrideReasons are offered on dismissal
    reasons: ClientReasons = field(default_factory=ClientReasons)  # the client's own codes for ours
    topic_keyed: bool = False  # a topic that was acknowledged is not shown again: it must change with the content
    static_topic: bool = False  # a site that wants one topic all the same, and was warned

    @property
    def changes_topic(self) -> bool:
        """Whether a card's topic is one for its content."""
        return self.topic_keyed and not self.static_topic

    def shows(self, link: Link) -> bool:
        """Whether this client shows the link rather than dropping it."""
        if not self.links or (link.type == "smart" and not self.smart_links):
            return False
        return not self.registered_links or any(_lies_under(link.url, one) for one in self.registered_links)


# What is known of clients, as a start: a site's own settings stand above it.
PRESETS: Final[Mapping[Preset, ClientCapabilities]] = {
    "standard": ClientCapabilities(),
    # A suggestion needs an order or a problem to create; acknowledgments are kept by topic.
    "epic": ClientCapabilities(bare_suggestions=False, topic_keyed=True),
    # No suggestions, no feedback, no appContext.
    "oracle": ClientCapabilities(bare_suggestions=False, override_menu=False, app_context=False),
    # Needs a vendor's endpoint of its own to launch SMART apps.
    "sandbox": ClientCapabilities(smart_links=False),
}


def capability_warnings(can: ClientCapabilities) -> tuple[str, ...]:
    """What a site should know of these settings: said at the start, and by `chartside clients check`."""
    warnings = []
    if can.topic_keyed and can.static_topic:
        warnings.append(
            "static_topic: a client that keeps acknowledgments by topic hides every later card once one was"
            " acknowledged, also when the chart has changed"
        )
    if can.static_topic and not can.topic_keyed:
        warnings.append("static_topic: without topic_keyed it changes nothing")
    if not (can.bare_suggestions or can.override_menu):
        warnings.append(
            "no answer can come back on a card (bare_suggestions and override_menu are off): only the review page"
            " takes one" + ("" if can.links else ", and links are off")
        )
    if can.override_menu and can.reasons and (missing := can.reasons.unmapped(OVERRIDE_REASONS)):
        warnings.append(f"override_reasons: offered in our own codes, for want of a mapping: {', '.join(missing)}")
    return tuple(warnings)


def _lies_under(url: str, registered: str) -> bool:
    """Whether an address is the registered one or below it; never one that only begins with the same letters."""
    base = registered.rstrip("/")
    return url.startswith(base) and url[len(base) :][:1] in {"", "/", "?", "#"}
