"""`manage.py posters --file posters.html`: the posters of many doors in one file, for a printing house."""

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from rich.progress import Progress

from audit.actor import Actor
from audit.duties import is_region_prefix
from enterprises.credit_code import clean
from enterprises.models import Enterprise
from enterprises.poster import posters
from enterprises.services.print_posters import print_posters

CHUNK = 100


class Command(BaseCommand):
    help = "Writes the posters of enterprises' own addresses as one HTML file of A4 pages; doors are opened as needed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("credit_codes", nargs="*", help="of which enterprises")
        parser.add_argument("--region", default="", help="all open enterprises of a region (2, 4, 6 or 9 digits)")
        parser.add_argument("--file", type=Path, required=True, help="a new file: whoever reads it can open the doors")

    def handle(self, *args: Any, credit_codes: list[str], region: str, file: Path, **options: Any) -> None:
        rows = _chosen(credit_codes, region=region)
        head, foot = render_to_string("enterprises/posters.html", {"posters": [], "style": style_sheet()}).split(
            "\n</body>"
        )
        written = 0
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        with os.fdopen(handle, "w", encoding="utf-8") as page:
            page.write(head)
            for chunk in _chunks(rows, quiet=options["verbosity"] == 0):
                opened = print_posters(
                    chunk, actor=Actor.command("posters"), at=timezone.now(), keys=settings.DOOR_KEYS
                )
                for poster in posters(opened, base_url=settings.PUBLIC_URL):
                    page.write(render_to_string("enterprises/poster.html", {"poster": poster}))
                written += len(opened)
            page.write(f"\n</body>{foot}")
        self.stdout.write(_("%(count)s 张海报：%(file)s") % {"count": written, "file": file})


def _chunks(rows: "QuerySet[Enterprise]", *, quiet: bool) -> Iterator[list[Enterprise]]:
    """In the order of their keys, with a bar for whoever waits."""
    with Progress(disable=quiet) as bar:
        task = bar.add_task(str(_("门牌海报")), total=rows.count())
        last = 0
        while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
            yield chunk
            last = chunk[-1].pk
            bar.advance(task, len(chunk))


def _chosen(credit_codes: list[str], *, region: str) -> "QuerySet[Enterprise]":
    if bool(credit_codes) == bool(region):
        raise CommandError(_("请给出统一社会信用代码，或用 --region 指定地区，二者选一"))
    if region:
        if not is_region_prefix(region):
            raise CommandError(_("地区代码为 2、4、6 或 9 位数字"))
        return Enterprise.objects.filter(region_code__startswith=region, status=Enterprise.Status.OPEN).order_by("pk")
    codes = [clean(code) for code in credit_codes]
    rows = Enterprise.objects.filter(credit_code__in=codes).order_by("pk")
    missing = set(codes) - set(rows.values_list("credit_code", flat=True))
    if missing:
        raise CommandError(_("登记库中没有：%s") % "、".join(sorted(missing)))
    return rows


def style_sheet() -> str:
    """The style sheet inside the file, which is looked at without this server."""
    found = finders.find("enterprises/poster.css")
    return mark_safe(Path(str(found)).read_text(encoding="utf-8"))  # noqa: S308 (our own file)
