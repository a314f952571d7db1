"""A browser's session: whose it is, since when, and whether it has been still for too long. Django's session engine.
An account's ends for stillness; a visitor's, an enterprise's owner's too, lasts as long as its row may.

The limits are kept here, where a session is read, so that they hold at every door, whatever a cookie says.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.policy import SessionPolicy


class Ended(StrEnum):
    """Why a browser is at the log-in."""

    IDLE = "idle"
    LONGEST = "longest"
    ELSEWHERE = "elsewhere"
    OWN = "own"
    SIGN_ON = "sign-on"


WORDS = {
    Ended.IDLE: _("您已较长时间没有操作，为安全起见已退出，请重新登录。"),
    Ended.LONGEST: _("本次登录已达最长时限，请重新登录。"),
    Ended.ELSEWHERE: _("会话已结束：账号的密码、动态口令、权限或状态有变更，或已在别处结束全部会话。"),
    Ended.OWN: _("已结束您的全部会话，请重新登录。"),
    Ended.SIGN_ON: _("统一身份认证未成功。请重试，或用账号、密码和动态口令登录；仍不成功的，请联系系统管理员。"),
}


def ended(begun_at: datetime, seen_at: datetime, *, at: datetime, policy: SessionPolicy) -> Ended | None:
    """Is a session over by now, and why?"""
    if at - begun_at >= policy.longest:
        return Ended.LONGEST
    return Ended.IDLE if at - seen_at >= policy.idle else None


class SessionStore(DatabaseStore):
    """`ended`: why the browser's session is none any more; None while it is not read, or holds."""

    ended: Ended | None = None
    _begun_at: datetime | None = None
    _stale = False

    @classmethod
    def get_model_class(cls) -> Any:
        from audit.models import Session  # the engine is named in the settings, before there are models

        return Session

    def load(self) -> dict[str, Any]:
        row = self.get_model_class().objects.filter(session_key=self.session_key).first()
        at, policy = timezone.now(), settings.SESSION_POLICY
        if row is None:
            self.ended = Ended.ELSEWHERE
        elif row.account_id:
            self.ended = ended(row.begun_at, row.seen_at, at=at, policy=policy)
        if row is None or self.ended or row.expire_date <= at:
            if row is not None and row.session_data:  # what it held of people ends with it; the row says why
                self.get_model_class().objects.filter(pk=row.pk).update(session_data="")
            self._session_key = None
            return {}
        self._begun_at = row.begun_at
        self._stale = at - row.seen_at >= policy.idle / 10
        return self.decode(row.session_data)

    async def aload(self) -> dict[str, Any]:
        return await sync_to_async(self.load)()

    def create(self) -> None:
        self._begun_at, self._stale = None, False
        self.clear_expired()
        super().create()

    def cycle_key(self) -> None:
        """Another key; what was begun signed in is not begun anew."""
        begun_at = self._begun_at if SESSION_KEY in self else None
        super().cycle_key()
        self._begun_at = begun_at or self._begun_at

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        at = timezone.now()
        self._begun_at = self._begun_at or at
        account, store = data.get(SESSION_KEY), cast("Any", self)
        return self.get_model_class()(
            session_key=store._get_or_create_session_key(),
            session_data=self.encode(data),
            expire_date=self._begun_at + settings.SESSION_POLICY.longest,
            account_id=int(account) if account else None,
            begun_at=self._begun_at,
            seen_at=at,
        )

    def let_rest(self) -> None:
        """Nobody is there, though a request came."""
        self._stale = False

    def touch(self) -> None:
        """Somebody is there. A session that was ended meanwhile stays so. At most one statement, now and then."""
        if self._stale:
            self._stale = False
            self.get_model_class().objects.filter(session_key=self.session_key).update(seen_at=timezone.now())


def unattended(request: HttpRequest) -> None:
    """This request was made by a page left open, and keeps nobody signed in. (Asked once the session is read.)"""
    session: Any = request.session
    session.let_rest()


class SessionWatch:
    """Notes after each request that its session is in use; a way to the log-in says why there is one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session: Any = request.session
        session.touch()
        if session.ended and response.status_code == 302:
            to = urlsplit(response["Location"])
            if to.path == reverse("admin:login") and not to.netloc:
                told = "&".join(filter(None, (to.query, f"ended={session.ended}")))
                response["Location"] = to._replace(query=told).geturl()
        return response
