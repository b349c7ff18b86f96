"""The queue holds ids and nothing else, takes JSON and nothing else, and never raises at whoever publishes."""

import base64
import stat

import orjson
import pytest
import redis
from servers import free_port

from tasks.celery_app import QUEUE, SCHEMA_VERSION, TASK, CeleryQueue, make_celery

JOB = "0b1c7d4e-0000-4000-8000-000000000001"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "queue"


def messages(folder):
    return [orjson.loads(path.read_bytes()) for path in (folder / "messages").iterdir()]


def body(message):
    return orjson.loads(base64.b64decode(message["body"]))


@pytest.fixture(params=["folder", "redis"])
def app(request, folder):
    if request.param == "folder":
        return make_celery("filesystem://", folder=folder, hard_limit_s=600)
    return make_celery("redis://127.0.0.1:1/0", hard_limit_s=600)


def test_t17_json_alone_is_accepted_and_written(app):
    assert app.conf.accept_content == ["json"]
    assert app.conf.result_accept_content == ["json"]
    assert app.conf.task_serializer == "json"


def test_t7_there_is_no_result_backend_and_no_event(app):
    assert app.conf.result_backend is None
    assert app.backend.as_uri() == "disabled://"
    assert app.conf.task_ignore_result
    assert not app.conf.result_extended
    assert not app.conf.worker_send_task_events
    assert not app.conf.worker_enable_remote_control


def test_a_message_is_acknowledged_late_and_one_is_taken_at_a_time(app):
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.worker_max_tasks_per_child is None
    assert app.conf.broker_connection_max_retries is None


def test_the_model_gets_time_to_load_again_and_the_soft_limit_comes_first(app):
    assert app.conf.worker_proc_alive_timeout == 600
    assert (app.conf.task_soft_time_limit, app.conf.task_time_limit) == (590, 600)


def test_a_message_is_not_redelivered_before_its_task_must_have_ended():
    app = make_celery("redis://127.0.0.1:1/0", hard_limit_s=600)
    assert app.conf.broker_transport_options["visibility_timeout"] > 2 * 600
    assert app.conf.broker_transport_options["socket_connect_timeout"] <= 2


def test_the_folders_are_for_their_owner_alone(folder):
    make_celery("filesystem://", folder=folder)
    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in ("messages", "control")] == [0o700, 0o700]


def test_the_folder_transport_needs_a_folder():
    with pytest.raises(ValueError, match="folder"):
        make_celery("filesystem://")


@pytest.mark.parametrize("name", ["CELERY_BROKER_URL", "CELERY_BROKER_WRITE_URL", "CELERY_RESULT_BACKEND"])
def test_the_environment_cannot_send_the_messages_elsewhere(monkeypatch, folder, name):
    monkeypatch.setenv(name, "redis://elsewhere.test/0")
    with pytest.raises(ValueError, match="unset"):
        make_celery("filesystem://", folder=folder)


def test_a_message_is_an_id_and_a_version(folder):
    assert CeleryQueue(make_celery("filesystem://", folder=folder)).publish(JOB)
    (message,) = messages(folder)
    arguments, keywords, _options = body(message)
    assert (arguments, keywords) == ([JOB, SCHEMA_VERSION], {})
    assert message["headers"]["task"] == TASK
    assert message["content-type"] == "application/json"
    assert message["properties"]["delivery_info"]["routing_key"] == QUEUE


@pytest.mark.servers
def test_on_redis_it_is_the_same_message(redis_url):
    assert CeleryQueue(make_celery(redis_url)).publish(JOB)
    with redis.Redis.from_url(redis_url) as client:
        (content,) = client.lrange(f"chartside:{QUEUE}", 0, -1)
    arguments, keywords, _options = body(orjson.loads(content))
    assert (arguments, keywords) == ([JOB, SCHEMA_VERSION], {})


def test_ch_7_a_broker_that_is_away_is_no_error():
    app = make_celery(f"redis://127.0.0.1:{free_port()}/0")
    assert not CeleryQueue(app).publish(JOB)


def test_ch_20_a_folder_that_is_gone_is_no_error(folder):
    queue = CeleryQueue(make_celery("filesystem://", folder=folder))
    (folder / "messages").rmdir()
    assert not queue.publish(JOB)


@pytest.mark.servers
def test_ch_7_a_full_broker_is_no_error(redis_url):
    queue = CeleryQueue(make_celery(redis_url))
    assert queue.publish(JOB)
    with redis.Redis.from_url(redis_url) as client:
        try:
            client.config_set("maxmemory", "1")
            assert not queue.publish(JOB)
        finally:
            client.config_set("maxmemory", "0")
    assert queue.publish(JOB)
