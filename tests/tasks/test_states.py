from typing import get_args

import pytest

from tasks.states import Absent, Failed, Preparing, Ready, Stale, State

STORED = {Ready: "ready", Stale: "stale", Preparing: "preparing", Failed: "failed", Absent: "absent"}


@pytest.mark.parametrize("kind", get_args(State), ids=repr)
def test_a_state_keeps_the_name_that_ledgers_hold_whatever_its_class_is_called(kind):
    assert vars(kind)["name"] == STORED[kind]
