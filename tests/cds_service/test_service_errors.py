"""One table turns exceptions into statuses; every exception that can leave a package stands in it."""

import inspect

import pytest

from cds_service import errors as service
from cds_service.errors import ANSWERS, answer_for, refusal
from fhir_adapters import errors as adapters
from hooks import errors as hooks
from ledger import errors as ledger
from tasks import errors as tasks

ROOTS = (service.ServiceError, hooks.HookError, adapters.AdapterError, ledger.LedgerError, tasks.SummaryError)
MODULES = (service, hooks, adapters, ledger, tasks)


def trees():
    for module in MODULES:
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Exception) and kind.__module__ == module.__name__:
                yield kind


REQUEST_ERRORS = sorted(
    {kind for kind in trees() if issubclass(kind, ROOTS)}, key=lambda kind: (kind.__module__, kind.__name__)
)


@pytest.mark.parametrize("kind", REQUEST_ERRORS)
def test_every_error_of_every_tree_has_a_status_and_words(kind):
    status, code, words = answer_for(kind("canary"))

    assert 400 <= status < 600
    assert code
    assert words


def test_start_errors_stand_outside_the_request_trees():
    outside = {kind for kind in trees() if not issubclass(kind, ROOTS)}

    assert {service.StartRefused, service.NotConfigured, hooks.DuplicateService} <= outside
    assert not outside & ANSWERS.keys() - {hooks.InvalidCard}


@pytest.mark.parametrize(
    "kind", [*ROOTS[2:], *(one for one in REQUEST_ERRORS if issubclass(one, ROOTS[2:])), KeyError, RuntimeError]
)
def test_what_lies_beneath_never_speaks_to_the_client(kind):
    assert b"canary" not in refusal(kind("canary")).body


def test_every_ledger_error_is_503_because_nothing_was_recorded():
    assert {answer_for(kind("x"))[0] for kind in REQUEST_ERRORS if issubclass(kind, ledger.LedgerError)} == {503}


def test_s38_an_unauthenticated_call_gets_no_word():
    answer = refusal(service.Unauthenticated("replayed"))

    assert (answer.status_code, answer.body, answer.headers["www-authenticate"]) == (401, b"", "Bearer")


def test_a_transient_refusal_says_when_to_come_back():
    assert refusal(ledger.LedgerBusy("x")).headers["retry-after"] == "5"


def test_the_drawn_tree_names_every_error_of_the_module():
    for module in MODULES:
        drawn = module.__doc__
        for kind in trees():
            if kind.__module__ == module.__name__ and kind.__name__ != "StartupError":
                assert kind.__name__ in drawn, f"{kind.__name__} is missing from the tree of {module.__name__}"
