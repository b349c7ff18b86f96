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
WRONG_PATIENT: Final = "wrong-patient"  # withdraws the summary everywhere until it is released


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
