"""What a client can meet.

ClientError
 +-- BadContext        a hook without a field that its definition requires: a fault of this EHR
 +-- NotFired          this kind of client does not fire that hook, or has switched the service off
 +-- NoAnswer          the service did not answer, or not with what the protocol asks of it
"""

from __future__ import annotations


class ClientError(Exception):
    """Base of every error that the client lets out."""


class BadContext(ClientError):
    """A context that its hook's definition does not allow."""


class NotFired(ClientError):
    """No call was made, and the words say why."""


class NoAnswer(ClientError):
    """Nothing that can be shown came back. `said` is what the service said of it, where it said anything."""

    def __init__(self, problem: str, *, said: str = "") -> None:
        super().__init__(problem)
        self.problem, self.said = problem, said
