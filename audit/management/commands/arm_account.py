"""`manage.py arm_account NAME`: a new password and a new second factor, when nobody is left who could give them."""

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.management.commands.create_account import PASSWORD_BYTES, terminal_qr
from audit.models import Account
from audit.services.account import enrol_totp, set_password


class Command(BaseCommand):
    help = "为已有账号生成新密码和新动态口令密钥（原有的作废），只显示这一次"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="账号名")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        account = Account.objects.filter(username=username).first()
        if account is None:
            raise CommandError(f"没有账号 {username}")
        password, actor, at = secrets.token_urlsafe(PASSWORD_BYTES), Actor.command("arm_account"), timezone.now()
        with transaction.atomic():
            set_password(account=account, password=password, actor=actor, at=at)
            factor = enrol_totp(account=account, issuer=settings.TOTP_ISSUER, actor=actor, at=at)
        self.stdout.write(f"账号：{account.username}（{account.get_role_display()}）")
        self.stdout.write(f"密码：{password}")
        self.stdout.write(f"动态口令密钥：{factor.secret}")
        self.stdout.write(factor.url)
        self.stdout.write(terminal_qr(factor.url))
        self.stdout.write("\n".join(["恢复码（每个只能用一次）：", *factor.codes]))
