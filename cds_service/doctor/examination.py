"""The examination: discover, call each service once, ask every check within its time, judge all that was seen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx2

from cds_service.doctor import probe_feedback, probe_fhir, probe_http, probe_prefetch, probe_requests, probe_tokens
from cds_service.doctor.asking import ask
from cds_service.doctor.chart import PATIENT_ID, is_patient_id, synthetic_chart
from cds_service.doctor.finding import Finding, Rule, Verdict
from cds_service.doctor.introduction import first_feedback, introduce
from cds_service.doctor.judgement import judge
from cds_service.doctor.rules_answer import ANSWER_RULES
from cds_service.doctor.rules_card import CARD_RULES
from cds_service.doctor.rules_discovery import DISCOVERY_RULES, SHAPE
from cds_service.doctor.signing import Signer
from cds_service.doctor.stand import open_stand
from cds_service.doctor.subject import Check, Subject
from cds_service.doctor.wire import Wire
from cds_service.errors import NotConfigured
from cds_service.loopback import is_loopback

# A name that nobody has (RFC 2606): what is sent where no server of ours can be reached.
NOWHERE: Final = "https://fhir.example/fhir"
# In the order of asking. Feedback comes after all that compares cards: an answered card may well not return.
FIRST: Final[tuple[Check, ...]] = (
    *probe_http.CHECKS,
    *probe_requests.CHECKS,
    *probe_prefetch.CHECKS,
    *probe_fhir.CHECKS,
    *probe_tokens.CHECKS,
)
THEN: Final[tuple[Check, ...]] = (*probe_feedback.CHECKS, *probe_tokens.LAST)
_ORDER: Final = ("S", "cds", "T", "REL", "SAF")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the doctor was asked to do."""

    address: str
    signer: Signer | None = None
    service: str = ""  # the id to look at closely
    patient_id: str = PATIENT_ID
    fhir_base: str = ""
    only: frozenset[str] = frozenset()  # requirement ids; empty for all
    timeout_s: float = 10.0
    progress: Callable[[str], None] = field(default=lambda _: None, repr=False)

    def __post_init__(self) -> None:
        """A patient id that FHIR allows, and requirements that are asked. Raises NotConfigured, naming the option."""
        if not is_patient_id(self.patient_id):
            raise NotConfigured("--patient: the bare id of a Patient, of at most 64 letters, digits, dots and dashes")
        if unknown := sorted(self.only - {one.requirement for one in rules()}):
            raise NotConfigured(f"--only: nothing is asked under {', '.join(unknown)}")

    def is_chosen(self, rule: Rule) -> bool:
        """Whether this rule is to be asked."""
        return not self.only or rule.requirement in self.only

    def chosen(self, checks: tuple[Check, ...]) -> tuple[Check, ...]:
        """Those of the checks that are to be asked."""
        return tuple(one for one in checks if self.is_chosen(one.rule))


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found, and of what."""

    address: str
    service: str
    is_signed: bool
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.counts[Verdict.FAIL]

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How often each verdict was given."""
        return {verdict: sum(1 for one in self.findings if one.verdict is verdict) for verdict in Verdict}


def rules() -> tuple[Rule, ...]:
    """Every rule that can be asked, in the order of the report."""
    everything = (
        SHAPE,
        *(one.rule for table in (DISCOVERY_RULES, ANSWER_RULES, CARD_RULES, FIRST, THEN) for one in table),
    )
    return tuple(sorted(everything, key=_place))


async def examine(order: Order) -> Examination:
    """Ask the service everything. Raises NotConfigured where the doctor's own FHIR server cannot listen."""
    chart = synthetic_chart(order.patient_id, user_id=f"doctor-synthetic-user-{uuid.uuid4().hex[:8]}")
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(
            httpx2.AsyncClient(follow_redirects=False, trust_env=False, timeout=order.timeout_s)
        )
        stand = opened.enter_context(open_stand(chart, base=order.fhir_base)) if _is_near(order) else None
        wire = Wire(order.address, client=client, signer=order.signer, timeout_s=order.timeout_s)
        subject = Subject(
            wire=wire,
            chart=chart,
            stand=stand,
            fhir_base=order.fhir_base or (stand.base if stand else NOWHERE),
            is_base_given=bool(order.fhir_base),
        )
        subject = await introduce(subject, service=order.service, progress=order.progress)
        findings = await ask(order.chosen(FIRST), subject, progress=order.progress)
        if then := order.chosen(THEN):
            findings += await ask(then, await first_feedback(subject), progress=order.progress)
        findings += [one for one in judge(subject) if order.is_chosen(one.rule)]
    return Examination(
        address=order.address,
        service=subject.chosen.id if subject.chosen else "",
        is_signed=order.signer is not None,
        findings=tuple(sorted(findings, key=lambda one: _place(one.rule))),
    )


def _is_near(order: Order) -> bool:
    """Whether the service can reach a server of ours on this machine's loopback."""
    return is_loopback(_host(order.address)) and (not order.fhir_base or is_loopback(_host(order.fhir_base)))


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _place(rule: Rule) -> tuple[int, str, int]:
    family, _, number = rule.requirement.rpartition("-")
    if not family:
        family, number = rule.requirement[:1], rule.requirement[1:]
    kind = family.partition("-")[0]
    return _ORDER.index(kind), family, int(number)
