"""What to enter by hand where an EHR has no discovery (Epic: one record per service): every service with its templates.

Made from the very values that discovery lists, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from hooks.service import Service

_HEAD: Final = """\
# Prefetch templates, for entry by hand

Some EHRs do not read discovery: at Epic each service is one record, and its templates are typed in. Below stands for
each service what to enter, exactly as `GET /cds-services` lists it. The key on the left, the template on the right.

Only the key of the Patient is required. A key that is left out is read from `fhirServer`, where the hook names one;
else the card says what was not seen. Templates hold nothing but what CDS Hooks 2.0.1 lists: root members of the
context, reads, and searches by reference, token and date, with `_sort` and `_count`.

This page is what `chartside prefetch` prints; with `--json` the same as data, with `--config` the services of a site's
own too.
"""


def hand_entry_page(services: Iterable[Service]) -> str:
    """The page as Markdown: docs/prefetch.md."""
    return "\n".join([_HEAD, *map(_block, services)])


def hand_entries(services: Iterable[Service]) -> list[dict[str, Any]]:
    """The same as JSON: id, hook and templates by key."""
    return [{"id": one.id, "hook": one.hook, "prefetch": dict(one.prefetch)} for one in services]


def _block(one: Service) -> str:
    width = max(map(len, one.prefetch), default=0)
    templates = "\n".join(f"{key:<{width}}  {template}" for key, template in one.prefetch.items())
    entered = f"```text\n{templates}\n```\n" if templates else "No template: the Patient is read from `fhirServer`.\n"
    return (
        f"## {one.id}\n\n{one.title or one.description}. Hook `{one.hook}`, path `/cds-services/{one.id}`.\n\n{entered}"
    )
