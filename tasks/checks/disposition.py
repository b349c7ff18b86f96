"""How a stay ended: nobody who died was discharged, and nobody died of whom the record says where she went."""

from __future__ import annotations

import re

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind
from tasks.checks.claim import Claim

_DEATH = re.compile(r"\b(?:expired|died|dies|dead|death|deceased)\b", re.IGNORECASE)
_LEFT = re.compile(r"\b(?:discharged?|(?:went|sent|returned|goes) home|left (?:the )?hospital)\b", re.IGNORECASE)


def wrong_disposition(claim: Claim) -> str:
    """Why a statement of how a stay ended does not fit any cited stay; "" where it does, or where none says it."""
    found = {text for source in claim.cited(Kind.ENCOUNTER) if (text := source.entry.detail.get(Detail.DISCHARGED_TO))}
    ended_by_death = {_DEATH.search(text) is not None for text in found}
    says_death, says_left = _DEATH.search(claim.text), _LEFT.search(claim.text)
    if ended_by_death == {True} and says_left and not says_death:
        return f"says “{says_left[0]}” of a stay that ended by death"
    if ended_by_death == {False} and says_death:
        return f"says “{says_death[0]}” of a stay that did not end by death"
    return ""
