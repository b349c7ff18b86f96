"""Say: one file per CDS Hooks service, deciding what the clinician sees."""

from hooks.capabilities import ClientCapabilities
from hooks.card import Card, CardKind, Coding, Indicator, Link, Source, Suggestion
from hooks.errors import HookError, StartupError
from hooks.request import HookRequest
from hooks.service import Chart, Service, Silence

__all__ = [
    "Card",
    "CardKind",
    "Chart",
    "ClientCapabilities",
    "Coding",
    "HookError",
    "HookRequest",
    "Indicator",
    "Link",
    "Service",
    "Silence",
    "Source",
    "StartupError",
    "Suggestion",
]
