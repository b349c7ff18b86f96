"""Engines for the kill tests, loaded in a worker's child: their answers come slowly, or never, or with a death."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path

import orjson
from celery.exceptions import SoftTimeLimitExceeded

from chartside_sandbox.samples import COMPLETIONS
from tasks.engine import Completion, StopReason
from tasks.engines.scripted import Scripted as ScriptedEngine
from tasks.prompt import Prompt
from tasks.summary import ModelVersion


class Quick:
    """Says of each chart that it holds the first problem, which it cites."""

    budget = 32_000
    version = ModelVersion(name="scripted", revision="1", digest="0" * 64, engine="scripted", engine_version="1")

    def __init__(self, *, marks: str) -> None:
        self._marks = Path(marks)

    def generate(self, prompt: Prompt) -> Completion:
        self.suffer(prompt)
        refs = [entry_id for entry_id in prompt.entry_ids if prompt.references[entry_id].startswith("Condition/")][:1]
        answer = {"statements": [{"kind": "problem", "text": "Type 2 diabetes is active.", "refs": refs}]}
        text = orjson.dumps(answer).decode()
        return Completion(text=text, stop_reason=StopReason.END, prompt_tokens=1, completion_tokens=1)

    def suffer(self, prompt: Prompt) -> None:
        """What makes each of them special."""

    def mark(self, name: str) -> bool:
        """Leave this process' id under a name; False where it lies there already."""
        path = self._marks / name
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(str(os.getpid()))
        try:
            path.hardlink_to(part)
        except FileExistsError:
            return False
        finally:
            part.unlink()
        return True


class SlowFirst(Quick):
    """Sleeps over its first job, in whatever process; the mark "working" has the process id."""

    def __init__(self, *, marks: str, first_s: float = 60, load_s: float = 0) -> None:
        super().__init__(marks=marks)
        time.sleep(load_s)
        self._first_s = first_s

    def suffer(self, prompt: Prompt) -> None:
        if self.mark("working"):
            time.sleep(self._first_s)


class Poison(Quick):
    """Kills its own process over the chart of "poison"."""

    def suffer(self, prompt: Prompt) -> None:
        if prompt.patient_id == "poison":
            os.kill(os.getpid(), signal.SIGKILL)


class Hung(Quick):
    """Hangs over the chart of "hung", and does not listen to the soft limit."""

    def suffer(self, prompt: Prompt) -> None:
        while prompt.patient_id == "hung":
            try:
                time.sleep(60)
            except SoftTimeLimitExceeded:
                self.mark("asked-to-end")


class Endless(Quick):
    """Takes too long over the chart of "endless", and ends when it is asked to."""

    def suffer(self, prompt: Prompt) -> None:
        if prompt.patient_id == "endless":
            time.sleep(60)


class Gripping(Quick):
    """Sleeps with the interpreter's lock held, as a hung extension does: no thread of its process can do anything."""

    def suffer(self, prompt: Prompt) -> None:
        if self.mark("working"):
            ctypes.PyDLL(None).sleep(60)


class Missing(Quick):
    """Cannot be loaded, with a text that must not get out."""

    def __init__(self, *, marks: str) -> None:
        raise RuntimeError("canary Jane Roe")


def Scripted(*, marks: str) -> ScriptedEngine:  # noqa: N802 - named as the engine that it makes
    """The sample charts' completions, written by hand."""
    return ScriptedEngine(COMPLETIONS)
