"""What the checks hold against a sentence of the sample charts: each table row is one of a table beside it."""

import pytest
from sentences import chart, verdict
from told_as_it_is import TOLD_AS_IT_IS
from told_otherwise import TOLD_OTHERWISE

from tasks.summary import Verdict


@pytest.mark.parametrize(("letter", "text", "refs", "kind"), TOLD_OTHERWISE)
def test_what_is_told_otherwise_is_withheld(charts, letter, text, refs, *, kind):
    assert verdict(chart(charts, letter), text, refs, kind)[0] is Verdict.CONTRADICTED


@pytest.mark.parametrize(("letter", "text", "refs", "kind"), TOLD_AS_IT_IS)
def test_what_is_told_as_it_is_survives(charts, letter, text, refs, *, kind):
    said, reasons = verdict(chart(charts, letter), text, refs, kind)
    assert (said is not Verdict.CONTRADICTED, reasons) == (True, ())
