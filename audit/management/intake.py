"""The door through which files come into a register: what the import commands have in common."""

import csv
import gc
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from audit.intake import Chunk, Intake, Outcome, Refused
from audit.register import Column
from audit.sheet import Sheet, UnreadableSheet

CHUNK = 1_000
SHOWN = 20
ROWS_REFUSED, NOTHING_DONE, TOO_MANY_DEACTIVATED = 1, 2, 3
FORMULA = ("=", "+", "-", "@", "\t")


class IntakeCommand(BaseCommand):
    """Reads a CSV or spreadsheet into a register, in chunks of 1,000 lines, each chunk one transaction.

    Exit codes: 0 every row was taken; 1 some were refused, all others taken; 2 nothing was done (the file cannot be
    read, or its headings not found); 3 nothing was done, because too many rows would leave service.
    """

    columns: ClassVar[tuple[Column, ...]]
    key: ClassVar[str]
    chunk: ClassVar[int] = CHUNK
    status_columns: ClassVar[frozenset[str]] = frozenset()

    def take(self, chunk: Chunk, *, dry_run: bool) -> Outcome:
        """Hand the chunk's rows to the deed."""
        raise NotImplementedError

    def identity(self, values: dict[str, Any]) -> str:
        """What makes the row one of a kind within its file?"""
        return str(values[self.key])

    def repeats(self, values: dict[str, Any]) -> bool:
        """May the row's key stand in the file more than once?"""
        return False

    def deactivates(self, values: dict[str, Any]) -> bool:
        """Does the row take its subject out of service?"""
        return False

    def active_among(self, keys: Collection[str]) -> set[str]:
        """Which of these are in service now?"""
        return set()

    def active_total(self) -> int:
        """How many are in service now?"""
        return 0

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=_("CSV（UTF-8 或 GB18030）或 XLSX 文件"))
        parser.add_argument("--dry-run", action="store_true", help=_("只检查，不写入"))
        parser.add_argument("--report", type=Path, help=_("把每个不合格的行写入这个 CSV 文件：行号、列、值、说明"))
        parser.add_argument("--encoding", default="", help=_("CSV 的编码；缺省自动识别"))
        parser.add_argument("--worksheet", default="", help=_("工作表名称；缺省第一张"))
        if self.status_columns:
            parser.add_argument(
                "--deactivation-limit",
                type=float,
                default=settings.REGISTER_DEACTIVATION_LIMIT,
                help=_("停用比例超过此数（0 到 1）即停下来询问；缺省 %(default)s"),
            )
            parser.add_argument("--yes-deactivate", action="store_true", help=_("确认停用比例超限的文件"))

    def handle(self, *, file: Path, report: Path | None, dry_run: bool, **options: Any) -> None:
        self.options = options
        try:
            with Sheet(file, encoding=options["encoding"], worksheet=options["worksheet"]) as sheet:
                intake = Intake(sheet, self.columns, key=self.key, identity=self.identity, repeats=self.repeats)
                if intake.unknown:
                    self.stderr.write(_("未识别的列（不导入）：%(names)s") % {"names": "、".join(intake.unknown)})
                if self.status_columns and not options["yes_deactivate"]:
                    self._weigh(intake, limit=options["deactivation_limit"])
                outcome, bad_lines = self._take_all(intake, file.name, report, dry_run=dry_run)
        except UnreadableSheet as error:
            raise CommandError(str(error), returncode=NOTHING_DONE) from error
        self._sum_up(outcome, bad_lines, dry_run=dry_run)

    def _take_all(self, intake: Intake, name: str, report: Path | None, *, dry_run: bool) -> tuple[Outcome, int]:
        outcome, bad_lines = Outcome(), 0
        gc.freeze()  # what start-up left behind is not garbage; looking through it again and again costs a tenth
        try:
            with self._report(report) as write, self._progress(name) as advance:
                for chunk in intake.chunks(self.chunk):
                    done = self.take(chunk, dry_run=dry_run) if chunk.rows else Outcome()
                    refused = sorted([*chunk.refused, *done.refused], key=lambda each: each.line)
                    done.refused, done.taken = [], []
                    outcome.add(done)
                    bad_lines += len({each.line for each in refused})
                    for each in refused:
                        write(each)
                    advance(chunk)
        finally:
            gc.unfreeze()
        return outcome, bad_lines

    def _weigh(self, intake: Intake, *, limit: float) -> None:
        """Stop before anything is written when the file would take too many out of service: it may be the wrong one."""
        leaving: set[str] = set()
        asked: set[str] = set()
        for some, whole in intake.peek(set(self.status_columns)):
            if self.deactivates(some) and (values := whole()) is not None:
                asked.add(values[self.key])
            if len(asked) == CHUNK:
                leaving |= self.active_among(asked)
                asked.clear()
        leaving |= self.active_among(asked) if asked else set()
        total = self.active_total()
        if len(leaving) > limit * total:
            raise CommandError(
                _(
                    "已停止，未写入任何内容：该文件将停用 %(leaving)s 个，占现有 %(total)s 个的 %(share).1f%%，"
                    "超过 %(limit)g%%。确认无误请加 --yes-deactivate 再运行。"
                )
                % {
                    "leaving": len(leaving),
                    "total": total,
                    "share": 100 * len(leaving) / total,
                    "limit": 100 * limit,
                },
                returncode=TOO_MANY_DEACTIVATED,
            )

    @contextmanager
    def _report(self, path: Path | None) -> Iterator[Callable[[Refused], None]]:
        """Where refusals go: the first 20 to the terminal, all of them into the file."""
        shown = 0

        def show(each: Refused) -> None:
            nonlocal shown
            shown += 1
            if shown <= SHOWN:
                where = f"{each.refusal.column} “{each.refusal.value}”：" if each.refusal.column else ""
                sentence = _("第 %(line)s 行 %(what)s") % {"line": each.line, "what": where + each.refusal.sentence}
                self.stderr.write(sentence)
            elif shown == SHOWN + 1 and path is None:
                self.stderr.write(_("……其余见 --report 文件"))

        if path is None:
            yield show
            return
        try:
            out = path.open("w", encoding="utf-8-sig", newline="")
        except OSError as error:
            raise CommandError(str(error), returncode=NOTHING_DONE) from error
        with out:
            rows = csv.writer(out)
            rows.writerow([_("行号"), _("列"), _("值"), _("说明")])

            def write(each: Refused) -> None:
                show(each)
                refusal = each.refusal
                rows.writerow([each.line, refusal.column, harmless(refusal.value), refusal.sentence])

            yield write

    @contextmanager
    def _progress(self, name: str) -> Iterator[Callable[[Chunk], None]]:
        """A bar on a terminal; silence elsewhere."""
        console = Console(stderr=True)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn(_("{task.fields[lines]} 行")),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        ) as progress:
            task = progress.add_task(name, total=1.0, lines=0)
            lines = 0

            def advance(chunk: Chunk) -> None:
                nonlocal lines
                lines += chunk.lines
                progress.update(task, completed=chunk.progress, lines=lines)

            yield advance

    def _sum_up(self, outcome: Outcome, bad_lines: int, *, dry_run: bool) -> None:
        counts = {
            "new": outcome.new,
            "changed": outcome.changed,
            "unchanged": outcome.unchanged,
            "bad": bad_lines,
        }
        sentence = _("新增 %(new)s，变更 %(changed)s，未变 %(unchanged)s，不合格 %(bad)s 行") % counts
        self.stdout.write((_("试运行，未写入：") if dry_run else _("已导入：")) + sentence)
        if bad_lines:
            sys.exit(ROWS_REFUSED)


def harmless(value: str) -> str:
    """A text that a spreadsheet shows and does not calculate."""
    return f"'{value}" if value.startswith(FORMULA) else value
