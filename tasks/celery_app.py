"""The queue between hook and GPU: Celery, carrying job ids and nothing else.

The job table is the truth; a lost message is a delay, a doubled one is refused by the lease.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

TASK: Final = "chartside.summarise"
SCHEMA_VERSION: Final = 1
QUEUE: Final = "chartside.summaries"

log = structlog.get_logger(__name__)


def make_celery(broker_url: str, *, folder: Path | None = None, hard_limit_s: int = 600) -> Celery:
    """A Celery application for `redis://…` or, with a folder, for the filesystem transport.

    `hard_limit_s` ends a hung generation. Settings and reasons: security-reliability, section 3.
    """
    app = Celery("chartside", broker=broker_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],  # T17: a pickle in the broker is refused
        task_serializer="json",
        task_ignore_result=True,  # T7: no result backend, no patient data in the broker
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_track_started=False,
        task_default_queue=QUEUE,
        task_time_limit=hard_limit_s,
        task_soft_time_limit=max(1, hard_limit_s - 10),
        worker_max_tasks_per_child=None,
        # A child killed at the hard limit must have time to load the model again, or it is killed for ever.
        worker_proc_alive_timeout=600.0,
        broker_connection_retry_on_startup=True,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        broker_transport_options=_transport_options(broker_url, folder, hard_limit_s),
    )
    return app


def _transport_options(broker_url: str, folder: Path | None, hard_limit_s: int) -> dict[str, object]:
    if not broker_url.startswith("filesystem://"):
        # A message is redelivered only well after its task must have ended.
        return {
            "visibility_timeout": hard_limit_s * 2 + 60,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "max_retries": 0,
        }
    if folder is None:
        raise ValueError("the filesystem transport needs a folder")
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    messages = str(folder / "messages")
    return {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "control_folder": str(folder / "control"),
        "store_processed": False,
        "polling_interval": 0.1,
    }


class CeleryQueue:
    """Publishes job ids. One attempt, short time-outs: what is not published now is due again soon."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def publish(self, job_id: str) -> bool:
        """Whether the broker took the message; never raises, the database still knows the job."""
        try:
            self._app.send_task(TASK, args=(job_id, SCHEMA_VERSION), queue=QUEUE, retry=False)
        except (OperationalError, OSError) as error:
            log.warning("queue.unreachable", error=type(error).__name__)
            return False
        return True
