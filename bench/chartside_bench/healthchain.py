"""The PyPI package healthchain's own scaffold, with its audit log: what a newcomer has after its three commands.

Its pins contradict ours, so it lives in an environment of its own, under .chartside/bench. The scaffold is made and
served by its own command, unchanged: its service parses the request and answers a constant card, and its audit log,
which the scaffold's configuration turns on, writes one line for each request.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from chartside_bench.load import LoadFailed
from chartside_bench.serving import Server, free_port, serving

PACKAGE: Final = "healthchain==0.16.1"
PATH: Final = "/cds/cds-services/my-service"
MARK: Final = b"HealthChain CDS"
# What uvicorn uses where it finds them, and Chartside has: a newcomer to healthchain has neither.
_FASTER: Final = ("uvloop", "httptools")
_CACHE: Final = Path(".chartside") / "bench"
_INSTALL_S: Final = 600.0


class NotInstalled(Exception):
    """The package could not be installed; what is measured against it must be left out, and said to be."""


def install(*, is_faster: bool = False, folder: Path = _CACHE, tell: Callable[[str], object] = print) -> Path:
    """The environment that holds the package, made once and kept; `is_faster` with uvicorn's faster loop and parser.

    Raises NotInstalled where the registry cannot be reached, or does not have it.
    """
    home = (folder / f"{PACKAGE.replace('==', '-')}{'-faster' if is_faster else ''}").absolute()
    if (home / "complete").exists():
        return home
    tell(f"Installing {PACKAGE} into {home.name}, an environment of its own; a minute or two, once.")
    shutil.rmtree(home, ignore_errors=True)
    venv.create(home, with_pip=True)
    packages = (PACKAGE, *(_FASTER if is_faster else ()))
    command = (str(home / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check")
    try:
        subprocess.run((*command, *packages), check=True, timeout=_INSTALL_S, stdout=sys.stderr)  # noqa: S603
    except (subprocess.SubprocessError, OSError) as error:
        raise NotInstalled(f"{PACKAGE} could not be installed ({type(error).__name__}): it is left out") from error
    (home / "complete").touch()
    return home


@contextmanager
def scaffold(home: Path, folder: Path) -> Iterator[Server]:
    """The scaffold, made in `folder` and served by its own command, until the block ends."""
    python = home / "bin" / "python"
    _run((str(python.parent / "healthchain"), "new", "scaffold", "-t", "cds-hooks"), folder)
    port = free_port()
    # `healthchain serve` starts this very command, but as a child, whose CPU time could not be read.
    command = (str(python), "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port))
    with serving(command, port=port, folder=folder / "scaffold", shows_errors=False) as server:
        yield server


def audit_lines(folder: Path) -> int:
    """How many lines the scaffold's audit log holds."""
    with (folder / "scaffold" / "logs" / "audit.jsonl").open("rb") as log:
        return sum(1 for _ in log)


def _run(command: Sequence[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)  # noqa: S603
    except (subprocess.SubprocessError, OSError) as error:
        raise LoadFailed(f"healthchain's scaffold could not be made ({type(error).__name__})") from error
