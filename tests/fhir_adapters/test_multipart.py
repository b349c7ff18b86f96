"""The DICOM file in a WADO-RS answer: exactly one, whole, or a refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.errors import UnreadableImage
from fhir_adapters.multipart import only_part

TYPE = 'multipart/related; type="application/dicom"; boundary="b42"'
FILE = b"\0\r\n\r\n\n--b4\r\r\n--\xff" * 3


def part(content=FILE, head=b"Content-Type: application/dicom\r\nContent-Length: 7\r\n"):
    return b"--b42\r\n" + head + b"\r\n" + content + b"\r\n"


def test_the_file_comes_out_byte_for_byte():
    assert only_part(TYPE, part() + b"--b42--\r\n") == FILE
    assert only_part(TYPE, b"\r\n" + part() + b"--b42--") == FILE
    assert only_part(TYPE, b"preamble\r\n" + part(head=b"") + b"--b42--") == FILE
    assert only_part("multipart/related;boundary=b42", part(b"") + b"--b42--") == b""


def test_a_bare_file_is_taken_as_it_is():
    assert only_part("application/dicom; transfer-syntax=1.2.840.10008.1.2.1", FILE) == FILE


@pytest.mark.parametrize(
    ("content_type", "body", "why"),
    [
        (TYPE, b"", "no part"),
        (TYPE, b"--b42--\r\n", "no part"),
        (TYPE, b"\r\n--b42--\r\n", "no part"),
        (TYPE, b"another\r\n--b43\r\n\r\nx\r\n--b43--", "no part"),
        (TYPE, part() + part() + b"--b42--", "more than one part"),
        (TYPE, part(), "cut short"),
        (TYPE, part()[:-20], "cut short"),
        (TYPE, b"--b42\r\nContent-Type: application/dicom\r\n--b42--", "without headers"),
        (TYPE, b"--b42x\r\n\r\nx\r\n--b42--", "another delimiter"),
        (TYPE, part(head=b"Content-Type: text/html\r\n") + b"--b42--", "no DICOM file"),
        (TYPE, part(head=b"X: " + b"a" * 9000 + b"\r\n") + b"--b42--", "without headers"),
        ("multipart/related", part() + b"--b42--", "neither"),
        ("multipart/related; boundary=" + "b" * 71, b"", "neither"),
        ('multipart/related; boundary="b\r\n42"', b"", "neither|no part"),
        ("text/html", b"<p>Sign in</p>", "neither"),
        ("", b"", "neither"),
    ],
)
def test_ch12_every_other_answer_is_refused_with_its_reason(content_type, body, why):
    with pytest.raises(UnreadableImage, match=why):
        only_part(content_type, body)


@given(st.text(max_size=60), st.binary(max_size=200))
def test_any_answer_is_a_file_or_a_refusal(content_type, body):
    for kind in (content_type, TYPE):
        try:
            found = only_part(kind, body)
        except UnreadableImage as refused:
            found = refused.outcome
        assert isinstance(found, (bytes, str))
