"""Five synthetic patient charts, written by hand: the resources, and which real picture stands in for which image.

Everything here is invented. The patients carry names that no one has, and the test-data label.
Run `make_charts.py` to write them as files.
"""

from collections.abc import Callable, Sequence

from handwritten.chart import Chart, Imaging
from handwritten.head_ct import head_ct
from handwritten.kidney_decline import kidney_decline
from handwritten.liver_lesion import liver_lesion
from handwritten.new_effusion import new_effusion
from handwritten.nothing_recorded import nothing_recorded

__all__ = ["Chart", "Imaging", "handwritten_charts"]


def handwritten_charts() -> list[Chart]:
    """The five charts, complete."""
    writers: Sequence[Callable[[], Chart]] = (
        kidney_decline,
        new_effusion,
        head_ct,
        nothing_recorded,
        liver_lesion,
    )
    return [write() for write in writers]
