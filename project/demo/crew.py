"""The processes of the demo: started one after the other, watched, and stopped in the opposite order."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 15.0
"""Seconds that a process gets to end by itself before it is killed."""
LAST_LINES = 20
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A running process, whose output goes to `log`."""

    name: str
    log: Path
    process: "subprocess.Popen[bytes]"

    def last_words(self) -> str:
        """The end of what it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])


class Fallen(Exception):
    """A process ended, or did not begin as it should."""

    def __init__(self, member: Member) -> None:
        super().__init__(member.name)
        self.member = member


class Crew:
    """Started with `start` (in `home`), watched with `check`, sent home with `dismiss`."""

    def __init__(self, *, home: Path, logs: Path) -> None:
        self._home = home
        self._logs = logs
        self._members: list[Member] = []

    def start(self, name: str, command: Sequence[str], *, environment: Mapping[str, str]) -> Member:
        """Start one, in a session of its own: a Ctrl-C reaches it through us, in order."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 (our own commands)
                command,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        member = Member(name=name, log=log, process=process)
        self._members.append(member)
        return member

    def check(self) -> None:
        """Raises Fallen if one has ended."""
        for member in self._members:
            if member.process.poll() is not None:
                raise Fallen(member)

    def first_event(self, member: Member, *, seconds: float) -> dict[str, Any]:
        """The first JSON line that it writes. Raises Fallen if none comes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in member.log.read_bytes().splitlines(keepends=True):
                if line.startswith(b"{") and line.endswith(b"\n"):
                    return dict(json.loads(line))
            self.check()
            time.sleep(0.05)
        raise Fallen(member)

    def dismiss(self) -> None:
        """Stop all, the latest first, and wait until they have ended."""
        while self._members:
            process = self._members.pop().process
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the children that it left behind, if any


def _end_with_parent() -> None:
    """Runs in the child: if we are killed without a chance to say goodbye, the kernel says it for us."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
