"""The demo's doors: where they are, and the processes behind them (a platform to report to, a worker, the server)."""

import os
import secrets
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from project.demo.certificate import lan_addresses, self_signed
from project.demo.crew import Crew, Fallen
from project.demo.ground import try_port

PLATFORM = "platform.sqlite3"
"""The receiver's own file."""
PATIENCE = 120.0
"""Seconds that a process gets to be up."""
EVERYWHERE = "0.0.0.0"  # noqa: S104 (on request only)


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where the server listens. `local`: for this machine; `public`: for phones, on electronic IDs and in the files.
    Certificate and key are those of HTTPS."""

    host: str
    port: int
    local: str
    public: str
    certificate: tuple[Path, Path] | None


def place(host: str | None, port: int, *, https: bool, folder: Path, at: datetime) -> Address:
    """Without a host: this machine only, or with HTTPS its whole network. Raises Occupied, OSError."""
    host = host or (EVERYWHERE if https else "127.0.0.1")
    try_port(host, port)
    everywhere = host in {EVERYWHERE, "::"}
    near = "127.0.0.1" if everywhere else host
    others = lan_addresses() if everywhere else []
    local, public = (
        f"{'https' if https else 'http'}://{f'[{one}]' if ':' in one else one}:{port}"
        for one in (near, *others[:1], near)[:2]
    )
    return Address(
        host=host,
        port=port,
        local=local,
        public=public,
        certificate=self_signed(folder=folder, addresses=[near, *others], at=at) if https else None,
    )


def open_doors(crew: Crew, address: Address, *, folder: Path, manage: Path, public_key: str) -> str:
    """Start receiver, worker and server, in this order, each when the one before is up; the receiver's address.

    `public_key`: of the letters, for the receiver. Raises Fallen if one of them is not up in time.
    """
    around = {
        **os.environ,
        "RUQI_ENV": "demo",
        "RUQI_STATE_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "PUBLIC_URL": address.public,
        "PLATFORM_TOKEN": secrets.token_urlsafe(24),
        "PLATFORM_PUBLIC_KEY": public_key,
    }
    python = sys.executable
    receiver = crew.start(
        "receiver",
        [python, str(manage), "receiver", "--port", "0", "--open-reads", "--state", str(folder / PLATFORM)],
        environment=around,
    )
    filings = str(crew.first_event(receiver, seconds=PATIENCE)["filings"])
    around["PLATFORM_URL"] = filings
    worker = crew.start("worker", [python, str(manage), "work"], environment=around)
    server = [python, "-m", "granian", "--interface", "wsgi", "--host", address.host, "--port", str(address.port)]
    server += ["--workers", "2", "--blocking-threads", "8", "--log-level", "warning"]
    server += ["--workers-kill-timeout", "5"]  # a worker told to stop while it starts may not hear it
    if address.certificate:
        certificate, key = address.certificate
        server += ["--ssl-certificate", str(certificate), "--ssl-keyfile", str(key)]
    member = crew.start("server", [*server, "project.wsgi:application"], environment=around)
    deadline = time.monotonic() + PATIENCE
    while not _answers(address.local):
        crew.check()
        if time.monotonic() > deadline:
            raise Fallen(member)
        time.sleep(0.1)
    crew.first_event(worker, seconds=PATIENCE)
    return filings.removesuffix("filings")


def _answers(url: str) -> bool:
    try:
        # a certificate that we made ourselves, a moment ago
        return httpx.get(f"{url}/", verify=False, timeout=10).status_code == 200  # noqa: S501
    except httpx.TransportError:
        return False
