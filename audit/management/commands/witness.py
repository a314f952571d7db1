"""`manage.py witness CONFIG`: watch other houses' logs. As `python -m audit.witness_server` does."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import witness_server
from audit.log_keys import BadLogKeys
from audit.witness import ForeignFile


class Command(BaseCommand):
    help = "Runs a witness (C2SP tlog-witness) of the logs in CONFIG; touches no database but its own small file."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("config", type=Path, metavar="CONFIG", help="TOML: name, key, state, host, port, logs")
        parser.add_argument("--make-key", action="store_true", help="write a new key and print its vkey")

    def handle(self, *args: Any, config: Path, make_key: bool, **options: Any) -> None:
        try:
            if make_key:
                self.stdout.write(witness_server.make_key(config))
            else:
                witness_server.run(config)
        except (witness_server.BadConfig, BadLogKeys, ForeignFile, OSError) as error:
            raise CommandError(str(error)) from error
