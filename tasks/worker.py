"""The worker process: a Celery parent that keeps the time, and one prefork child that owns the model."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import setup_logging, worker_process_init, worker_process_shutdown

from ledger.keys import find_keys
from tasks.celery_app import TASK, make_celery
from tasks.errors import EngineUnusable
from tasks.worker_child import Child
from tasks.worker_parts import sources_for
from tasks.worker_plan import SourcePlan, WorkerPlan

__all__ = ["SourcePlan", "WorkerPlan", "build_worker", "run_worker", "sources_for"]


def build_worker(plan: WorkerPlan) -> tuple[Celery, Child]:
    """The Celery application with its one task; nothing is opened before the child starts."""
    app = make_celery(
        plan.broker_url,
        folder=plan.broker_folder,
        hard_limit_s=plan.hard_limit_s,
        soft_limit_s=plan.soft_limit_s,
        child_start_s=plan.child_start_s,
    )
    child = Child(plan, app)
    app.task(child.run, name=TASK, ignore_result=True)
    app.finalize()
    for name in [name for name in app.tasks if name != TASK]:
        app.tasks.unregister(name)  # T17: Celery's own (map, chain …) would run what a forged message says
    return app, child


def run_worker(plan: WorkerPlan) -> None:
    """Serve jobs until told to stop; a job in hand is finished first. Logging is as the caller has set it up.

    Raises KeyMissing before anything starts, and EngineUnusable where the child could not go on (its log says why).
    """
    find_keys(plan.key_file, plan.key_command, data_dir=plan.data_dir)
    app, child = build_worker(plan)
    # Weak references would let the bound methods be collected before a child starts.
    worker_process_init.connect(child.start, weak=False)
    worker_process_shutdown.connect(child.stop, weak=False)
    # A receiver keeps Celery from setting up logging of its own; at INFO the HTTP client would log patients' ids.
    setup_logging.connect(_leave_logging, weak=False)
    # Prefork with one process a GPU: it keeps the hard time limit, solo would not.
    worker = app.Worker(
        hostname=f"chartside-{os.getpid()}", pool="prefork", concurrency=1, optimization="fair",
        without_gossip=True, without_mingle=True, without_heartbeat=True, quiet=True,
    )  # fmt: skip
    worker.start()
    if child.is_unusable.is_set():
        raise EngineUnusable("the worker has stopped: its engine cannot be used; see worker.unusable in its log")


def _leave_logging(**_: object) -> None:
    """Celery finds logging set up."""
