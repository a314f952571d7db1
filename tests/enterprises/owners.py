"""刘洋, who answers for 邢台轴承, her phone, and what is sent to it."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from audit.actor import Actor
from audit.history import save_as
from enterprises.code_sender import Message, NotSent
from enterprises.door_token import HmacDoorKeys
from enterprises.models import Contact, Enterprise
from enterprises.owner_code import HmacCodeKeys
from enterprises.policy import OwnerPolicy
from enterprises.queries import DoorFacts, door_at
from enterprises.services.open_door import open_door

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
CLERK = Actor.account("zhao.min")
PHONE = "13812341234"
KEYS = HmacCodeKeys.from_secret("this test's")
DOOR_KEYS = HmacDoorKeys.from_secrets("this test's")
POLICY = OwnerPolicy(codes_an_hour=5, codes_a_day=10, pin_tries_together=5)
CODE = "91110108551385082Q"


@dataclass
class Letterbox:
    """A sender that keeps what it is given; `broken`: it takes nothing."""

    messages: list[Message] = field(default_factory=list)
    broken: bool = False

    def send(self, message: Message) -> None:
        if self.broken:
            raise NotSent("the gateway is away")
        self.messages.append(message)

    @property
    def code(self) -> str:
        """The last code that came."""
        return self.messages[-1].code


def bearings(code: str = CODE, name: str = "邢台轴承有限公司") -> Enterprise:
    enterprise = Enterprise(credit_code=code, name=name, region_code="130502")
    with transaction.atomic():
        save_as(enterprise, actor=CLERK, at=NOW, new=True)
    return enterprise


def with_contact(enterprise: Enterprise, phone: str = PHONE) -> Contact:
    contact = Contact(enterprise=enterprise, name="刘洋", phone=phone)
    with transaction.atomic():
        save_as(contact, actor=CLERK, at=NOW, new=True)
    return contact


def door_of(enterprise: Enterprise) -> DoorFacts:
    found = door_at(open_door(enterprise, actor=CLERK, at=NOW, keys=DOOR_KEYS).token)
    assert found is not None
    return found


def another(code: str) -> str:
    """Six digits that are not these."""
    return f"{(int(code) + 1) % 10**6:06d}"


def shown(page: Any) -> str:
    """The page's words, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


POST_BOX = Letterbox()


def post_box() -> Letterbox:
    """As `OWNER_CODE_SENDER` names it: what the house sends in a test."""
    return POST_BOX
