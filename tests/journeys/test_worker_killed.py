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
    worker = house.start_worker("slow_engines:SlowFirst", profile="imaging")  # a decoder is the child's child
    assert house.hook(hook_body("p1"))["summary"].startswith("Chart brief:")
    child = house.wait_mark("working")
    family = worker.family()
    assert len(family) == 3

    kill(victim, worker, child)
    for patient in ("p1", "p2", "p3"):
        assert house.hook(hook_body(patient))["summary"].startswith("Chart brief:")
    orphans = family[1:]
    wait_for(lambda: not any(map(is_alive, orphans)), lambda: f"{orphans} live on")
    if victim != "child":
        house.start_worker("slow_engines:SlowFirst")
    jobs = house.wait_ended(jobs=3)

    assert [job["state"] for job in jobs] == ["done"] * 3
    assert [job["attempt"] for job in jobs] == [2, 1, 1]
    assert sorted(house.summaries()) == sorted(job["id"] for job in jobs)
    assert house.kinds("job.claimed") == 4
    assert house.kinds("job.done") == house.kinds("summary.stored") == 3
    assert house.hook(hook_body("p1"))["summary"].startswith("AI summary")


def test_ch_3_a_worker_told_to_end_finishes_its_job_first(house):
    worker = house.start_worker("slow_engines:SlowFirst", engine_options={"first_s": 2})
    house.hook(hook_body("p1"))
    child = house.wait_mark("working")

    worker.signal(signal.SIGTERM)

    assert worker.wait_ended() == 0
    assert [(job["state"], job["attempt"]) for job in house.jobs()] == [("done", 1)]
    assert not is_alive(child)
    assert house.hook(hook_body("p1"))["summary"].startswith("AI summary")


def test_ch_5_a_hung_engine_is_killed_at_the_hard_limit_tried_again_and_then_failed(house):
    worker = house.start_worker("slow_engines:Hung", hard_limit_s=2, soft_limit_s=1, lease_s=1)
    house.hook(hook_body("hung"))
    house.wait_mark("asked-to-end")
    house.hook(hook_body("p1"))

    hung, other = house.wait_ended(jobs=2)

    assert (hung["state"], hung["attempt"], hung["reason"]) == ("failed", 3, "attempts-exhausted")
    assert other["state"] == "done"
    assert len(worker.events("worker.ready")) >= 3
    assert house.hook(hook_body("hung"))["summary"].startswith("Chart brief:")
    assert worker.process.poll() is None


def test_ch_17_a_job_that_kills_every_process_fails_and_the_others_flow(house):
    worker = house.start_worker("slow_engines:Poison")
    for patient in ("p1", "poison", "p2"):
        house.hook(hook_body(patient))

    jobs = house.wait_ended(jobs=3)

    assert [job["state"] for job in jobs] == ["done", "failed", "done"]
    assert (jobs[1]["attempt"], jobs[1]["reason"]) == (3, "attempts-exhausted")
    assert house.kinds("job.claimed") == 5
    worker.wait_ready(4)
    assert worker.process.poll() is None


def test_an_engine_that_is_too_slow_is_asked_to_end_and_its_process_lives(house):
    worker = house.start_worker("slow_engines:Endless", soft_limit_s=1)
    house.hook(hook_body("endless"))
    house.hook(hook_body("p1"))

    slow, other = house.wait_ended(jobs=2)

    assert (slow["state"], slow["attempt"], slow["reason"]) == ("failed", 3, "time-limit")
    assert other["state"] == "done"
    assert len(worker.events("worker.ready")) == 1


def test_a_killed_child_gets_time_to_load_a_model_that_loads_slowly(house):
    """Celery's own patience is 4 s: with it, replacements would be killed for ever."""
    worker = house.start_worker("slow_engines:SlowFirst", engine_options={"load_s": 6})
    house.hook(hook_body("p1"))
    child = house.wait_mark("working")

    os.kill(child, signal.SIGKILL)

    assert [(job["state"], job["attempt"]) for job in house.wait_ended(jobs=1)] == [("done", 2)]
    assert len(worker.events("worker.ready")) == 2


def test_a_worker_whose_model_cannot_be_loaded_stops_and_leaves_the_job(house):
    house.hook(hook_body("p1"))
    worker = house.start_worker("slow_engines:Missing", ready=False)

    assert worker.wait_ended() != 0
    assert worker.events("worker.unusable")
    assert "canary" not in worker.tail()
    assert house.states() == ["queued"]
    house.start_worker("slow_engines:Quick")
    assert [(job["state"], job["attempt"]) for job in house.wait_ended(jobs=1)] == [("done", 1)]


def test_an_orphan_whose_model_holds_the_interpreter_ends_too_and_its_job_is_done_by_another(embedded_house):
    house = embedded_house
    worker = house.start_worker("slow_engines:Gripping")
    house.hook(hook_body("p1"))
    child = house.wait_mark("working")

    worker.signal(signal.SIGKILL)
    worker.wait_ended()
    house.start_worker("slow_engines:Gripping")

    assert [(job["state"], job["attempt"]) for job in house.wait_ended(jobs=1)] == [("done", 2)]
    wait_for(lambda: not is_alive(child), lambda: f"the orphan {child} lives on")
    assert len(house.summaries()) == 1


def test_ch_3_a_replaced_child_too_finishes_its_job_when_the_worker_is_told_to_end(house):
    """With kombu's own folder transport an idle child died with the pool's lock, and no job was begun ever after."""
    worker = house.start_worker("slow_engines:SlowFirst", engine_options={"first_s": 2})
    os.kill(worker.family()[1], signal.SIGKILL)
    worker.wait_ready(2)
    house.hook(hook_body("p1"))
    house.wait_mark("working")

    worker.signal(signal.SIGTERM)

    assert worker.wait_ended() == 0
    assert [(job["state"], job["attempt"]) for job in house.jobs()] == [("done", 1)]
