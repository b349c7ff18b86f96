"""A chart brief as plain JSON-able values and back, exactly: what the ledger keeps and pages read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tasks.brief import BriefLine, Caution, CautionKind, ChartBrief, Section, Weight

SCHEMA = 1


def brief_to_plain(brief: ChartBrief) -> dict[str, Any]:
    """Plain values; sections and weights by their names in lower case, so that wording may change."""
    return {
        "schema": SCHEMA,
        "lines": [
            {
                "section": line.section.name.lower(),
                "lead": line.lead,
                "text": line.text,
                "entry_ids": list(line.entry_ids),
                "weight": line.weight.value,
            }
            for line in brief.lines
        ],
        "headline": list(brief.headline),
        "top": list(brief.top),
        "warnings": [{"kind": one.kind.value, "text": one.text} for one in brief.cautions],
        "entries_read": brief.entries_read,
        "fingerprint": brief.fingerprint,
        "as_of": brief.as_of.isoformat(),
        "rules": brief.rules,
    }


def brief_from_plain(plain: Mapping[str, Any]) -> ChartBrief:
    """The brief that `brief_to_plain` wrote. Raises ValueError for another schema, KeyError for a missing member."""
    if plain["schema"] != SCHEMA:
        raise ValueError("a brief of another schema")
    return ChartBrief(
        lines=tuple(
            BriefLine(
                section=Section[line["section"].upper()],
                lead=line["lead"],
                text=line["text"],
                entry_ids=tuple(line["entry_ids"]),
                weight=Weight(line["weight"]),
            )
            for line in plain["lines"]
        ),
        headline=tuple(plain["headline"]),
        top=tuple(plain["top"]),
        cautions=tuple(map(_caution, plain["warnings"])),
        entries_read=plain["entries_read"],
        fingerprint=plain["fingerprint"],
        as_of=datetime.fromisoformat(plain["as_of"]),
        rules=plain["rules"],
    )


def _caution(plain: Mapping[str, str] | str) -> Caution:
    if isinstance(plain, str):  # stored before cautions had a kind: then their words told
        kind = CautionKind.ALLERGIES if plain.startswith("Allergies") else CautionKind.NOT_SEEN
        return Caution(kind=kind, text=plain)
    return Caution(kind=CautionKind(plain["kind"]), text=plain["text"])
