"""What a client's screens can do with a card; set per client, because every site differs (cds-hooks.md 9.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCapabilities:
    """What the client shows of a card. The defaults suit the CDS Hooks sandbox and our own sample EHR.

    For Epic: `bare_suggestions=False` (its suggestions need an order or a problem).
    """

    bare_suggestions: bool = True  # a suggestion without actions is shown and can be accepted
    selection_behavior: Literal["any", "at-most-one"] = "any"  # Epic knows "any" only
    links: bool = True  # links are shown; some clients drop what was not registered
    override_menu: bool = True  # overrideReasons are offered on dismissal
