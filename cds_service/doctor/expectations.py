"""What an answer must be, for each way of asking: pure."""

from __future__ import annotations

from cds_service.doctor.answer import Answer
from cds_service.doctor.finding import Outcome, broken, kept
from cds_service.doctor.subject import Subject

_OK, _UNAUTHORIZED, _PRECONDITION = 200, 401, 412


def refused(_subject: Subject, answer: Answer) -> Outcome:
    """A client error: any 4xx."""
    if answer.is_refusal:
        return kept(f"answered {answer.status}")
    if answer.is_success:
        return broken(f"answered {answer.status}, as if nothing were wrong")
    return broken(f"answered {answer.status}: not the client's fault, it says")


def answered(subject: Subject, answer: Answer) -> Outcome:
    """Answered as the usual call is: 200, and with cards if that one has some."""
    if answer.status != _OK:
        return broken(f"answered {answer.status}")
    if subject.usual.cards and not answer.cards:
        return broken("answered 200 with no cards, where the usual call gets some: a failure that reads as silence")
    return kept(f"answered 200 with {len(answer.cards)} cards")


def taken(_subject: Subject, answer: Answer) -> Outcome:
    """200, with cards or without."""
    return (kept if answer.status == _OK else broken)(f"answered {answer.status}")


def taken_or_412(subject: Subject, answer: Answer) -> Outcome:
    """200, or 412: the service needs what was not there."""
    return kept("answered 412") if answer.status == _PRECONDITION else taken(subject, answer)


def missed(subject: Subject, answer: Answer) -> Outcome:
    """412, or cards all the same; an empty list would read as "looked, and nothing to say"."""
    return kept("answered 412") if answer.status == _PRECONDITION else answered(subject, answer)


def never_failed(_subject: Subject, answer: Answer) -> Outcome:
    """Whatever but a 5xx."""
    return (kept if answer.is_success or answer.is_refusal else broken)(f"answered {answer.status}")


def unauthenticated(_subject: Subject, answer: Answer) -> Outcome:
    """401."""
    return (kept if answer.status == _UNAUTHORIZED else broken)(f"answered {answer.status}")


def accepted(_subject: Subject, answer: Answer) -> Outcome:
    """Any 2xx."""
    return (kept if answer.is_success else broken)(f"answered {answer.status}")
