"""A process that has everything imported and forks workers that can be killed with -9: starting one costs no second."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent


class Zygote:
    """`fork()` starts one more `manage.py work` with these options and answers its process id."""

    def __init__(self, options: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench._zygote", *options],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_why: object) -> None:
        self._process.communicate("")

    def fork(self) -> int:
        return int(self._ask("fork"))

    def end(self, worker: int, number: signal.Signals) -> int:
        """Send the signal; the worker's exit code, or minus the signal that ended it."""
        return int(self._ask(f"{number} {worker}"))

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


def main(options: Sequence[str]) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    import project.management.commands.work  # noqa: F401  (imported before, so that no child has to)

    for line in sys.stdin:
        if line == "fork\n":
            child = os.fork()
            if child == 0:
                sink = os.open(os.devnull, os.O_WRONLY)
                os.dup2(sink, 1)
                code = 1
                try:
                    call_command("work", *options)
                    code = 0
                finally:
                    os._exit(code)
            print(child, flush=True)
        else:
            number, worker = map(int, line.split())
            os.kill(worker, number)
            _pid, status = os.waitpid(worker, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
