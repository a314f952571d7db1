"""`manage.py rotate_keys`: the issuer's next key, published before it signs; the first one signs at once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from officers.keyring import UnusableKey
from officers.models import SigningKey
from officers.services.rotate_keys import ensure_key, rotate_keys


class Command(BaseCommand):
    help = _("生成并公布下一个电子证件签发密钥；首个密钥立即启用")  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--show", action="store_true", help=str(_("只列出密钥，不生成")))
        which.add_argument("--if-none", action="store_true", help=str(_("只在还没有密钥时生成")))

    def handle(self, *args: Any, show: bool, if_none: bool, **options: Any) -> None:
        at, policy = timezone.now(), settings.ISSUER_POLICY
        deed = ensure_key if if_none else rotate_keys
        try:
            if not show:
                deed(policy=policy, actor=Actor.command("rotate_keys"), at=at)
        except Problem as refusal:
            said = [str(refusal.detail or refusal.title), *map(str, refusal.members.values())]
            raise CommandError(" ".join(said)) from refusal
        except UnusableKey as error:
            raise CommandError(str(error)) from error
        keys = SigningKey.objects.filter(issuer=policy.issuer).order_by("usable_from", "pk")
        signing = max((key.usable_from for key in keys if key.usable_from <= at), default=None)
        for key in keys:
            state = (
                _("待启用")
                if key.usable_from > at
                else _("正在签发")
                if key.usable_from == signing
                else _("已停用，只供核验")
            )
            self.stdout.write(f"{key.kid}  {timezone.localtime(key.usable_from):%Y-%m-%d %H:%M:%S}  {state}")
