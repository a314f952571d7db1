"""Doors of the town's enterprises, and browsers before them."""

import re
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actor import Actor
from enterprises.auth import DOOR_OWNER
from enterprises.models import Door, Enterprise
from enterprises.queries import door_at
from enterprises.services.open_door import open_door
from tests.town import BEARINGS, LONG_AGO


def token_of(credit_code: str = BEARINGS) -> str:
    """What this enterprise's poster says."""
    enterprise = Enterprise.objects.get(credit_code=credit_code)
    return open_door(enterprise, actor=Actor.command("test"), at=LONG_AGO, keys=settings.DOOR_KEYS).token


class Browser:
    """Somebody's browser at one enterprise's page."""

    def __init__(self, credit_code: str = BEARINGS) -> None:
        self.token = token_of(credit_code)
        self.client = Client()
        self.door = Door.objects.get(enterprise__credit_code=credit_code)

    def get(self, name: str = "door", status: int = 200, **asked: str) -> str:
        """The page's text."""
        answer = self.client.get(reverse(name, args=[self.token]), asked)
        assert answer.status_code == status, answer.content.decode()
        return answer.content.decode()

    def said(self, name: str = "door", **asked: str) -> str:
        """As a person reads it: without marks, on one line."""
        shown = re.sub(r"<(script|noscript)[^>]*>.*?</\1>", " ", self.get(name, 200, **asked), flags=re.DOTALL)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", shown)).strip()

    def state(self) -> str:
        """What the open page says that it shows."""
        found = re.search(r'data-state="([0-9a-f]{32})"', self.get())
        assert found
        return found[1]

    def type(self, code: str, *, visit: int, officer: int) -> str:
        """The form of one person is sent; the page that follows, as a person reads it."""
        sent = self.client.post(
            reverse("door-match", args=[self.token]), {"visit": visit, "officer": officer, "code": code}
        )
        assert sent.status_code == 303, sent.content.decode()
        asked = dict(parse_qsl(urlsplit(sent["Location"]).query))
        return self.said(**asked)

    def prove(self, until: float) -> None:
        """The owner has shown the one-time code; good until then, seconds since 1970."""
        session = self.client.session
        facts = door_at(self.token)
        assert facts is not None
        session[DOOR_OWNER] = {"door": facts.id, "proof": facts.proof, "until": until}
        session.save()
        self.client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)

    def cost(self, name: str = "door", status: int = 200, **asked: str) -> int:
        """How many statements the page takes; marks of transactions are none."""
        with CaptureQueriesContext(connection) as found:
            self.get(name, status, **asked)
        marks = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
        return len([one for one in found if not one["sql"].startswith(marks)])
