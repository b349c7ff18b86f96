"""The child ends with its parent, also where no kernel sees to that."""

import subprocess
import sys

PROGRAM = """
import os, sys, time
from tasks.worker_child import end_with_parent
parent = os.getpid()
if os.fork() == 0:
    end_with_parent(parent, every_s=0.05)
    print(os.getpid(), flush=True)
time.sleep(60)
"""


def test_a_process_ends_soon_after_its_parent_was_killed():
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:  # noqa: S603 - our own
        assert parent.stdout.readline().strip().isdigit()
        parent.kill()
        last_words = parent.stdout.read()  # until the child, which has the pipe too, is gone
    assert b"worker.orphaned" in last_words
