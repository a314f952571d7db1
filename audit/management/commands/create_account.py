"""`manage.py create_account NAME --role system_admin …`: the first account, and any other that the console makes."""

import io
import secrets
from typing import Any

import segno
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.models import Role
from audit.problem import Problem
from audit.services.account import create_account, enrol_totp

PASSWORD_BYTES = 15


def terminal_qr(text: str) -> str:
    """A QR code for a terminal, two modules a character."""
    picture = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(picture, border=2, compact=True)
    return picture.getvalue()


class Command(BaseCommand):
    """Makes the account with its second factor, in one transaction, and prints what is needed to sign in, once."""

    help = "创建账号并启用动态口令；密码和密钥只显示这一次"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="账号名，3 到 40 个小写字母、数字、点、横线或下划线")
        parser.add_argument("--name", required=True, help="姓名")
        parser.add_argument("--role", required=True, choices=Role.values, help="角色")
        parser.add_argument("--region", default="", help="地区前缀，例如 1305")
        parser.add_argument("--agency", default="", help="单位代码")
        parser.add_argument("--password-stdin", action="store_true", help="从标准输入读密码；不给则自动生成")

    def handle(self, *args: Any, **options: Any) -> None:
        given = options["password_stdin"]
        password = input() if given else secrets.token_urlsafe(PASSWORD_BYTES)
        actor, at = Actor.command("create_account"), timezone.now()
        try:
            validate_password(password)
            with transaction.atomic():
                account = create_account(
                    username=options["username"],
                    name=options["name"],
                    password=password,
                    role=options["role"],
                    region_prefix=options["region"],
                    agency_code=options["agency"],
                    actor=actor,
                    at=at,
                )
                factor = enrol_totp(account=account, issuer=settings.TOTP_ISSUER, actor=actor, at=at)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        except Problem as problem:
            raise CommandError(str(problem.detail or problem.title)) from problem
        self.stdout.write(f"账号：{account.username}（{account.get_role_display()}）")
        if not given:
            self.stdout.write(f"密码：{password}")
        self.stdout.write(f"动态口令密钥：{factor.secret}")
        self.stdout.write(factor.url)
        self.stdout.write(terminal_qr(factor.url))
        self.stdout.write("\n".join(["恢复码（每个只能用一次）：", *factor.codes]))
