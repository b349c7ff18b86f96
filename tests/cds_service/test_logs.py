"""Every line of a log is JSON, and none holds what was sent (T16)."""

import json
import logging
import subprocess
import sys

import pytest

PROGRAM = """
import logging
from cds_service.logs import configure_logs

configure_logs()
logging.getLogger({logger!r}).log(logging.{level}, {message!r}, *{arguments!r})
"""
RAISES = """
import logging
from cds_service.logs import configure_logs

configure_logs()
try:
    raise ValueError("canary in the error")
except ValueError:
    logging.getLogger("celery.worker").exception("Task %s failed", "canary in the name")
"""


def lines(program):
    """What a process of its own writes: logging is set up once in a process."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def logged(logger, message, *arguments, level="WARNING"):
    return lines(PROGRAM.format(logger=logger, level=level, message=message, arguments=arguments))


def test_t16_a_library_that_is_known_says_what_happened_and_not_to_whom():
    (line,) = logged("celery.worker.consumer", "Received unregistered task of type %s", "canary")

    assert line["event"] == "Received unregistered task of type %s"
    assert (line["level"], line["logger"]) == ("warning", "celery.worker.consumer")
    assert "canary" not in json.dumps(line)


@pytest.mark.parametrize("logger", ["httpx2", "pydicom", "celerity", "root"])
def test_t16_a_text_that_may_have_been_filled_in_is_withheld(logger):
    (line,) = logged(logger, "GET https://ehr.test/fhir/Patient/canary")

    assert line["event"] == "message withheld"
    assert "canary" not in json.dumps(line)


def test_t16_a_traceback_is_its_errors_kind_alone():
    (line,) = lines(RAISES)

    assert (line["event"], line["error"]) == ("Task %s failed", "ValueError")
    assert "canary" not in json.dumps(line)


@pytest.mark.parametrize("text", ["two\nlines", "\x1b[31mred", '{"level": "forged"}', "x" * 100_000])
def test_t16_whatever_a_text_holds_it_is_one_line_of_bounded_length(text):
    (line,) = logged("uvicorn.error", text)

    assert line["event"] == text[:500]
    assert line["level"] == "warning"


def test_t16_what_is_below_a_warning_is_not_written():
    assert logged("httpx2", "HTTP Request: GET %s", "canary", level="INFO") == []
    assert logging.getLogger("httpx2").level == logging.NOTSET


FLOOD = """
import logging
from cds_service.logs import configure_logs

configure_logs()
for _ in range(1000):
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
logging.getLogger("uvicorn.error").warning("Unsupported upgrade request.")
for _ in range(2):
    logging.getLogger("uvicorn.error").error("Exception in ASGI application")
"""


def test_t16_a_flood_of_broken_requests_is_a_line_of_its_kind_and_errors_are_all_said():
    events = [(one["event"], one.get("not_logged_before")) for one in lines(FLOOD)]

    assert events == [
        ("Invalid HTTP request received.", 0),
        ("Unsupported upgrade request.", 0),
        *[("Exception in ASGI application", None)] * 2,
    ]
