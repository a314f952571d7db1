"""`manage.py resume --after-restore`: go on after an older copy of the database was restored. Two persons, one after
the other, each with password and code."""

import json
import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.duties import RESUMERS
from audit.log_keys import LogKeys
from audit.models import Account, Log
from audit.problem import Problem
from audit.services.resume import confirm_resumption, propose_resumption, waiting_resumption


class Command(BaseCommand):
    help = gettext_lazy("恢复旧库之后续存：关闭旧日志，开启后继日志，找回缺少的数据；须两人先后确认")  # type: ignore[assignment]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after-restore", action="store_true", required=True)
        parser.add_argument("--as", dest="username", required=True, metavar="NAME", help="system_admin or supervisor")
        parser.add_argument("--reason", default="", help="the first person's: what was lost, and why")

    def handle(self, *args: Any, username: str, reason: str, **options: Any) -> None:
        keys: LogKeys | None = settings.LOG.keys
        if keys is None:
            raise CommandError("LOG_KEYS_FILE")
        actor = _signed_in(username)
        try:
            successor = self._decide(actor, reason=reason, keys=keys)
        except Problem as problem:
            raise CommandError(str(problem.detail or problem.title)) from problem
        if successor is not None:
            self._tell(successor, keys)
            if settings.AUDIT_POLICY.platforms:
                call_command("recover", stdout=self.stdout)

    def _decide(self, actor: Actor, *, reason: str, keys: LogKeys) -> Log | None:
        """None: a second person is still to come."""
        waiting = waiting_resumption()
        if waiting is not None:
            return confirm_resumption(
                resumption=waiting, origin=settings.LOG.origin, keys=keys, actor=actor, at=timezone.now()
            )
        if not reason:
            raise CommandError(_("第一人须用 --reason 写明原因"))
        proposed = propose_resumption(reason=reason, actor=actor, at=timezone.now())
        self.stdout.write(_("已记录 %s 的意见；须由另一人执行同一命令确认") % proposed.proposed_by)
        return None

    def _tell(self, successor: Log, keys: LogKeys) -> None:
        """What the witnesses' operators need."""
        told = {
            "log": successor.number,
            "origin": successor.origin,
            "by": successor.by,
            "vkeys": [key.verifier.vkey() for key in keys.note_keys(successor.origin)],
        }
        self.stdout.write(json.dumps(told, ensure_ascii=False))


def _signed_in(username: str) -> Actor:
    """Both factors, counted towards the lock-out as at the log-in. Raises CommandError."""
    ask = getpass if sys.stdin.isatty() else _line
    password, code = ask(_("密码：")), ask(_("动态口令："))
    account = authenticate(HttpRequest(), username=username, password=password, otp_token=code)
    if not isinstance(account, Account) or account.role not in RESUMERS:
        raise CommandError(_("账号、密码或动态口令不对，或该账号无权"))
    return Actor.account(account.username)


def _line(_prompt: str) -> str:
    return sys.stdin.readline().removesuffix("\n")
