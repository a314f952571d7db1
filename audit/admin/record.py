"""The record and the log of log-ins: the audit administrator's desk."""

import json
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.desk import Desk
from audit.duties import Matter, Reach
from audit.models import (
    Entry,
    FailedSignIn,
    ReadLog,
    SignIn,
)


@admin.register(Entry)
class EntryDesk(Desk):
    """The record, in its canonical bytes; the audit administrator's."""

    matter = Matter.ENTRIES
    list_display = ("id", "kind", "subject", "at")
    list_filter = ("at",)
    search_fields = ("subject__exact",)
    search_help_text = _("对象（完整），例如 account:li.jing")
    ordering = ("-pk",)
    fields = ("id", "kind", "subject", "at", "format", "words", "leaf_hex")
    readonly_fields = ("id", "words", "leaf_hex")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows if sight.reach is Reach.ALL else rows.none()

    @admin.display(description=_("内容"))
    def words(self, entry: Entry) -> SafeString | str:
        if entry.body is None:
            return str(_("已依法抹除"))
        body = json.loads(bytes(entry.body))
        return format_html("<pre>{}</pre>", json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True))

    @admin.display(description=_("叶哈希"))
    def leaf_hex(self, entry: Entry) -> str:
        return bytes(entry.leaf).hex()


@admin.register(ReadLog)
class ReadLogDesk(Desk):
    """Who was shown whose data."""

    matter = Matter.ENTRIES
    list_display = ("at", "actor", "page", "subject", "shown")
    list_filter = ("at",)
    search_fields = ("actor__exact", "subject__exact")
    search_help_text = _("查阅人（完整，例如 account:li.jing）或查阅内容（完整）")
    ordering = ("-pk",)
    fields = list_display

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows if sight.reach is Reach.ALL else rows.none()


class SignInsDesk(Desk):
    matter = Matter.SIGN_INS
    search_fields = ("username__exact", "ip_address__exact")
    search_help_text = _("账号或地址（完整）")
    list_filter = ("attempt_time",)
    ordering = ("-attempt_time", "-pk")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows if sight.reach is Reach.ALL else rows.none()

    @admin.display(description=_("账号"), ordering="username")
    def who(self, row: Any) -> str:
        return row.username or "—"

    @admin.display(description=_("时间"), ordering="attempt_time")
    def when(self, row: Any) -> datetime:
        moment: datetime = row.attempt_time
        return moment

    @admin.display(description=_("地址"))
    def where(self, row: Any) -> str:
        return row.ip_address or "—"

    @admin.display(description=_("浏览器"))
    def browser(self, row: Any) -> str:
        return str(row.user_agent)


@admin.register(SignIn)
class SignInDesk(SignInsDesk):
    """Who signed in, when, from where, and when out."""

    list_display = ("when", "who", "where", "until", "browser")
    fields = ("when", "who", "where", "until", "browser")
    readonly_fields = fields

    @admin.display(description=_("退出时间"))
    def until(self, row: Any) -> datetime | None:
        moment: datetime | None = row.logout_time
        return moment


@admin.register(FailedSignIn)
class FailedSignInDesk(SignInsDesk):
    """Who failed to, and whether the account was locked then."""

    list_display = ("when", "who", "where", "locked", "browser")
    fields = ("when", "who", "where", "locked", "browser")
    readonly_fields = fields

    @admin.display(description=_("已锁定"), boolean=True)
    def locked(self, row: Any) -> bool:
        return bool(row.locked_out)
