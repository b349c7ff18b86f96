"""A CDS Hooks client, as an EHR needs one: client C1 to C9, with the quirks of known clients as values."""

from chartside_sandbox.client.contexts import HOOKS, hook_context
from chartside_sandbox.client.quirks import (
    EPIC_LIKE,
    ORACLE_LIKE,
    PRESETS,
    REFERENCE,
    SANDBOX_LIKE,
    WINTEHR_LIKE,
    Quirks,
)

__all__ = [
    "EPIC_LIKE",
    "HOOKS",
    "ORACLE_LIKE",
    "PRESETS",
    "REFERENCE",
    "SANDBOX_LIKE",
    "WINTEHR_LIKE",
    "Quirks",
    "hook_context",
]
