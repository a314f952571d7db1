"""How long does a page that previews and takes a file keep every other writer waiting on SQLite, which has one?

    python -m bench.preview

The most lines that a page takes: agencies, then enterprises with their places, each file new and then with every line
changed. Another process asks for the writer all the while, without pause; its longest wait is what a scan would wait.
Exits 1 above 10 s: half of what a writer waits before it gives up (project/databases.py).
"""

import csv
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.registry import HEADINGS, fresh, rows

SECONDS = 10.0
PROBE = """
import sqlite3, sys, time
from pathlib import Path
writer, longest = sqlite3.connect(sys.argv[1], timeout=300, isolation_level=None), 0.0
print("asking", flush=True)
while not Path(sys.argv[2]).exists():
    began = time.perf_counter()
    writer.execute("BEGIN IMMEDIATE")
    longest = max(longest, time.perf_counter() - began)
    writer.execute("ROLLBACK")
    time.sleep(0.005)
print(longest)
"""


def file_of(head: Sequence[str], lines: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *lines])
    return out.getvalue().encode()


def agencies(count: int, name: str) -> bytes:
    """A tree of one root."""
    head = ["单位代码", "单位名称", "上级单位代码", "地区代码", "层级", "监督机关代码"]
    root = "130502-A0"
    lines = [[f"130502-A{one}", f"{name}{one}", root if one else "", "130502", "县区级", root] for one in range(count)]
    return file_of(head, lines)


def enterprises(count: int, name: str) -> bytes:
    lines = [[code, f"{name}{old}", *rest[:4], f"{rest[4]}{name}", *rest[5:]] for code, old, *rest in rows(count)]
    return file_of(HEADINGS, lines)


def waited(database: str, deed: Callable[[], Any]) -> tuple[Any, float]:
    """What the deed gave, and how long another writer waited beside it (s)."""
    with tempfile.TemporaryDirectory() as folder:
        over = Path(folder, "over")
        with subprocess.Popen(
            [sys.executable, "-c", PROBE, database, over], stdout=subprocess.PIPE, text=True
        ) as probe:
            assert probe.stdout is not None
            probe.stdout.readline()
            try:
                found = deed()
            finally:
                over.touch()
            return found, float(probe.stdout.readline())


def bring(database: str) -> float:
    """Each file shown, then taken; the longest wait of all (s)."""
    from django.conf import settings
    from django.contrib.admin.sites import all_sites
    from django.utils import timezone

    from audit.actor import Actor
    from audit.auth import Sight
    from audit.duties import Reach
    from audit.services.preview_import import preview_import
    from audit.services.take_import import take_import
    from enterprises.models import Enterprise
    from officers.models import Agency

    sight = Sight(actor=Actor.command("bench"), role="system_admin", reach=Reach.ALL, region_prefix="", agency_code="")
    told: dict[str, Any] = {"policy": settings.IMPORT_POLICY, "actor": sight.actor}
    desks: dict[Any, Any] = {model: desk for site in all_sites for model, desk in site._registry.items()}
    longest = 0.0
    for model, written in ((Agency, agencies), (Enterprise, enterprises)):
        register = desks[model].register_of(sight)
        lines = register.most_lines(settings.IMPORT_POLICY)
        for name in ("旧", "新"):
            words = {**told, "name": "file.csv", "content": written(lines, name), "reason": "bench"}
            cpu = time.process_time()
            kept, preview = waited(database, partial(preview_import, register, at=timezone.now(), **words))
            first = time.process_time() - cpu
            words = {**told, "key": kept.pk, "leaving_confirmed": True}
            _taken, take = waited(database, partial(take_import, register, at=timezone.now(), **words))
            second = time.process_time() - cpu - first
            found = kept.foreseen
            print(
                f"{register.label}: {found['news']} new, {found['changes']} changed, {found['bad_lines']} refused of "
                f"{lines}; another writer waited {preview:.1f} s (CPU {first:.1f}) for the preview, "
                f"{take:.1f} s (CPU {second:.1f}) for the taking; load {os.getloadavg()[0]:.1f}"
            )
            longest = max(longest, preview, take)
    return longest


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ruqi-bench-") as folder, fresh("sqlite", "", Path(folder)) as url:
        os.environ |= {"RUQI_ENV": "test", "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "project.settings"}
        import django

        django.setup()
        import project.urls  # noqa: F401  # registers the desks

        sys.exit(bring(url.removeprefix("sqlite:///")) > SECONDS)


if __name__ == "__main__":
    main()
