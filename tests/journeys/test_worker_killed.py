"""Line 13: whatever kills a worker in mid-job, the job ends once, with one summary, and the hook answers meanwhile."""

import os
import signal

import pytest
from house import hook_body, is_alive, wait_for


def kill(victim, worker, child):
    if victim == "child":
        os.kill(child, signal.SIGKILL)
    elif victim == "main":
        worker.signal(signal.SIGKILL)
        worker.wait_ended()
    else:
        worker.kill_group()


@pytest.mark.parametrize("victim", ["main", "child", "group"])
def test_ch_1_ch_2_a_job_whose_worker_is_killed_ends_once_with_one_summary(house, victim):
    worker = house.start_worker("slow_engines:SlowFirst")
    assert "AI summary" not in house.hook(hook_body("p1"))["summary"].partition(":")[0]
    child = house.wait_mark("working")

    kill(victim, worker, child)
    for patient in ("p1", "p2", "p3"):
        assert house.hook(hook_body(patient))["summary"].startswith("Chart brief:")
    if victim != "child":
        house.start_worker("slow_engines:SlowFirst")
    jobs = house.wait_ended(jobs=3)

    assert [job["state"] for job in jobs] == ["done"] * 3
    assert [job["attempt"] for job in jobs] == [2, 1, 1]
    assert sorted(house.summaries()) == sorted(job["id"] for job in jobs)
    assert house.kinds("job.claimed") == 4
    assert house.kinds("job.done") == house.kinds("summary.stored") == 3
    assert house.hook(hook_body("p1"))["summary"].startswith("AI summary")
    wait_for(lambda: not is_alive(child), lambda: f"the orphan {child} lives on")
