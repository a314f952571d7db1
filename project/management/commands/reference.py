"""`manage.py reference`: writes docs/reference/ from the house itself; `--check` says what is out of date."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from project.reference.shelf import FOLDER, pages, stale


class Command(BaseCommand):
    help = "Writes docs/reference/ (operations, error and warning codes, settings, tables, cost) from the source."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of date")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if check:
            found = list(stale(FOLDER))
            if found:
                raise CommandError("\n".join([*found, "run: manage.py reference"]))
            return
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, text in pages().items():
            (FOLDER / name).write_text(text, encoding="utf-8")
            self.stdout.write(f"docs/reference/{name}")
