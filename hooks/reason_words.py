"""Words for every reason why there is no AI summary; a test holds the tables complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tasks.reasons import AbsenceReason, FailureReason

_OUR_FAULT: Final = "a fault on our side"
FAILURES: Final[Mapping[FailureReason, str]] = {
    FailureReason.SUMMARY_ERROR: _OUR_FAULT,
    FailureReason.UNCITED_STATEMENT: "a statement had no source",
    FailureReason.PROMPT_TOO_LARGE: "the chart is too large for the model",
    FailureReason.PROMPT_REFUSED: "the chart holds text that the model must not get",
    FailureReason.COMPLETION_MISSING: "the scripted engine has no words for this chart",
    FailureReason.COMPLETION_UNREADABLE: "the model's answer could not be read",
    FailureReason.SUMMARY_UNREADABLE: "the stored summary cannot be read",
    FailureReason.ENGINE_FAILED: "the model failed",
    FailureReason.ENGINE_UNUSABLE: "the model is unavailable",
    FailureReason.WRONG_PATIENT_DATA: "data of another patient were met",
    FailureReason.PAYLOAD_UNREADABLE: "the worker could not read the request",
    FailureReason.NO_MODEL: "the worker has no model",
    FailureReason.TIME_LIMIT: "the model took too long",
    FailureReason.UNEXPECTED: _OUR_FAULT,
    FailureReason.ADAPTER_ERROR: "the record could not be read by the worker",
    FailureReason.PATIENT_MISSING: "the patient could not be read by the worker",
    FailureReason.ADDRESS_REFUSED: "the record points to a server not configured",
    FailureReason.ACCESS_DENIED: "the worker was refused access to the record",
    FailureReason.SERVER_BUSY: "the record's server was too busy for the worker",
    FailureReason.SERVER_FAILED: "the record could not be read by the worker",
    FailureReason.REQUEST_REFUSED: "the record could not be read by the worker",
    FailureReason.RESOURCE_MISSING: "the worker did not find the record",
    FailureReason.UNREADABLE_RECORD: "the record is not readable",
    FailureReason.UNREADABLE_IMAGE: "an image is not readable",
    FailureReason.GUARD_MISSING: "images cannot be read safely here",
    FailureReason.LEDGER_ERROR: "the database failed",
    FailureReason.LEDGER_BUSY: "the database was busy",
    FailureReason.MOVED_ON: "the record changed meanwhile",
    FailureReason.LEDGER_UNAVAILABLE: "the database was not reached",
    FailureReason.CHAIN_BROKEN: "the ledger does not verify",
    FailureReason.KEY_MISSING: "an encryption key is missing",
    FailureReason.NOT_HELD: "another worker took over",
    FailureReason.ALREADY_RECORDED: "it was recorded already",
    FailureReason.ALREADY_USED: "its token was used before",
    FailureReason.ATTEMPTS_EXHAUSTED: "several attempts failed",
    FailureReason.NO_LONGER_USEFUL: "not made in time",
    FailureReason.EXPIRED: "not made in time",
    FailureReason.FAILED: _OUR_FAULT,
}
# In short, for the card's line, and as a sentence.
ABSENCES: Final[Mapping[AbsenceReason, tuple[str, str]]] = {
    AbsenceReason.NO_MODEL: ("No AI model set up", "No AI model is set up here."),
    AbsenceReason.NOT_ASKED: ("No AI summary", "No AI summary has been asked for."),
    AbsenceReason.WITHDRAWN: (
        "AI summary withdrawn",
        "The AI summary was withdrawn after a report and is under review.",
    ),
    AbsenceReason.SWITCHED_OFF: ("AI summary switched off", "AI summaries are switched off here."),
    AbsenceReason.WRONG_PATIENT_DATA: (
        "No AI summary",
        "No AI summary is made from a record that holds data of another patient.",
    ),
}
