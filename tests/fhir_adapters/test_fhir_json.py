"""T11: bytes become plain dicts within limits, or one clear error."""

import orjson
import pytest

from fhir_adapters.errors import UnreadableRecord
from fhir_adapters.fhir_json import DEEPEST, read_object


def _nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[1]", b'"text"', b"null", b"[" * 1_000_000, b'{"a":NaN}', b'{"a":1e999}', b"\xff\xfe{\x00}\x00",
        b'{"a":"\xff"}', b"<html>Please log in</html>", b'{"a":"\\ud800"}', _nested(DEEPEST + 1), _nested(1000),
        _nested(2000), b'{"a":' + b"[" * 300 + b"]" * 300 + b"}",
    ],
)  # fmt: skip
def test_t11_what_is_no_json_object_within_the_depth_is_unreadable(data):
    with pytest.raises(UnreadableRecord) as refused:
        read_object(data, what="a page")
    assert "log in" not in str(refused.value)
    assert refused.value.outcome


def test_a_byte_order_mark_is_ignored():
    assert read_object(b'\xef\xbb\xbf{"resourceType":"Bundle"}', what="a page") == {"resourceType": "Bundle"}


def test_what_is_read_can_be_written_again():
    deepest = read_object(_nested(DEEPEST), what="a page")
    assert orjson.loads(orjson.dumps(deepest)) == deepest
