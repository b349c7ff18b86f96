"""The bench measures what it says: a bar is missed where its figure is, and a real run of it ends with figures."""

import orjson

from chartside_bench.bars import Bar, bars_of
from chartside_bench.calls import Ehr, Requests, of_another_user, retold, sample_body
from chartside_bench.history import HistoryCost
from chartside_bench.hook_servers import ORIGIN, serving_ours
from chartside_bench.load import drive
from chartside_bench.measured import FLOOR, HEALTHCHAIN, SEEN, Measured
from chartside_bench.open_loop import OpenLoop
from chartside_bench.stored_summary import SUMMARY_MARK, store_summary


def measured(name, connections, *, per_second=1000.0, cpu_ms=1.0, p99_ms=5.0):
    return Measured(
        name=name,
        connections=connections,
        p50_ms=(1.0,),
        p99_ms=(p99_ms,),
        per_second=(per_second,),
        cpu_ms=(cpu_ms,),
    )


def verdicts(*all_measured, seen_us=1.0):
    return {bar.name: bar.holds for bar in bars_of(all_measured, HistoryCost(seen_us=seen_us, read_us=60.0))}


def test_a_bar_holds_up_to_its_figure_and_is_missed_beyond():
    assert Bar(name="most", figure=3.0, at_most=3.0).holds
    assert not Bar(name="most", figure=3.01, at_most=3.0).holds
    assert Bar(name="least", figure=2.0, at_least=2.0).holds
    assert not Bar(name="least", figure=1.99, at_least=2.0).holds


def test_each_bar_is_taken_from_its_own_figures():
    found = verdicts(
        measured(FLOOR, 1, cpu_ms=0.3),
        measured(SEEN, 1, cpu_ms=1.2),
        measured(HEALTHCHAIN, 1, per_second=400.0),
        measured(FLOOR, 32),
        measured(SEEN, 32, p99_ms=50.0),
        measured(HEALTHCHAIN, 32, p99_ms=60.0, per_second=900.0),
        seen_us=11.0,
    )
    assert found == {
        "history, microseconds a resource": False,
        "CPU a request, times the floor's": False,
        "requests/s, times healthchain's, 1 connections": True,
        "requests/s, times healthchain's, 32 connections": False,
        "p99, times healthchain's, 32 connections": True,
    }


def test_without_healthchain_its_bars_are_left_out_and_ours_stand():
    found = verdicts(measured(FLOOR, 1), measured(SEEN, 1))
    assert list(found) == ["history, microseconds a resource", "CPU a request, times the floor's"]


def test_every_request_has_a_token_and_a_user_of_its_own_and_a_refused_one_keeps_its_token():
    requests = Requests(Ehr(), sample_body(10), origin=ORIGIN)
    first, second = requests.take(), requests.take()
    heads, bodies = zip(*(one.split(b"\r\n\r\n") for one in (first, second)), strict=True)
    assert heads[0] != heads[1]
    users = [orjson.loads(body)["context"]["userId"] for body in bodies]
    assert users[0] != users[1]
    requests.give_back(first)
    assert requests.take().split(b"\r\n\r\n")[0] == heads[0]


def test_a_chart_of_any_size_has_so_many_resources_and_no_id_twice():
    for size in (10, 50, 500):
        prefetch = sample_body(size)["prefetch"].values()
        held = [entry["resource"] for value in prefetch for entry in value.get("entry", ())]
        ids = [f"{one['resourceType']}/{one['id']}" for one in held]
        assert len(ids) + 1 == size  # and the Patient
        assert len(set(ids)) == len(ids)


def test_real_calls_to_a_real_service_show_the_stored_summary_also_in_new_bytes_and_in_an_open_loop(tmp_path):
    ehr, body = Ehr(), sample_body()
    store_summary(tmp_path, body, ehr)
    requests = Requests(ehr, body, origin=ORIGIN)
    with serving_ours("chartside", tmp_path) as server:
        for make in (of_another_user, retold):
            sent = [ehr.request(make(body), origin=ORIGIN, algorithm=name) for name in ("RS384", "ES384")]
            load = drive(server.port, sent, concurrency=2, mark=SUMMARY_MARK)
            assert len(load.latencies) == 2
        loop = OpenLoop(port=server.port, per_second=20, seconds=0.5, take=requests.take, give_back=requests.give_back)
        answers = loop.run()
        assert server.cpu_s() > 0
        assert server.resident_bytes() > 0
    assert answers.due == answers.unsent + sum(answers.statuses.values()) + answers.broken
    assert answers.statuses.keys() <= {200, 503}  # a very busy machine may be too late for one
    assert len(set(answers.card_ids)) == answers.statuses[200]
