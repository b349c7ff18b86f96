"""Every error that can end a job has a code of its own, whatever its class is called."""

import pytest
from celery.exceptions import SoftTimeLimitExceeded

import fhir_adapters.errors
import ledger.errors
from fhir_adapters.errors import AdapterError, GuardMissing, ServerFailed, WrongPatient
from ledger.errors import LedgerBusy, LedgerError, NotHeld
from ledger.jobs import EXHAUSTED
from ledger.records import JobState
from tasks import failures
from tasks.errors import EngineUnusable, PayloadOfLater, SummaryError
from tasks.failures import reason_of
from tasks.reasons import FailureReason

# The ledger holds these: a code once written is read for as long as the ledger is.
STORED = {
    "access-denied", "adapter-error", "address-refused", "already-recorded", "attempts-exhausted", "chain-broken",
    "completion-missing", "completion-unreadable", "engine-failed", "engine-unusable", "expired", "failed",
    "guard-missing", "key-missing", "ledger-busy", "ledger-error", "ledger-unavailable", "no-longer-useful", "no-model",
    "not-held", "patient-missing", "payload-unreadable", "prompt-refused", "prompt-too-large", "resource-missing",
    "server-failed", "summary-error", "summary-unreadable", "time-limit", "uncited-statement", "unexpected-error",
    "unreadable-image", "unreadable-record", "wrong-patient-data",
}  # fmt: skip


def tree(root):
    return [root, *(below for child in root.__subclasses__() for below in tree(child))]


def of(module, root):
    """The classes of the tree that the package itself defines: a test may have made others."""
    return [kind for kind in tree(root) if kind.__module__ == module.__name__]


@pytest.mark.parametrize("kind", of(fhir_adapters.errors, AdapterError) + of(ledger.errors, LedgerError), ids=repr)
def test_an_error_of_the_packages_below_has_a_code_in_the_table(kind):
    assert kind in failures._OF_OTHERS


def test_no_two_errors_of_the_packages_below_share_a_code_but_the_two_wrong_patients():
    codes = list(failures._OF_OTHERS.values())
    assert {code for code in codes if codes.count(code) > 1} == {FailureReason.WRONG_PATIENT_DATA}


@pytest.mark.parametrize("kind", tree(SummaryError), ids=repr)
def test_an_error_of_this_package_carries_its_own_code(kind):
    assert isinstance(kind.reason, FailureReason)
    assert kind is PayloadOfLater or "reason" in vars(kind)


def test_codes_that_ledgers_hold_keep_their_spelling():
    assert set(FailureReason) >= STORED
    assert {EXHAUSTED, JobState.FAILED.value, JobState.EXPIRED.value} <= set(FailureReason)


def test_a_class_renamed_keeps_its_code():
    class Renamed(ServerFailed):
        """Below a known class."""

    assert reason_of(Renamed("down")) == (FailureReason.SERVER_FAILED, True)


@pytest.mark.parametrize("code", ["of-a-later-version", "", "drop table"])
def test_a_stored_code_that_is_not_known_reads_as_a_fault_on_our_side(code):
    assert FailureReason.read(code) is FailureReason.UNEXPECTED


@pytest.mark.parametrize(
    ("error", "reason", "retry"),
    [
        (ServerFailed("down"), "server-failed", True),
        (GuardMissing("none"), "guard-missing", False),
        (WrongPatient("other"), "wrong-patient-data", False),
        (ledger.errors.WrongPatient("other"), "wrong-patient-data", False),
        (LedgerBusy("busy"), "ledger-busy", True),
        (NotHeld("gone"), "not-held", False),
        (EngineUnusable("lost"), "engine-unusable", True),
        (SoftTimeLimitExceeded(), "time-limit", True),
        (MemoryError(), "unexpected-error", True),
        (RecursionError("deep"), "unexpected-error", True),
    ],
)
def test_each_error_has_its_code(error, reason, retry):
    assert reason_of(error) == (reason, retry)
