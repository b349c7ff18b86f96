"""A lane: what cannot begin in time never begins; what has begun is waited for; no lane starves another."""

import asyncio
import threading

import pytest
from hook_desk import hook_body, open_desk

from cds_service.errors import OutOfTime
from cds_service.lanes import Lane, Lanes, Turn


@pytest.fixture
def lane():
    one = Lane("test", threads=1, most=3)
    yield one
    one.close()


@pytest.fixture
def busy(lane):
    """A call that holds the lane's only thread until it is let go."""
    begun, let_go = threading.Event(), threading.Event()

    def work():
        begun.set()
        let_go.wait(30)
        return "done"

    yield work, begun, let_go
    let_go.set()


async def begin(late, begun):
    """The task of a call whose time is short. The loop stands still until it has begun, and its clock with it."""
    task = asyncio.create_task(late)
    await asyncio.sleep(0)
    begun.wait(30)
    return task


async def hold(lane, busy):
    work, begun, _ = busy
    holding = asyncio.create_task(lane.run(30, work))
    await asyncio.to_thread(begun.wait, 30)
    return holding


async def test_rel_1_what_finds_no_thread_in_time_never_begins(lane, busy):
    ran = []
    holding = await hold(lane, busy)
    with pytest.raises(OutOfTime):
        await lane.run(0.05, ran.append, "late")
    busy[2].set()

    assert await holding == "done"
    await lane.run(30, ran.append, "next")
    assert ran == ["next"]


async def test_rel_1_what_has_begun_is_waited_for_beyond_its_time(lane, busy):
    work, begun, let_go = busy
    late = await begin(lane.run(0.01, work), begun)
    await asyncio.sleep(0.02)  # behind the end of its time, on the same loop
    assert not late.done()
    let_go.set()

    assert await late == "done"


@pytest.mark.parametrize("within_s", [0, -1.0])
async def test_no_time_left_is_out_of_time_at_once(lane, within_s):
    with pytest.raises(OutOfTime):
        await lane.run(within_s, print)


async def test_more_calls_than_the_lane_holds_are_shed_at_once(lane, busy):
    holding = await hold(lane, busy)
    waiting = [asyncio.create_task(lane.run(30, int)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(OutOfTime):
        await lane.run(30, int)
    busy[2].set()

    assert [await one for one in (*waiting, holding)] == [0, 0, "done"]
    assert await lane.run(30, int) == 0  # and its places are free again


async def test_an_error_of_the_work_is_its_own(lane):
    with pytest.raises(ZeroDivisionError):
        await lane.run(1, lambda: 1 / 0)


async def test_a_client_that_goes_away_takes_its_waiting_work_along(lane, busy):
    ran = []
    holding = await hold(lane, busy)
    leaving = asyncio.create_task(lane.run(30, ran.append, "gone"))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    busy[2].set()
    await holding

    await lane.run(30, int)
    assert ran == []


async def test_feedback_holds_up_no_hook():
    lanes = Lanes()
    begun, let_go = threading.Event(), threading.Event()
    waiting = [asyncio.create_task(lanes.feedback.run(30, lambda: (begun.set(), let_go.wait(30)))) for _ in range(20)]
    await asyncio.to_thread(begun.wait, 30)

    assert await lanes.hooks.run(30, int) == 0
    let_go.set()
    await asyncio.gather(*waiting)
    lanes.close()


def never_free():
    """A lane that no call gets a thread of."""
    return Lane("full", threads=1, most=0)


def test_rel_1_a_hook_for_which_no_thread_is_free_is_told_to_ask_again(tmp_path):
    desk = open_desk(tmp_path, lanes=Lanes(hooks=never_free()))
    answer = desk.hook(hook_body())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert desk.kinds() == []


def test_rel_1_feedback_that_finds_no_turn_is_told_to_come_again_and_hooks_go_on(tmp_path):
    desk = open_desk(tmp_path, lanes=Lanes(feedback=never_free()))
    card = desk.card()

    assert desk.feedback({"card": card["uuid"], "outcome": "overridden"}).status_code == 503
    assert desk.hook(hook_body()).status_code == 200


async def test_rel1_what_has_begun_and_has_not_kept_its_turn_is_waited_for_no_longer(lane):
    begun, let_go, ended = threading.Event(), threading.Event(), []

    def work(turn):
        begun.set()
        let_go.wait(30)
        try:
            turn.keep()
        except OutOfTime:
            ended.append("wrote nothing")
        else:
            ended.append("wrote")

    late = await begin(lane.take_turn(0.01, work), begun)
    with pytest.raises(OutOfTime):
        await late
    let_go.set()
    await lane.run(30, int)  # behind it in the only thread
    assert ended == ["wrote nothing"]


async def test_rel1_what_has_kept_its_turn_is_waited_for_beyond_its_time(lane):
    kept, let_go = threading.Event(), threading.Event()

    def work(turn):
        turn.keep()
        kept.set()
        let_go.wait(30)
        return "sent"

    late = await begin(lane.take_turn(0.01, work), kept)
    await asyncio.sleep(0.02)  # behind the end of its time, on the same loop
    assert not late.done()
    let_go.set()
    assert await late == "sent"


async def test_rel1_a_turn_that_finds_no_thread_never_begins(lane, busy):
    ran = []
    holding = await hold(lane, busy)
    with pytest.raises(OutOfTime):
        await lane.take_turn(0.05, ran.append)
    busy[2].set()
    await holding
    await lane.run(30, int)
    assert ran == []


def test_rel1_a_turn_is_settled_once():
    kept, given_up = Turn(), Turn()
    kept.keep()
    assert not kept.give_up()
    assert given_up.give_up()
    with pytest.raises(OutOfTime):
        given_up.keep()
