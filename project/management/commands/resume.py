"""`manage.py resume --after-restore`: go on after an older copy of the database was restored. Two persons, one after
the other, each with password and code; the second one is shown what the first has proposed, and names it."""

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
from audit.canonical import utc_text
from audit.duties import RESUMERS
from audit.log_keys import LogKeys
from audit.models import Account, Log, Resumption
from audit.problem import Problem
from audit.services.resume import (
    confirm_resumption,
    may_confirm,
    next_number,
    propose_resumption,
    waiting_resumption,
)
from audit.witnesses import Witnesses


class Command(BaseCommand):
    help = gettext_lazy("恢复旧库之后续存：关闭旧日志，开启后继日志，找回缺少的数据；须两人先后确认")  # type: ignore[assignment]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after-restore", action="store_true", required=True)
        parser.add_argument("--as", dest="username", required=True, metavar="NAME", help="system_admin or supervisor")
        parser.add_argument("--reason", default="", help="the first person's: what was lost, and why")
        parser.add_argument("--confirm", type=int, metavar="ID", help="the second person's: which proposal")

    def handle(self, *args: Any, username: str, reason: str, confirm: int | None, **options: Any) -> None:
        keys: LogKeys | None = settings.LOG.keys
        if keys is None:
            raise CommandError("LOG_KEYS_FILE")
        actor = _signed_in(username)
        try:
            waiting = waiting_resumption()
            if waiting is None or reason:
                self._propose(actor, reason=reason)
            else:
                self._confirm(actor, waiting, named=confirm, keys=keys)
        except Problem as problem:
            raise CommandError(str(problem.detail or problem.title)) from problem

    def _propose(self, actor: Actor, *, reason: str) -> None:
        if not reason:
            raise CommandError(_("第一人须用 --reason 写明原因"))
        proposed = propose_resumption(reason=reason, actor=actor, at=timezone.now())
        self.stdout.write(_("已记录 %s 的意见；须由另一人执行同一命令确认") % proposed.proposed_by)

    def _confirm(self, actor: Actor, waiting: Resumption, *, named: int | None, keys: LogKeys) -> None:
        """What was lost is taken back first: until the successor is open no letter of ours goes out."""
        may_confirm(waiting, by=actor)
        if named != waiting.pk:
            self._show(waiting)
            raise CommandError(_("请核对以上内容，同意则加上 --confirm %d") % waiting.pk)
        number = next_number(origin=settings.LOG.origin, keys=keys, witnesses=Witnesses(settings.WITNESS_POLICY))
        failure = self._recover()
        successor = confirm_resumption(
            resumption=waiting,
            number=number,
            origin=settings.LOG.origin,
            keys=keys,
            actor=actor,
            at=timezone.now(),
        )
        self._tell(successor, keys)
        if failure is not None:
            raise failure

    def _recover(self) -> CommandError | None:
        """A platform that is away keeps nobody from going on: `manage.py recover` asks it later."""
        if settings.AUDIT_POLICY.platforms:
            try:
                call_command("recover", stdout=self.stdout)
            except CommandError as error:
                return error
        return None

    def _show(self, waiting: Resumption) -> None:
        """What the second person is asked to say yes to."""
        halt = waiting.log.halt
        told = {
            "proposal": waiting.pk,
            "by": waiting.proposed_by,
            "at": utc_text(waiting.at),
            "reason": waiting.reason,
            "log": waiting.log.origin,
            "here": halt.size,
            "witness": halt.witness,
            "witness_size": halt.witness_size,
            "why": halt.why,
        }
        self.stdout.write(json.dumps(told, ensure_ascii=False))

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
