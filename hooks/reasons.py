"""The override reasons of a summary card (S23): the standard's own codes that fit, and local ones for a summary.

The local system is a constant, not an address of a site: clients such as Epic map every code by hand, and a mapping
must survive a move of the service. docs/override-reasons.md lists them.
"""

from __future__ import annotations

from typing import Final

from hooks.card import Coding

LOCAL_SYSTEM: Final = "urn:chartside:override-reason"
STANDARD_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
TOPIC_SYSTEM: Final = "urn:chartside:topic"

REVIEWED: Final = "reviewed"
WRONG_PATIENT: Final = "wrong-patient"  # holds every AI summary of the patient until it is released


def _local(code: str, display: str) -> Coding:
    return Coding(system=LOCAL_SYSTEM, code=code, display=display)


def _standard(code: str, display: str) -> Coding:
    return Coding(system=STANDARD_SYSTEM, code=code, display=display)


OVERRIDE_REASONS: Final = (
    _local(REVIEWED, "I have reviewed it"),
    _local("not-relevant", "Not relevant now"),
    _local("inaccurate", "Something in it is wrong"),
    _local("incomplete", "Something important is missing"),
    _local("outdated", "Outdated"),
    _local(WRONG_PATIENT, "Wrong patient: contains data of someone else"),
    _standard("wrong-time-workflow", "PC CDS delivered at wrong time in workflow or patient lifecycle"),
    _standard("inappropriate-recipient", "PC CDS delivered to inappropriate recipient/role"),
)

# What a reason says of the card, the most harmful first. A code that is not ours may mean anything but "reviewed".
_HARM: Final = (WRONG_PATIENT, "inaccurate", "incomplete", "outdated")
_HARMLESS: Final = frozenset({"not-relevant", "wrong-time-workflow", "inappropriate-recipient"})


def harm_rank(code: str) -> int:
    """The place of a reason by the harm it tells of: 0 is the worst. Among several, the lowest acts."""
    if code in _HARM:
        return _HARM.index(code)
    return len(_HARM) + (2 if code == REVIEWED else 1 if code in _HARMLESS else 0)
