"""The walls around a decoding process: memory, time, files, processes, network, user (T9).

Limits must hold, else there is no decoding. The rest is put up where the kernel lets us, and reported as it is.
"""

from __future__ import annotations

import ctypes
import os
import resource
from dataclasses import dataclass

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS = 38
_NOBODY = 65534


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeLimits:
    """What one decoding process may use."""

    memory_bytes: int = 2 << 30  # address space
    cpu_s: int = 600  # over the process's whole life
    open_files: int = 32
    timeout_s: float = 20.0  # by the clock, for one file, waiting for a free process included
    start_s: float = 30.0  # by the clock, to import the codecs
    uses: int = 50  # then the process is replaced, so that nothing stays in it for ever

    def __post_init__(self) -> None:
        """Refuse what would be no limit: the kernel takes -1 for "without end"."""
        if min(self.memory_bytes, self.cpu_s, self.open_files, self.timeout_s, self.start_s, self.uses) <= 0:
            raise ValueError("a limit is more than nothing")


def raise_walls(limits: DecodeLimits) -> tuple[str, ...]:
    """Put up every wall around this process, for good, and say which hold. Raises OSError or ValueError for limits."""
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),  # a core file would hold pixels
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(kind, (most, most))
    holds = ["memory", "cpu time", "open files", "no file written"]
    libc = ctypes.CDLL(None, use_errno=True)
    if _leave_network(libc):
        holds.append("no network")
    if _leave_root():
        holds.append("not root")
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        holds.append("no new privileges")
    if not _can_fork():
        holds.append("no new process")
    return tuple(holds)


def _leave_network(libc: ctypes.CDLL) -> bool:
    """Move into an empty network namespace: at once with CAP_SYS_ADMIN, else inside a user namespace of our own."""
    if not hasattr(libc, "unshare"):
        return False
    return any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def _leave_root() -> bool:
    """Become nobody, where we were root; RLIMIT_NPROC does not bind root."""
    if os.geteuid() != 0:
        return True
    try:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    except OSError:
        return False
    return True


def _can_fork() -> bool:
    """Whether this process can still make another: tried, because a limit that root ignores proves nothing."""
    try:
        child = os.fork()
    except OSError:
        return False
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True
