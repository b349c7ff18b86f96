from datetime import UTC, datetime

import pytest

from cds_service.surface import read_card_content, sha256, state_to_plain
from tasks.reasons import AbsenceReason, FailureReason
from tasks.states import Absent, Failed, Preparing

AT = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


def test_sha256_is_hex():
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("state", "plain"),
    [
        (Absent(reason=AbsenceReason.NO_MODEL), {"state": "absent", "reason": "no-model"}),
        (
            Failed(reason=FailureReason.ENGINE_FAILED, since=AT),
            {"state": "failed", "reason": "engine-failed", "since": "2026-11-02T10:30:00+00:00"},
        ),
        (Preparing(job_id="j", since=AT), {"state": "preparing", "job_id": "j", "since": "2026-11-02T10:30:00+00:00"}),
    ],
)
def test_a_state_is_kept_as_codes_and_ids(state, plain):
    assert state_to_plain(state) == plain


def test_content_of_another_version_is_not_guessed_at():
    with pytest.raises(ValueError, match="version"):
        read_card_content(b'{"version": 99}')
