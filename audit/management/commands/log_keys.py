"""`manage.py log_keys FILE`: make the two keys with which the record's log signs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.log_keys import BadLogKeys, LogKeys
from audit.webhook import public_text


class Command(BaseCommand):
    help = "Writes new keys of the log (Ed25519 and P-256, PEM) into FILE, or shows the public half of those in it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--name", default="", help="print the public keys as vkeys of a log of this name")

        parser.add_argument(
            "--filing", action="store_true", help="print the public key that platforms check letters by"
        )

    def handle(self, *args: Any, file: Path, name: str, filing: bool, **options: Any) -> None:
        if not name and not filing:
            self._make(file)
            return
        try:
            keys = LogKeys.read(file)
        except BadLogKeys as error:
            raise CommandError(str(error)) from error
        if filing:
            self.stdout.write(public_text(keys.filing_key()))
        for key in keys.note_keys(name) if name else ():
            self.stdout.write(key.verifier.vkey())

    def _make(self, file: Path) -> None:
        try:
            LogKeys.made().write(file)
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("密钥已写入 %s：请另存备份，并在 LOG_KEYS_FILE 中指明。丢失后日志无法继续。") % file)
