"""Choose the PIN (设置 PIN) by which the owner proves to be it next time; a new one takes the old one's place."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from audit.services.entry import record
from enterprises.models import Enterprise, OwnerPin
from enterprises.owner_code import PIN_DIGITS, digits, is_weak
from enterprises.queries import DoorFacts


class PinUnfit(Problem):
    code, status, title = "owner-pin-unfit", 422, _("PIN 须为 6 至 12 位数字")


class PinTooEasy(Problem):
    code, status, title = "owner-pin-too-easy", 422, _("这个 PIN 太容易猜到：不要用相同、连续、重复的数字，或电话号码")


class PinsDiffer(Problem):
    code, status, title = "owner-pins-differ", 422, _("两次输入的 PIN 不一样")


def choose_pin(door: DoorFacts, *, typed: str, again: str, actor: Actor, at: datetime) -> None:
    """Keep its hash, as Django hashes passwords. Whoever calls has seen that the owner is proved.

    Raises PinUnfit, PinTooEasy, PinsDiffer.
    """
    pin = digits(typed)
    if not PIN_DIGITS[0] <= len(pin) <= PIN_DIGITS[1]:
        raise PinUnfit
    if digits(again) != pin:
        raise PinsDiffer
    key, phone = Enterprise.objects.values_list("pk", "contact__phone").get(credit_code=door.credit_code)
    if is_weak(pin, known=(phone or "", door.credit_code)):
        raise PinTooEasy
    pin_hash = make_password(pin)  # slow on purpose: before the transaction
    with transaction.atomic():
        OwnerPin.objects.update_or_create(
            enterprise_id=key, defaults={"pin_hash": pin_hash, "set_at": at, "wrong": 0, "closed_until": None}
        )
        record(kind="owner-pin-chosen", subject=f"contact:{door.credit_code}", body={}, actor=actor, at=at)
