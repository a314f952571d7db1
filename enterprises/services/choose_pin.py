"""Choose the PIN (设置 PIN) by which the owner proves to be it next time; a new one takes the old one's place."""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from audit.services.entry import record
from enterprises.models import Contact, Enterprise, OwnerPin
from enterprises.owner_code import PIN_DIGITS, digits, is_weak
from enterprises.queries import DoorFacts


class NotProved(Problem):
    """The proof has run out while the form was open, or what it rested on has been changed."""

    code, status, title = "owner-not-proved", 403, _("请先用短信验证码或 PIN 证明您是本企业的人")


class PinUnfit(Problem):
    code, status, title = "owner-pin-unfit", 422, _("PIN 须为 6 至 12 位数字")


class PinTooEasy(Problem):
    code, status, title = "owner-pin-too-easy", 422, _("这个 PIN 太容易猜到：不要用相同、连续、重复的数字，或电话号码")


class PinsDiffer(Problem):
    code, status, title = "owner-pins-differ", 422, _("两次输入的 PIN 不一样")


def choose_pin(door: DoorFacts, *, typed: str, again: str, actor: Actor, at: datetime) -> DoorFacts:
    """Keep its hash, as Django hashes passwords. Whoever calls has seen that the owner is proved by what `door` says.

    Returns the door with the PIN that it has now, on which no earlier proof rests. Raises PinUnfit, PinTooEasy,
    PinsDiffer; NotProved where the contact or the PIN is another one by now.
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
        _refuse_if_outdated(door, key)
        OwnerPin.objects.update_or_create(
            enterprise_id=key, defaults={"pin_hash": pin_hash, "set_at": at, "wrong": 0, "closed_until": None}
        )
        record(kind="owner-pin-chosen", subject=f"contact:{door.credit_code}", body={}, actor=actor, at=at)
    return replace(door, pin_since=at)


def _refuse_if_outdated(door: DoorFacts, enterprise: int) -> None:
    """Contact and PIN are held until the end: whoever changes either comes before this PIN, or ends it."""
    contacts = Contact.objects.filter(enterprise=enterprise).select_for_update(no_key=True, of=("self",))
    pins = OwnerPin.objects.filter(pk=enterprise).select_for_update(of=("self",))
    phone_since = contacts.values_list("phone_since", flat=True).first()
    if (phone_since, pins.values_list("set_at", flat=True).first()) != (door.phone_since, door.pin_since):
        raise NotProved
