"""The queue between hook and GPU: Celery, carrying job ids and nothing else.

The job table is the truth; a lost message is a delay, a doubled one is refused by the lease.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog
from celery import Celery
from kombu.exceptions import KombuError

from tasks import folder_queue

TASK: Final = "chartside.summarise"
SCHEMA_VERSION: Final = 1
QUEUE: Final = "chartside.summaries"
_SOFT_BEFORE_HARD_S: Final = 10

log = structlog.get_logger(__name__)


def make_celery(
    broker_url: str,
    *,
    folder: Path | None = None,
    hard_limit_s: float = 600,
    soft_limit_s: float | None = None,
    child_start_s: float = 600,
) -> Celery:
    """A Celery application for `redis://…` or, with a folder, for the filesystem transport.

    `hard_limit_s` ends a hung generation, `soft_limit_s` (10 s earlier by default) asks it to end. `child_start_s` is
    the longest that loading the model may take. Each setting has its reason beside it.
    """
    is_folder = broker_url.startswith("filesystem://")
    url = folder_queue.URL if is_folder else broker_url
    app = Celery("chartside", broker=url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],  # T17: a pickle in the broker is refused
        task_serializer="json",
        result_accept_content=["json"],
        result_backend=None,
        task_ignore_result=True,  # T7: no result backend, no patient data in the broker
        task_store_errors_even_if_ignored=False,
        result_extended=False,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_track_started=False,
        task_default_queue=QUEUE,
        task_time_limit=hard_limit_s,
        task_soft_time_limit=soft_limit_s or max(1.0, hard_limit_s - _SOFT_BEFORE_HARD_S),
        worker_max_tasks_per_child=None,
        # A child killed at the hard limit must have time to load the model again, or it is killed for ever.
        worker_proc_alive_timeout=child_start_s,
        worker_lost_wait=1.0,  # a killed child leaves no result behind that is worth the 10 s of waiting
        worker_soft_shutdown_timeout=10.0,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a broker that is away for an hour is a delay of an hour
        worker_cancel_long_running_tasks_on_connection_loss=False,  # the result goes to the database, not the broker
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        broker_transport_options=_folder_options(folder) if is_folder else _redis_options(hard_limit_s),
    )
    _refuse_strangers(app, url)
    return app


def _redis_options(hard_limit_s: float) -> dict[str, object]:
    return {
        # A message is redelivered only well after its task must have ended.
        "visibility_timeout": int(hard_limit_s * 2 + 60),
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "max_retries": 0,
        # In a Redis that another Celery shares, the shorter visibility timeout of the two would win for both.
        "global_keyprefix": "chartside:",
    }


def _folder_options(folder: Path | None) -> dict[str, object]:
    if folder is None:
        raise ValueError("the filesystem transport needs a folder")
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    messages = str(folder / "messages")
    return {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "control_folder": str(folder / "control"),
        "polling_interval": 0.1,
    }


def _refuse_strangers(app: Celery, url: str) -> None:
    """Celery lets CELERY_* variables win over its configuration; ours has one source (decision 12)."""
    conf = app.conf
    if {conf.broker_url, conf.broker_read_url, conf.broker_write_url} != {url} or conf.result_backend:
        raise ValueError("CELERY_BROKER_URL or CELERY_RESULT_BACKEND is set; unset it, the queue is set as broker.url")


class CeleryQueue:
    """Publishes job ids. One attempt, short time-outs: what is not published now is due again soon."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        transport = app.connection_for_write()
        self._failures = (KombuError, OSError, *transport.connection_errors, *transport.channel_errors)

    def publish(self, job_id: str) -> bool:
        """Whether the broker took the message; never raises, the database still knows the job."""
        try:
            self._app.send_task(TASK, args=(job_id, SCHEMA_VERSION), queue=QUEUE, retry=False)
        except self._failures as error:
            log.warning("queue.unreachable", error=type(error).__name__)
            return False
        return True
