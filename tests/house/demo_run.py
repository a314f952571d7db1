"""A real `manage.py demo`, as a newcomer runs it: a process of its own, a folder of its own, a free port."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

UP = "按 Ctrl-C 结束"
PATIENCE = 150.0
CREW = {"manage.py receiver": "receiver", "manage.py work": "worker", "-m granian": "server"}
"""What is in their command lines. A child that is still to become its program has the demo's own."""


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def environment(folder: Path) -> dict[str, str]:
    """The newcomer's shell; a test's own database is none of the demo's business."""
    mine = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    return mine | {"RUQI_ENV": "demo", "RUQI_STATE_DIR": str(folder), "COLUMNS": "400"}


def command(*options: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo", "--enterprises", "60", *options]


@dataclass
class Demo:
    """One demo. `said`: all that it has printed."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text(errors="replace")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        """Returns when it says that its doors are open. One at a time: what was started is stopped first."""
        self._launch(*options)
        self._await(lambda: UP in self.said)

    def start_crew(self) -> dict[str, int]:
        """Returns as soon as its three processes are there, whether or not they are up, with their ids."""
        self._launch()
        self._await(lambda: len(self.children()) == 3)
        return self.children()

    def _launch(self, *options: str) -> None:
        if self.process is not None:
            self.stop()
        with (self.folder / "said").open("wb") as said:
            self.process = subprocess.Popen(
                command("--port", str(self.port), *options),
                env=environment(self.folder),
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def _await(self, true: Callable[[], bool]) -> None:
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)

    def stop(self, how: int = signal.SIGINT) -> int:
        """Ask it to end; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        assert self.process is not None
        return self.process.wait(60)

    def children(self) -> dict[str, int]:
        """receiver, worker and server → process id."""
        assert self.process is not None
        found: dict[str, int] = {}
        for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            with suppress(FileNotFoundError):  # it has ended meanwhile
                line = Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\x00", " ")
                found |= {name: int(pid) for words, name in CREW.items() if words in line}
        return found

    def printed_line(self) -> str:
        """The curl line, as printed."""
        found = re.search(r"^curl .*$", self.said, re.MULTILINE)
        assert found, self.said
        return found.group()

    def platform(self) -> str:
        found = re.search(r"监督平台（示范接收端）：(\S+)", self.said)
        assert found, self.said
        return found.group(1)
