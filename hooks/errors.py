"""What can go wrong between a request and its cards.

HookError                what the client sent cannot be answered
 +-- MalformedRequest    a required member of the request is missing or of the wrong form
 |    +-- WrongHook      the request names another hook than its service answers
 |    +-- MalformedContext  a context identifier is missing or malformed; none has a default
 +-- MalformedFeedback   a feedback body holds no item that can be read

StartupError             the services cannot be offered as configured; the process must not start
 +-- DuplicateService    two services share an id
 +-- UnusableService     a service file or entry point cannot be loaded, or defines no service

InvalidCard              a card that breaks the wire rules; it cannot be built
"""

from __future__ import annotations


class HookError(Exception):
    """Root of every error that a request can cause. Messages name members and rules, never what was sent."""


class MalformedRequest(HookError):
    """A required member is missing or has the wrong form (S10)."""


class WrongHook(MalformedRequest):
    """The request's hook is not the one its service answers (S11)."""


class MalformedContext(MalformedRequest):
    """A context identifier is missing or malformed (S11)."""


class MalformedFeedback(HookError):
    """A feedback body holds no item that can be read (S28)."""


class StartupError(Exception):
    """Root of what keeps the process from starting: said to an operator, never to a client."""


class DuplicateService(StartupError):
    """Two services share an id; neither may silently replace the other."""


class UnusableService(StartupError):
    """A service file or entry point cannot be loaded, or holds no service."""


class InvalidCard(ValueError):
    """A card, link, suggestion or coding that breaks a rule of the wire. The message names the rule, not the text."""
