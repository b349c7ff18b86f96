"""What a warm-up answers: nothing to see, and on record whether an AI summary is being made ready."""

from __future__ import annotations

from hooks.service import Chart, Silence
from tasks.states import Ready, is_preparing


def warmed(chart: Chart) -> Silence:
    """The coded reason. The job itself is queued beside the hook's own record; where that cannot be, the hook fails."""
    if isinstance(chart.state, Ready) or is_preparing(chart.state):
        return Silence.WARMED_UP
    return Silence.NOT_WARMED_UP
