"""Tokens that must be refused, each with a bare 401 (T1, T2, T4, S33 to S38), and odd ones that must be taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from cds_service.doctor.expectations import unauthenticated
from cds_service.doctor.finding import Outcome, Rule, broken, kept, not_run, shall, should
from cds_service.doctor.signing import LIFETIME_S, Signer
from cds_service.doctor.subject import Check, NotAsked, Subject
from cds_service.doctor.wire import DISCOVERY

_DAY_S: Final = 86_400
_UNAUTHORIZED: Final = 401

Forge = Callable[[Signer, str], str]


def _signer(subject: Subject) -> Signer:
    if subject.wire.signer is None:
        raise NotAsked("no --jwt-key was given")
    return subject.wire.signer


def _address(subject: Subject) -> str:
    return subject.wire.base + subject.entry.path


def _bad(rule: Rule, forge: Forge) -> Check:
    """A token that must be refused."""

    async def ask(subject: Subject) -> Outcome:
        token = forge(_signer(subject), _address(subject))
        return unauthenticated(subject, await subject.call(subject.body(), authorization=f"Bearer {token}"))

    return Check(rule, ask)


def _odd(rule: Rule, forge: Forge) -> Check:
    """A token that must be taken."""

    async def ask(subject: Subject) -> Outcome:
        token = forge(_signer(subject), _address(subject))
        answer = await subject.call(subject.body(), authorization=f"Bearer {token}")
        return (broken if answer.status == _UNAUTHORIZED else kept)(f"answered {answer.status}")

    return Check(rule, ask)


def _claims(**changes: Any) -> Forge:  # noqa: ANN401 - JSON
    return lambda signer, address: signer.token(address, claims=changes)


def _header(**changes: Any) -> Forge:  # noqa: ANN401 - JSON
    return lambda signer, address: signer.token(address, header=changes)


def _times(*, issued: int, expires: int) -> Forge:
    """Times of a token, in seconds from now."""

    def forge(signer: Signer, address: str) -> str:
        now = int(time.time())
        return signer.token(address, claims={"iat": now + issued, "exp": now + expires})

    return forge


def _tampered(signer: Signer, address: str) -> str:
    """Other claims under a signature of ours."""
    signature = signer.token(address).rpartition(".")[2]
    return f"{signer.signing_input(address, claims={'sub': 'somebody-else'})}.{signature}"


def _audience_list(signer: Signer, address: str) -> str:
    return signer.token(address, claims={"aud": ["https://doctor.example/cds-services", address]})


def _other_audience(signer: Signer, address: str) -> str:
    return signer.token(f"{address}-other")


def _extra_claims(signer: Signer, address: str) -> str:
    """As Epic sends them: an nbf before iat, and a sub (S39)."""
    return signer.token(address, claims={"nbf": int(time.time()) - LIFETIME_S, "sub": "doctor"})


def _strangers(signer: Signer, address: str) -> str:
    return signer.token(address, key=signer.strangers_key())


def _garbage(_signer: Signer, _address: str) -> str:
    return "doctor.no.token"


def _other_algorithm(signer: Signer, address: str) -> str:
    other = "RS384" if signer.algorithm == "ES384" else "ES384"
    return signer.token(address, header={"alg": other})


async def _replayed(subject: Subject) -> Outcome:
    credential = f"Bearer {_signer(subject).token(_address(subject))}"
    first = await subject.call(subject.body(), authorization=credential)
    if first.status == _UNAUTHORIZED:
        return not_run("the first call was refused already")
    return unauthenticated(subject, await subject.call(subject.body(), authorization=credential))


async def _jku(subject: Subject) -> Outcome:
    """A jku that is the doctor's own address: refused, and never asked for (T2)."""
    stand, path = subject.stand, "/doctor-jwks.json"
    address = f"{stand.address}{path}" if stand else f"https://fhir.example{path}"
    token = _signer(subject).token(_address(subject), header={"jku": address})
    answer = await subject.call(subject.body(), authorization=f"Bearer {token}")
    if stand is not None and stand.visits_to(path):
        return broken("the service fetched the address that a token named")
    return unauthenticated(subject, answer)


def _unsigned(path: Callable[[Subject], str], method: str) -> Callable[[Subject], Any]:
    async def ask(subject: Subject) -> Outcome:
        _signer(subject)
        content = None if method == "GET" else b'{"feedback":[]}'
        return unauthenticated(
            subject, await subject.wire.send(method, path(subject), content=content, authorization="")
        )

    return ask


