"""`manage.py import_days`: holidays and worked weekends (节假日安排), from a CSV file."""

import csv
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.services.enter_days import enter_days

WORDS = {"休": False, "off": False, "班": True, "work": True}


class Command(BaseCommand):
    help = "Enters which days are worked: lines of `2027-02-06,班` or `2027-02-08,休`. Nothing is kept of a wrong file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--name", default="", help="what the arrangement is called, up to 40 characters")

    def handle(self, *args: Any, file: str, name: str, **options: Any) -> None:
        found: dict[date, bool] = {}
        try:
            lines = [line for line in csv.reader(Path(file).read_text(encoding="utf-8-sig").splitlines()) if line]
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        for number, line in enumerate(lines, start=1):
            try:
                day, word = line
                found[date.fromisoformat(day.strip())] = WORDS[word.strip()]
            except (ValueError, KeyError) as error:
                raise CommandError(_("第 %s 行应为“2027-02-06,班”或“2027-02-08,休”") % number) from error
        count = enter_days(found, name=name[:40], actor=Actor.command("import_days"), at=timezone.now())
        self.stdout.write(_("已录入 %s 天") % count)
