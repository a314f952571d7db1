"""Prove to be an enterprise's owner (企业本人): by the code that its contact was sent, or by the PIN that was chosen.

A try is counted before it is looked at, under the row's lock: a hundred at once are looked at as often as one after
the other. Whatever is wrong, the answer is the same.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.contrib.auth.hashers import make_password, verify_password
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.problem import Problem
from audit.services.entry import record
from enterprises.models import Enterprise, OwnerCode, OwnerPin
from enterprises.owner_code import CodeKeys, digits, is_code, wait_after
from enterprises.policy import OwnerPolicy
from enterprises.queries import DoorFacts


class CodeWrong(Problem):
    """Another code, one that is over, one that proved already, one of another browser, or one tried too often."""

    code, status, title = "owner-code-wrong", 422, gettext_lazy("验证码不对，或者已经失效。请核对短信，或重新获取")


class PinWrong(Problem):
    """Another PIN, or none has been chosen: it is counted, closed and answered alike."""

    code, status, title = "owner-pin-wrong", 422, gettext_lazy("PIN 不对。没有设过 PIN 的，请用短信验证码")


class PinClosed(Problem):
    """Wrong too often; `Retry-After` says in how many seconds it is looked at again."""

    code, status, title = "owner-pin-closed", 429, gettext_lazy("PIN 输错次数过多，请稍后再试，或用短信验证码")


def prove_by_code(
    door: DoorFacts, *, code_id: UUID | None, typed: str, keys: CodeKeys, at: datetime, policy: OwnerPolicy
) -> None:
    """Returns if that is the code, which then has proved once and never again. Raises CodeWrong."""
    with transaction.atomic():
        code = None
        if code_id is not None:
            mine = OwnerCode.objects.filter(pk=code_id, enterprise__credit_code=door.credit_code)
            code = mine.select_for_update(of=("self",)).first()
        alive = code is not None and code.used_at is None and at < code.expires_at and code.tries < policy.code_tries
        right = False
        if code is not None and alive:
            right = is_code(digits(typed), kept=bytes(code.code_hash), of=code.pk, keys=keys)
            OwnerCode.objects.filter(pk=code.pk).update(tries=F("tries") + 1, used_at=at if right else None)
        if right:
            _record(door, by="code", at=at)
    if not right:
        raise CodeWrong


def prove_by_pin(door: DoorFacts, *, typed: str, at: datetime, policy: OwnerPolicy) -> None:
    """Returns if that is the PIN. Slow hashing stands in no transaction. Raises PinWrong, PinClosed."""
    taken = _take_a_try(door, at=at, policy=policy)
    if not verify_password(digits(typed), taken.pin_hash)[0]:
        if taken.closes:
            with transaction.atomic():
                _record(door, kind="owner-pin-closed", by="pin", at=at)
            raise _until(taken.closes, at=at)
        raise PinWrong
    with transaction.atomic():
        OwnerPin.objects.filter(pk=taken.enterprise_id, pin_hash=taken.pin_hash).update(wrong=0, closed_until=None)
        _record(door, by="pin", at=at)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Try:
    """One counted try. `closes`: until when the PIN is closed, should this one be wrong too."""

    enterprise_id: int
    pin_hash: str
    closes: datetime | None


def _take_a_try(door: DoorFacts, *, at: datetime, policy: OwnerPolicy) -> _Try:
    with transaction.atomic():
        pin = _pin(door)
        if pin.closed_until is not None and at < pin.closed_until:
            raise _until(pin.closed_until, at=at)
        tries = policy.pin_tries_together
        wait = wait_after(pin.wrong + 1, tries=tries, wait=policy.pin_wait, longest=policy.longest_pin_wait)
        closes = at + wait if wait else None
        OwnerPin.objects.filter(pk=pin.pk).update(wrong=F("wrong") + 1, closed_until=closes)
    return _Try(enterprise_id=pin.pk, pin_hash=pin.pin_hash, closes=closes)


def _pin(door: DoorFacts) -> OwnerPin:
    """Locked. Where none has been chosen, one that nothing fits, so that tries are counted all the same."""
    pins = OwnerPin.objects.filter(enterprise__credit_code=door.credit_code).select_for_update(of=("self",))
    pin = pins.first()
    if pin is None:
        enterprise = Enterprise.objects.only("pk").get(credit_code=door.credit_code)
        OwnerPin.objects.get_or_create(enterprise=enterprise, defaults={"pin_hash": make_password(None)})
        pin = pins.get()
    return pin


def _until(until: datetime, *, at: datetime) -> PinClosed:
    return pin_closed(math.ceil((until - at).total_seconds()))


def pin_closed(seconds: int) -> PinClosed:
    """With the time to wait."""
    sentence = _("PIN 输错次数过多，请 %(minutes)s 分钟后再试，或用短信验证码") % {"minutes": math.ceil(seconds / 60)}
    return PinClosed(sentence, headers={"Retry-After": str(seconds)})


def _record(door: DoorFacts, *, by: Literal["code", "pin"], at: datetime, kind: str = "owner-proved") -> None:
    record(
        kind=kind,
        subject=f"contact:{door.credit_code}",
        body={"by": by, "door": door.id, "generation": door.generation},
        actor=Actor.owner(door.credit_code) if kind == "owner-proved" else Actor.door(door.credit_code),
        at=at,
    )
