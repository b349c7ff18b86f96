"""REL-1: a large piece of work runs beside the event loop, a small one on it; both give, and raise, the same."""

import threading

import pytest
from tiny_fhir import bundle, observation, patient

from fhir_adapters import prefetch
from fhir_adapters.large_work import LARGE_COUNT, run_work
from fhir_adapters.prefetch import history_for_hook


@pytest.mark.parametrize("is_large", [True, False])
async def test_rel1_only_what_is_large_leaves_the_loop_s_thread(is_large):
    ran_in = await run_work(threading.get_ident, is_large=is_large)
    assert (ran_in != threading.get_ident()) is is_large


@pytest.mark.parametrize("is_large", [True, False])
async def test_what_it_raises_is_its_own(is_large):
    with pytest.raises(ZeroDivisionError):
        await run_work(lambda: 1 / 0, is_large=is_large)


@pytest.mark.parametrize(("count", "is_large"), [(LARGE_COUNT, True), (LARGE_COUNT - 1, False)])
async def test_rel1_a_large_chart_is_read_beside_the_loop_and_gives_the_same_history(monkeypatch, count, is_large):
    ran_in = []

    def watched(*args, **options):
        ran_in.append(threading.get_ident())
        return triage(*args, **options)

    triage = prefetch.triage
    monkeypatch.setattr(prefetch, "triage", watched)
    sent = {"patient": patient(), "observations": bundle(*(observation(number) for number in range(count)))}
    gathered = await history_for_hook(sent, patient_id="p1", server=None, timeout_s=5)

    assert len(gathered.history.entries) == count
    assert [one != threading.get_ident() for one in ran_in] == [is_large]
