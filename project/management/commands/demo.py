"""`manage.py demo`: a whole city to try the system on, with its platform, worker and server, until Ctrl-C."""

import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from audit.actor import Actor
from audit.webhook import public_text
from officers.services.rotate_keys import ensure_key
from project.demo import ground, welcome
from project.demo.arrived import hand_over
from project.demo.crew import Crew, Fallen
from project.demo.doors import with_doors
from project.demo.handout import CREDENTIALS, Handout, credentials, keep, read, write
from project.demo.load import Policies, load, loaded
from project.demo.opening import PLATFORM, Address, open_doors, place
from project.demo.samples import FILE, Samples, choose, enterprises_told
from project.demo.world import world


class Command(BaseCommand):
    help = "Opens a house with invented enterprises and officers (RUQI_ENV=demo only); ends on Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", help="where to listen: 127.0.0.1, with --https 0.0.0.0")
        parser.add_argument("--https", action="store_true", help="a self-signed address for phones on the same network")
        parser.add_argument("--fresh", action="store_true", help="forget the last demo and load anew")
        parser.add_argument("--enterprises", type=int, default=2000, help="how many to load (2000)")

    def handle(
        self, *args: Any, port: int, host: str | None, https: bool, fresh: bool, enterprises: int, **options: Any
    ) -> None:
        if not settings.DEMO:
            raise CommandError(_("只在示范环境运行：请用 make demo，或设置 RUQI_ENV=demo"))
        if not (1 <= port <= 65535 and 1 <= enterprises <= 100_000):
            raise CommandError("--port: 1 … 65535; --enterprises: 1 … 100000")
        folder: Path = settings.STATE_DIR
        crew = Crew(home=settings.BASE_DIR, logs=folder)
        try:
            with _interruptible(), ground.folder_of_ours(folder):
                try:
                    address = place(host, port, https=https, folder=folder, at=timezone.now())
                    handed = self._city(enterprises, fresh=fresh)
                    ensure_key(policy=settings.ISSUER_POLICY, actor=Actor.command("demo"), at=timezone.now())
                    chosen, door = self._tell_files(handed, address)
                    platform = open_doors(
                        crew,
                        address,
                        folder=folder,
                        manage=settings.BASE_DIR / "manage.py",
                        public_key=public_text(keys.filing_key()) if (keys := settings.LOG.keys) else "",
                    )
                    self._welcome(handed, chosen, door=door, address=address, platform=platform)
                    while True:
                        crew.check()
                        time.sleep(0.5)
                finally:
                    crew.dismiss()
        except ground.Occupied as there:
            raise CommandError(_occupied(str(there), port=port)) from None
        except OSError as error:
            raise CommandError(f"{host or ''}:{port}: {error.strerror or error}") from error
        except Fallen as fallen:
            sentence = _("进程 %(name)s 停了，示范已全部关闭。它最后说的是（全文在 %(log)s）：\n%(words)s")
            member = fallen.member
            words = {"name": member.name, "log": member.log, "words": member.last_words()}
            raise CommandError(sentence % words) from None
        except KeyboardInterrupt:
            self.stdout.write(_("已全部关闭。再次运行 make demo 会接着用这份数据。"))

    def _city(self, enterprises: int, *, fresh: bool) -> Handout:
        """The database with the city in it, loaded now or before."""
        folder: Path = settings.STATE_DIR
        if ground.foreign():
            raise CommandError(_("这个数据库里已有别的数据，示范不会动它。请换一个空数据库"))
        if fresh:
            ground.clear()
            for path in folder.glob(f"{PLATFORM}*"):
                path.unlink()
        self.stdout.write(_("准备数据库……"))
        self.stdout.flush()
        call_command("migrate", verbosity=0, interactive=False)
        if loaded():
            handed = read(folder)
            if handed is None:
                raise CommandError(_("找不到上次的令牌文件（%s）。请用 --fresh 重新装载") % folder)
            self.stdout.write(_("沿用已装载的示范数据（重新装载：make demo ARGS=--fresh）"))
            return handed
        with _progress() as tell:
            with transaction.atomic():
                handed = load(
                    world(today=timezone.localdate(), enterprises=enterprises),
                    today=timezone.localdate(),
                    at=timezone.now(),
                    policies=Policies(
                        checkin=settings.CHECKIN_POLICY,
                        officer=settings.OFFICER_POLICY,
                        annual_cap=settings.AUDIT_POLICY.annual_cap,
                        match=settings.MATCH_POLICY,
                        totp_issuer=settings.TOTP_ISSUER,
                        ladders=settings.CASE_LADDERS,
                    ),
                    tell=tell,
                )
                keep(handed, folder=folder)  # tokens are told once: no city in the database without them
            hand_over(platform=folder / PLATFORM, source=settings.AUDIT_POLICY.source, at=timezone.now(), tell=tell)
        return handed

    def _tell_files(self, handed: Handout, address: Address) -> tuple[Samples, str]:
        """What may be tried, and the address of the first enterprise's own page."""
        folder: Path = settings.STATE_DIR
        chosen = choose(handed, at=timezone.now(), cap=settings.AUDIT_POLICY.annual_cap)
        told = credentials(
            handed,
            base_url=address.public,
            enterprises=with_doors(
                enterprises_told(chosen), base_url=address.public, keys=settings.DOOR_KEYS, at=timezone.now()
            ),
            first=[door.certificate_no for door in chosen.doors],
        )
        write(folder / FILE, chosen.told())
        write(folder / CREDENTIALS, told)
        connections.close_all()
        return chosen, str(told["enterprises"][0]["door"])

    def _welcome(self, handed: Handout, chosen: Samples, *, door: str, address: Address, platform: str) -> None:
        line = welcome.curl(
            chosen, base_url=address.public, certificate=address.certificate[0] if address.certificate else None
        )
        for one in welcome.lines(
            handed,
            base_url=address.public,
            local_url=address.local,
            platform=platform,
            folder=settings.STATE_DIR,
            line=line,
            door=door,
        ):
            self.stdout.write(one)
        self.stdout.flush()


def _occupied(what: str, *, port: int) -> str:
    if what == str(port):
        return _("端口 %(port)s 已被占用。换一个：make demo PORT=%(other)s") % {
            "port": port,
            "other": 8001 if port == 8000 else 8000,
        }
    return _("另一个示范正在使用 %s；先结束它，或用 RUQI_STATE_DIR 另指一个文件夹") % what


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP end it as Ctrl-C does; while the processes are being stopped none of them counts."""

    def interrupt(*_frame: Any) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar for each thing that is being done."""
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()) as bars:
        rows: dict[str, Any] = {}

        def tell(sentence: str, share: float) -> None:
            if sentence not in rows:
                for row in rows.values():
                    bars.update(row, completed=1.0)
                    bars.stop_task(row)
                rows[sentence] = bars.add_task(sentence, total=1.0)
            bars.update(rows[sentence], completed=share)

        yield tell
        for row in rows.values():
            bars.update(row, completed=1.0)
