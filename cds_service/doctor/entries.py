"""What discovery lists: the raw entries as they came, and those that can be called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cds_service.doctor.answer import Answer
from cds_service.doctor.wire import DISCOVERY

_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~-]{1,200}")
# Where other services were seen to list themselves (cds-hooks.md, sections 11 and 12). A fault, and yet the rest can
# be examined.
ELSEWHERE: Final = ("/cds-discovery", "/cds/cds-discovery", "/cds/cds-services", "/.well-known/cds-services")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One service that can be called."""

    id: str
    hook: str
    prefetch: Mapping[str, str] = field(default_factory=dict, hash=False)
    prefix: str = DISCOVERY

    @property
    def path(self) -> str:
        """Where it is called."""
        return f"{self.prefix}/{self.id}"


def listed(answer: Answer) -> Sequence[object]:
    """The members of `services`, whatever they are; none where there is no such list."""
    services = answer.document.get("services") if isinstance(answer.document, dict) else None
    return services if isinstance(services, list) else []


def callable_entries(answer: Answer) -> tuple[Entry, ...]:
    """The entries whose id is a URL segment and whose hook is a name."""
    prefix = f"{answer.path.rpartition('/')[0]}{DISCOVERY}" if answer.path in ELSEWHERE[:3] else DISCOVERY
    return tuple(_entry(one, prefix) for one in listed(answer) if _is_callable(one))


def _is_callable(one: object) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("id"), str)
        and _SEGMENT.fullmatch(one["id"]) is not None
        and isinstance(one.get("hook"), str)
    )


def _entry(one: Any, prefix: str) -> Entry:  # noqa: ANN401 - JSON
    templates = one.get("prefetch")
    sent = templates if isinstance(templates, dict) else {}
    prefetch = {key: text for key, text in sent.items() if isinstance(text, str)}
    return Entry(id=one["id"], hook=one["hook"], prefetch=prefetch, prefix=prefix)
