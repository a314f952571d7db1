"""`manage.py activation_code 13050200017`: a one-time code for this officer's phone, as text and QR."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.actor import Actor
from audit.problem import Problem
from officers.activation_qr import activation_text
from officers.models import Officer
from officers.services.enrolment import make_activation


class Command(BaseCommand):
    help = "生成一次性激活码（文本和二维码）；该执法人员较早的未用激活码随即作废"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("certificate_no", help="执法证号")

    def handle(self, *args: Any, certificate_no: str, **options: Any) -> None:
        at = timezone.now()
        policy = settings.OFFICER_POLICY
        officer = Officer.objects.select_related("agency").filter(certificate_no=certificate_no).first()
        if officer is None:
            raise CommandError(f"没有执法证号为 {certificate_no} 的执法人员")
        try:
            code = make_activation(officer=officer, actor=Actor.command("activation_code"), at=at, policy=policy)
        except Problem as refusal:
            raise CommandError(str(refusal.detail or refusal.title)) from refusal
        until = timezone.localtime(at + policy.activation_lifetime)
        self.stdout.write(activation_text(code, settings.PUBLIC_URL))
        self.stdout.write(f"{officer.name} {officer.certificate_no} {officer.agency.name}")
        self.stdout.write(f"激活码 {code}，{until:%Y-%m-%d %H:%M} 前有效，只能用一次")
