"""How tests carry the invented city into their database."""

from datetime import date, datetime

from django.conf import settings
from django.utils.translation import override

from project.demo.handout import Handout
from project.demo.load import Policies, Tell, load
from project.demo.world import World

CAP = 2


def policies() -> Policies:
    return Policies(
        checkin=settings.CHECKIN_POLICY,
        officer=settings.OFFICER_POLICY,
        annual_cap=CAP,
        match=settings.MATCH_POLICY,
        totp_issuer="示范",
        ladders=settings.CASE_LADDERS,
    )


def listen(_sentence: str, share: float) -> None:
    assert 0 <= share <= 1


def carry(city: World, *, today: date, at: datetime, tell: Tell = listen) -> Handout:
    """Load the city, in Chinese, as `manage.py demo` does."""
    with override("zh-hans"):
        return load(city, today=today, at=at, policies=policies(), tell=tell)
