"""The house as in production: granian, strict settings, a database of its own; and what can happen to that database."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
"""Seconds within which a process must be up."""

FOUND = """
import django
django.setup()
from django.core.management import call_command
from django.db import connections
call_command("migrate", verbosity=0)
from tests.town import build
build()
connections.close_all()
"""


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """A PostgreSQL server of one's own (.ci/postgres), to be hurt."""

    folder: Path
    url: str

    @cached_property
    def programs(self) -> Path:
        """Where this server's pg_ctl and pgbench are; ask while it runs."""
        with self.superuser() as connection:
            row = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
            assert row is not None
            return Path(row[0])

    def superuser(self) -> "psycopg.Connection[Any]":
        """A connection that may do anything, in autocommit. The superuser's password is the ordinary role's."""
        parts = urlsplit(self.url)
        host = f"postgres:{parts.password}@{parts.hostname}:{parts.port}"
        return psycopg.connect(urlunsplit(parts._replace(scheme="postgresql", netloc=host)), autocommit=True)

    def stop(self) -> None:
        """The server is gone, as after a power cut."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """It comes back at the same address with what it promised to keep."""
        self._control("start", "-l", str(self.folder / "log"))

    def _control(self, *arguments: str) -> None:
        """pg_ctl, as the user to whom .ci/postgres gave the folder (PostgreSQL refuses root)."""
        owner = self.folder.stat()
        command = [str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w", *arguments]
        subprocess.run(command, check=True, cwd="/", user=owner.st_uid, group=owner.st_gid, stdout=subprocess.DEVNULL)


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    """Start a server, and stop it in any case."""
    folder = Path(tempfile.mkdtemp(prefix="ruqi-postgres.", dir="/tmp"))
    script = ["bash", str(ROOT / ".ci/postgres")]
    try:
        started = subprocess.run([*script, "start", str(folder)], check=True, stdout=subprocess.PIPE, text=True)
        server = Postgres(folder=folder, url=started.stdout.strip())
        assert server.programs
        yield server
    finally:
        subprocess.run([*script, "stop", str(folder)], check=True)


def found_town(database_url: str) -> None:
    """Migrate this database and found tests/town.py in it, in a process of its own."""
    subprocess.run(
        [sys.executable, "-c", FOUND],
        check=True,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": database_url},
    )


@contextmanager
def serving(
    database_url: str, *, log: Path, workers: int = 1, threads: int = 4, **environment: str
) -> Iterator[httpx.Client]:
    """Serve this database on 127.0.0.1 with production's settings, and hand out a client of it."""
    port = _free_port()
    base_url = f"http://127.0.0.1:{port}"
    process = _granian(
        port,
        log=log,
        workers=workers,
        threads=threads,
        environment={
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "RUQI_ENV": "production",
            "SECRET_KEY": "a secret that only this one process knows, for as long as it lives",
            "ALLOWED_HOSTS": "127.0.0.1",
            "PUBLIC_URL": base_url,
            "SECURE_SSL_REDIRECT": "no",
            "LOG_LEVEL": "WARNING",
            "DATABASE_URL": database_url,
            **environment,
        },
    )
    try:
        with httpx.Client(base_url=f"{base_url}/api/v1", timeout=30, trust_env=False) as client:
            _await(client, process, log)
            yield client
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _granian(
    port: int, *, log: Path, workers: int, threads: int, environment: dict[str, str]
) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--blocking-threads", str(threads), "project.wsgi:application"]
    with log.open("wb") as output:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )


def _await(client: httpx.Client, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until it answers at all. Raises RuntimeError with its last words if it ends instead."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.get("/openapi.json")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"granian is not up:\n{log.read_text(errors='replace')[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
