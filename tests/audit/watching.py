"""A witness in a process of its own, as another agency runs it: without Django and without our database."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from audit import watcher
from audit.log_keys import LogKeys
from audit.merkle import consistency_proof, root_of
from audit.note import Head, Verifier, signed
from tests.audit.platforms import ROOT, end

NAME = "jianzheng.xingtai.example"


@dataclass
class Watcher:
    """The witness's folder; `running` starts it on what stands in there."""

    folder: Path
    logs: list[str]
    vkey: str = ""
    url: str = ""
    process: "subprocess.Popen[str] | None" = None

    @property
    def verifier(self) -> Verifier:
        return Verifier.of(self.vkey)

    def configure(self) -> Path:
        config = self.folder / "witness.toml"
        config.write_text(
            f'name = "{NAME}"\nkey = "witness.pem"\nstate = "witness.sqlite3"\n'
            f"port = 0\nlogs = {json.dumps(self.logs)}\n"
        )
        return config

    def command(self, *options: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "audit.witness_server", str(self.configure()), *options],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def post(self, content: bytes) -> httpx.Response:
        return httpx.post(f"{self.url}/add-checkpoint", content=content, trust_env=False)

    def kill(self) -> None:
        if self.process is not None:
            end(self.process, signal.SIGKILL)

    def start(self) -> None:
        process = self.process = self.command()
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise AssertionError(process.communicate()[1])
        told = json.loads(line)
        self.url, self.vkey = told["url"], told["vkey"]

    def restart_empty(self) -> None:
        """Begin with nothing seen. A running one only forgets: that a witness never does, and saves a test a second."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        with closing(sqlite3.connect(self.folder / "witness.sqlite3", timeout=20)) as state, state:
            state.execute("DELETE FROM seen")

    def as_named(self, name: str) -> watcher.Watcher:
        """As the house's settings name it."""
        return watcher.Watcher(name=name, verifier=self.verifier, url=self.url)


@contextmanager
def watching(folder: Path, *logs: Verifier) -> Iterator[Watcher]:
    """The witness of these logs' keys, on a free port, with a key that it makes if it has none."""
    one = Watcher(folder, [log.vkey() for log in logs])
    if not (folder / "witness.pem").exists():
        made = one.command("--make-key")
        with made:
            assert made.wait(20) == 0
    try:
        one.start()
        yield one
    finally:
        one.kill()


@dataclass
class Book:
    """A log without a database: its leaves, from which every head and proof is computed."""

    origin: str
    keys: LogKeys
    leaves: list[bytes] = field(default_factory=list)

    @property
    def verifiers(self) -> list[Verifier]:
        return [key.verifier for key in self.keys.note_keys(self.origin)]

    def grow(self, count: int, *, by: int = 1) -> None:
        first = len(self.leaves)
        self.leaves += [bytes([by]) * 28 + number.to_bytes(4) for number in range(first, first + count)]

    def note(self, size: int | None = None) -> str:
        leaves = self.leaves[:size]
        text = Head(self.origin, len(leaves), root_of(leaves)).text()
        return str(signed(text, keys=self.keys.note_keys(self.origin)))

    def proof(self, old: int, size: int | None = None) -> list[bytes]:
        leaves = self.leaves[:size]
        if not old:
            return []

        def read(level: int, index: int) -> bytes:
            return root_of(leaves[index << level : (index + 1) << level])

        return consistency_proof(old, len(leaves), read=read)
