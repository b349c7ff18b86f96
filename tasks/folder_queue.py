"""Celery's filesystem transport, made whole: a message appears at once or not at all, and a broken one stops nobody.

kombu's own opens a message file before it writes it, so that a reader can take it empty and die of it; it moves what it
reads through the system's temporary folder, which may not be writable; and it blocks, for which Celery takes a pool of
threads and one shared pipe, whose lock a child that is killed while it waits takes with it for ever.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any, Final

import structlog
from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

ALIAS: Final = "chartside-folder"
URL: Final = f"{ALIAS}://localhost"

log = structlog.get_logger(__name__)


class Channel(filesystem.Channel):  # type: ignore[misc]  # kombu is untyped
    """Messages as files, `<nanoseconds>_<uuid>.<queue>.msg`, as in kombu's own transport."""

    def _put(self, queue: str, payload: object, **_: Any) -> None:  # noqa: ANN401 - kombu's own signature
        path = Path(self.data_folder_out) / f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        part = path.with_suffix(".part")
        try:
            part.write_text(dumps(payload), encoding="utf-8")
            part.replace(path)
        except OSError as error:
            raise ChannelError(f"no message can be written to the queue's folder ({type(error).__name__})") from None

    def _get(self, queue: str) -> object:
        """The oldest message of the queue; files that hold none are logged and dropped, the database knows the job."""
        with suppress(FileNotFoundError):  # a folder that is gone holds no message; whoever publishes says so
            return self._first(queue)
        raise Empty

    def _first(self, queue: str) -> object:
        for path in sorted(Path(self.data_folder_in).iterdir()):
            if path.name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = _take(path)
            if taken is None:
                continue
            try:
                return loads(taken)
            except ValueError:
                log.warning("queue.unreadable")
        raise Empty


class Transport(filesystem.Transport):  # type: ignore[misc]  # kombu is untyped
    """The filesystem transport for Celery's event loop: the folder is looked into by its timer."""

    Channel = Channel
    implements = filesystem.Transport.implements.extend(asynchronous=True)

    def register_with_event_loop(self, _connection: object, loop: Any) -> None:  # noqa: ANN401 - kombu's Hub
        """Look for a message now and then; one at a time is all that a worker takes."""
        loop.call_repeatedly(self.polling_interval, self._look)

    def _look(self) -> None:
        with suppress(Empty):
            if self.channels:
                self.cycle.get(self._deliver)


def _take(path: Path) -> bytes | None:
    """The file's content, for one reader alone; None where another was faster."""
    mine = path.with_suffix(".taken")
    try:
        path.rename(mine)
        content = mine.read_bytes()
        mine.unlink()
    except OSError:
        return None
    return content


TRANSPORT_ALIASES[ALIAS] = f"{__name__}:Transport"  # kombu's own registry of URL schemes
