"""Photos are read in processes of their own: a poisoned file ends one of those, and no request but its own.

Not concurrent.futures: its pool breaks for everybody when one process dies, and it cannot end one that hangs.
"""

import atexit
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.problem import Problem
from enterprises.decoding_worker import receive, send
from enterprises.picture import format_of
from enterprises.policy import PhotoPolicy

logger = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parent.parent
LARGEST_ANSWER = 1 << 26
JOBS = 500  # photos after which a process makes room for a fresh one: libraries leak


class PhotoType(Problem):
    code, status, title = "photo-type-unsupported", 415, _("照片须为 JPEG、PNG、WebP 或 HEIC")


class PhotoRefused(Problem):
    """`reason`: size (sides 40 to 12,000 pixels, 50 megapixels at most), unreadable, or costly."""

    code, status, title = "photo-refused", 422, _("照片无法打开")


class DecoderBusy(Problem):
    """Nothing was stored; the phone sends it again."""

    code, status, title = "decoder-busy", 503, _("识读繁忙，请稍后重试")


_REASONS = {
    "size": _("照片边长须为 40 至 12000 像素，且不超过五千万像素"),
    "unreadable": _("照片已损坏，无法打开"),
    "costly": _("打开该照片所需的运算过多"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A photo that was opened: the text on it (None: none could be read), and the copy to keep (JPEG, no EXIF)."""

    text: str | None
    attempt: str
    content_type: str
    width: int
    height: int
    copy: bytes


class _Worker:
    """One reading process and our end of its socket."""

    def __init__(self, *, memory: int) -> None:
        self.jobs = 0
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 (our own module)
                [
                    sys.executable,
                    "-c",
                    f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
                    "from enterprises.decoding_worker import main; main()",
                    str(theirs.fileno()),
                    str(memory),
                ],
                pass_fds=[theirs.fileno()],
                cwd="/",
                # None of our environment: it holds the database's password.
                env={"PATH": os.environ.get("PATH", os.defpath), "MALLOC_ARENA_MAX": "2"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def ask(self, order: dict[str, Any], photo: bytes, *, patience: float) -> tuple[dict[str, Any], bytes]:
        """Raises EOFError or OSError when the process is gone, TimeoutError when it has not answered in time."""
        self.jobs += 1
        self.channel.settimeout(patience)
        send(self.channel, order, photo)
        return receive(self.channel, largest=LARGEST_ANSWER)

    def end(self) -> int:
        """End it and take its exit status, so that no zombie stays."""
        self.channel.close()
        self.process.kill()
        return self.process.wait()


class Pool:
    """At most `at_once` reading processes, started when first needed; any number of threads may ask."""

    def __init__(self, policy: PhotoPolicy) -> None:
        self.policy = policy
        self.pid = os.getpid()
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._seats = threading.BoundedSemaphore(policy.at_once)
        self._doorway = threading.BoundedSemaphore(policy.at_once + policy.waiting)

    def take(self, photo: bytes, *, read: bool) -> Taken:
        """Open this photo, read it if asked to, and make its copy.

        Raises PhotoType, PhotoRefused, DecoderBusy (all are reading, and enough are waiting already).
        """
        if format_of(photo) is None:
            raise PhotoType
        if not self._doorway.acquire(blocking=False):
            raise DecoderBusy
        try:
            if not self._seats.acquire(timeout=self.policy.longest_wait.total_seconds()):
                raise DecoderBusy
            try:
                header, copy = self._ask(photo, read=read)
            finally:
                self._seats.release()
        finally:
            self._doorway.release()
        return _taken(header, copy)

    def _ask(self, photo: bytes, *, read: bool) -> tuple[dict[str, Any], bytes]:
        order = {
            "decoders": self.policy.decoders,
            "budget": self.policy.budget.total_seconds(),
            "cpu_limit": self.policy.cpu_limit.total_seconds(),
            "copy_edge": self.policy.copy_edge,
            "read": read,
        }
        for again in (False, True):
            worker = self._worker()
            try:
                header, copy = worker.ask(order, photo, patience=self.policy.patience.total_seconds())
            except TimeoutError:
                worker.end()
                raise DecoderBusy from None
            except (EOFError, ValueError, OSError):
                status = worker.end()
                if status == -signal.SIGKILL and not again:
                    continue  # somebody else ended it, an operator or the kernel short of memory: not the photo's doing
                return _fate(status), b""
            self._keep(worker, fit=worker.jobs < JOBS and header.get("refused") != "memory")
            return header, copy
        raise AssertionError("unreachable")

    def _worker(self) -> _Worker:
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return _Worker(memory=self.policy.memory)
            if worker.process.poll() is None:
                return worker
            worker.end()

    def _keep(self, worker: _Worker, *, fit: bool) -> None:
        if not fit:
            worker.end()
            return
        with self._lock:
            self._idle.append(worker)

    def close(self) -> None:
        """End the idle processes; those at work end with their photo, because nobody listens any more.

        In a process forked from ours this does nothing: the children are not its own.
        """
        if self.pid != os.getpid():
            return
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()


def _fate(status: int) -> dict[str, Any]:
    """What a process's end says of its photo. Raises DecoderBusy where it says nothing of it."""
    if status > 0:
        logger.error("the reading process ended by itself, status %s", status)
        raise DecoderBusy
    # SIGPROF is our CPU limit, anything else a crash in a library.
    return {"refused": "costly" if status == -signal.SIGPROF else "unreadable"}


def _taken(header: dict[str, Any], copy: bytes) -> Taken:
    if "error" in header:
        logger.error("a photo could not be handled: %s", header["error"])
    refused = header.get("refused")
    if refused == "type":
        raise PhotoType
    if refused is not None:
        reason = "costly" if refused == "memory" else str(refused)
        raise PhotoRefused(str(_REASONS.get(reason, "")), reason=reason)
    return Taken(
        text=header["text"],
        attempt=header["attempt"],
        content_type=header["content_type"],
        width=header["width"],
        height=header["height"],
        copy=copy,
    )


_pools: dict[PhotoPolicy, Pool] = {}
_founding = threading.Lock()


def pool(policy: PhotoPolicy) -> Pool:
    """This process's pool under that policy: founded when first asked for, closed at exit.

    A process forked after that founds its own: sockets and children belong to the parent.
    """
    with _founding:
        found = _pools.get(policy)
        if found is None or found.pid != os.getpid():
            found = _pools[policy] = Pool(policy)
            atexit.register(found.close)
        return found
