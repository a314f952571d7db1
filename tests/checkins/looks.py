"""Officers' screens, and enterprises' browsers that open what stands behind them."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from officers.electronic_id import ElectronicId, issue
from officers.queries import caller
from tests.town import Phone


def screen_of(phone: Phone, *, visit: str | None = None, at: datetime | None = None) -> ElectronicId:
    """What this officer's app is given to show, in this visit or outside any."""
    found = caller(phone.token)
    assert found is not None
    return issue(
        caller=found,
        visit=visit,
        at=at or timezone.now(),
        policy=settings.OFFICER_POLICY,
        signer=settings.OFFICER_SIGNER,
        base_url=settings.PUBLIC_URL,
    )


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a browser was answered."""

    status: int
    word: str
    tone: str
    page: str
    answer: Any

    @property
    def said(self) -> tuple[str, str]:
        """The word in large type, and good, doubt or bad."""
        return self.word, self.tone


@dataclass
class Browser:
    """An enterprise's phone: keeps its cookie."""

    client: Client = field(default_factory=Client)

    def look(self, token: str, **extra: Any) -> Look:
        answer = self.client.get(f"/v/{token}", **extra)
        page = answer.content.decode()
        word, tone = (re.search(pattern, page) for pattern in ("<h1[^>]*>(.*?)</h1>", '<body class="([a-z]+)"'))
        return Look(
            status=answer.status_code,
            word=word[1] if word else "",
            tone=tone[1] if tone else "",
            page=page,
            answer=answer,
        )


def look(token: str, **extra: Any) -> Look:
    """What a browser that has never been here sees."""
    return Browser().look(token, **extra)