async def _unsigned_call(subject: Subject) -> Outcome:
    _signer(subject)
    return unauthenticated(subject, await subject.call(subject.body(), authorization=""))


async def _without_key(subject: Subject) -> Outcome:
    """S32 where the doctor has no key: whether anybody may ask."""
    if subject.wire.signer is not None:
        return not_run("a key was given: see S33")
    answers = subject.wire.answers
    if not answers:
        return not_run("nothing was answered")
    refused = [one for one in answers if one.status == _UNAUTHORIZED]
    return kept("unsigned calls are answered 401") if refused else broken("unsigned calls are answered")


async def _taken(subject: Subject) -> Outcome:
    _signer(subject)
    answers = [one for one in (subject.discovery, *subject.calls.values()) if one is not None]
    if any(one.status == _UNAUTHORIZED for one in answers):
        return broken("a well-signed call was answered 401: is this key known under this issuer and kid, for this URL?")
    return kept("well-signed calls are taken") if answers else not_run("nothing was answered")


async def _unexplained(subject: Subject) -> Outcome:
    seen = [one for one in subject.wire.answers if one.status == _UNAUTHORIZED]
    if not seen:
        return not_run("no 401 was seen")
    told = sum(1 for one in seen if one.body)
    return broken(f"{told} of {len(seen)} answers of status 401 have a body") if told else kept(f"{len(seen)} answers")


CHECKS: Final = (
    Check(should("S32", "unsigned", "calls are authenticated"), _without_key),
    Check(shall("S33", "signed", "a well-signed call is taken"), _taken),
    Check(shall("S33", "unsigned-call", "an unsigned call: 401"), _unsigned_call),
    Check(should("S33", "unsigned-discovery", "unsigned discovery: 401"), _unsigned(lambda _: DISCOVERY, "GET")),
    Check(
        shall("S33", "unsigned-feedback", "unsigned feedback: 401"),
        _unsigned(lambda one: f"{one.entry.path}/feedback", "POST"),
    ),
    _bad(shall("S34", "none", "alg none: 401"), Signer.unsigned_token),
    _bad(shall("S34", "shared-secret", "HS256 with the public key: 401"), Signer.shared_secret_token),
    _odd(shall("S35", "audience-list", "aud may be a list"), _audience_list),
    _bad(shall("S35", "other-audience", "a token for another address: 401"), _other_audience),
    _odd(shall("S39", "extra-claims", "nbf, sub and others are tolerated"), _extra_claims),
    _bad(shall("T1", "stranger", "a stranger's key: 401"), _strangers),
    _bad(shall("T1", "tampered", "claims changed after signing: 401"), _tampered),
    _bad(shall("T1", "other-algorithm", "another alg than the signature's: 401"), _other_algorithm),
    _bad(shall("T1", "garbage", "what is no token: 401"), _garbage),
    _bad(shall("T1", "no-kid", "no kid: 401"), _header(kid=None)),
    _bad(shall("T1", "unknown-kid", "an unknown kid: 401"), _header(kid="doctor-unknown")),
    _bad(shall("T1", "crit", "an unknown critical header: 401"), _header(crit=["doctor"], doctor=1)),
    _bad(should("T1", "no-typ", "no typ: 401"), _header(typ=None)),
    _bad(shall("T1", "no-iss", "no iss: 401"), _claims(iss=None)),
    _bad(shall("T1", "other-iss", "an unknown iss: 401"), _claims(iss="https://doctor.example")),
    _bad(shall("T1", "no-aud", "no aud: 401"), _claims(aud=None)),
    _bad(shall("T1", "no-exp", "no exp: 401"), _claims(exp=None)),
    _bad(shall("T1", "no-iat", "no iat: 401"), _claims(iat=None)),
    _bad(shall("T1", "no-jti", "no jti: 401"), _claims(jti=None)),
    _bad(shall("T1", "expired", "expired an hour ago: 401"), _times(issued=-7200, expires=-3600)),
    _bad(shall("T1", "not-yet", "issued tomorrow: 401"), _times(issued=_DAY_S, expires=_DAY_S + LIFETIME_S)),
    _bad(should("T4", "long-lived", "a token that lives a day: 401"), _times(issued=0, expires=_DAY_S)),
    Check(shall("T2", "jku", "a jku that is not the client's: 401, and not fetched"), _jku),
    Check(shall("T4", "replay", "a token used twice: 401"), _replayed),
)

# Asked last: what was seen by then.
LAST: Final = (Check(should("S38", "bare", "401 comes without an explanation"), _unexplained),)
