"""The embedded queue: each message for one reader, oldest first, whatever else lies in the folder."""

from concurrent.futures import ThreadPoolExecutor
from queue import Empty

import pytest
import structlog

from tasks.celery_app import QUEUE, CeleryQueue, make_celery


@pytest.fixture
def app(tmp_path):
    return make_celery("filesystem://", folder=tmp_path)


def channel(app):
    return app.connection_for_read().channel()


def drain(app):
    """The job ids that one reader finds, in order."""
    reader, found = channel(app), []
    while True:
        try:
            message = reader._get(QUEUE)
        except Empty:
            return found
        found.append(message["headers"]["argsrepr"])


def test_messages_come_in_order_and_leave_nothing_behind(app, tmp_path):
    queue = CeleryQueue(app)
    for name in "abc":
        assert queue.publish(name)
    assert drain(app) == ["('a', 1)", "('b', 1)", "('c', 1)"]
    assert list((tmp_path / "messages").iterdir()) == []


def test_four_readers_share_the_messages_and_none_gets_one_twice(app):
    queue = CeleryQueue(app)
    for number in range(40):
        assert queue.publish(str(number))
    with ThreadPoolExecutor(4) as pool:
        found = [name for names in pool.map(lambda _: drain(app), range(4)) for name in names]
    assert sorted(found) == sorted(f"('{number}', 1)" for number in range(40))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"\x00" * 100])
def test_a_broken_message_is_dropped_with_a_word_and_the_next_one_read(app, tmp_path, content):
    (tmp_path / "messages" / f"0_x.{QUEUE}.msg").write_bytes(content)
    assert CeleryQueue(app).publish("a")
    with structlog.testing.capture_logs() as logs:
        assert drain(app) == ["('a', 1)"]
    assert [line["event"] for line in logs] == ["queue.unreadable"]
    assert list((tmp_path / "messages").iterdir()) == []


def test_files_that_are_no_message_of_this_queue_are_left_alone(app, tmp_path):
    names = ["0_x.other.msg", f"0_x.{QUEUE}.part", "notes.txt", f"0_x.{QUEUE}.taken"]
    for name in names:
        (tmp_path / "messages" / name).write_text("{}")
    assert drain(app) == []
    assert sorted(path.name for path in (tmp_path / "messages").iterdir()) == sorted(names)
