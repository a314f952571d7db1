"""Desk for what opaque licence codes mean."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight
from audit.button import Button
from audit.desk import Desk
from audit.duties import Matter, May
from enterprises.models import Enterprise, LicenceAlias
from enterprises.queries import alias_meaning, disputed, facts_of, lessons_about, rulings_about
from enterprises.services.alias import rule


class DisputeFilter(admin.SimpleListFilter):
    """Codes on which officers disagree, and those on which an officer still disagrees with the ruling."""

    title, parameter_name = _("有争议"), "disputed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("待裁定")), ("ruled", _("裁定后仍有不同认定"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"open", "ruled"}:
            return queryset
        return disputed(queryset, ruled=self.value() == "ruled")


def _rule(lesson: LicenceAlias, actor: Actor, at: datetime, reason: str) -> None:
    rule(
        scheme=lesson.scheme,
        opaque_id=lesson.opaque_id,
        credit_code=lesson.credit_code,
        reason=reason,
        actor=actor,
        at=at,
    )


def _would_change_something(lesson: LicenceAlias) -> bool:
    known = alias_meaning(scheme=lesson.scheme, opaque_id=lesson.opaque_id)
    return bool(lesson.credit_code) and known.credit_code != lesson.credit_code


def _lines(rows: Any) -> SafeString:
    said = [
        (timezone.localtime(at).strftime("%Y-%m-%d %H:%M"), " · ".join(str(word) for word in words if word))
        for at, *words in rows
    ]
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {}</li>", said)) if said else SafeString("—")


@admin.register(LicenceAlias)
class LicenceAliasDesk(Desk):
    """What officers' choices said an opaque code means, where that is an enterprise of the account's region."""

    matter = Matter.DECISIONS
    list_display = ("scheme", "opaque_id", "credit_code", "taught_by", "scan", "at")
    list_filter = (DisputeFilter, "at")
    search_fields = ("opaque_id__exact", "credit_code__exact", "scan__exact")
    search_help_text = _("不透明标识、统一社会信用代码或扫码编号（完整）")
    ordering = ("-at", "-pk")
    fields = readonly_fields = (*list_display, "means", "lessons", "rulings")
    buttons = (
        Button(
            name="rule",
            label=_("以此为准"),
            question=_("此后该码一律指向本条认定的企业，直至另行裁定。"),
            verb=May.ADD,
            matter=Matter.DECISIONS,
            does=_rule,
            fits=_would_change_something,
            asks_reason=True,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        ours = Enterprise.objects.filter(sight.rows(region="region_code"), credit_code=OuterRef("credit_code"))
        return rows.filter(Exists(ours))

    @admin.display(description=_("现行含义"))
    def means(self, lesson: LicenceAlias) -> str:
        known = alias_meaning(scheme=lesson.scheme, opaque_id=lesson.opaque_id)
        if known.credit_code is not None:
            return self._named({known.credit_code})[known.credit_code]
        return str(_("未定：认定不一致") if known.disputed else _("未定"))

    @admin.display(description=_("全部认定"))
    def lessons(self, lesson: LicenceAlias) -> SafeString:
        taught = lessons_about(scheme=lesson.scheme, opaque_id=lesson.opaque_id)
        names = self._named({row.credit_code for row in taught}) | {"": str(_("撤回认定"))}
        return _lines((row.at, names[row.credit_code], row.taught_by, row.scan) for row in taught)

    @admin.display(description=_("全部裁定"))
    def rulings(self, lesson: LicenceAlias) -> SafeString:
        ruled = rulings_about(scheme=lesson.scheme, opaque_id=lesson.opaque_id)
        names = self._named({row.credit_code for row in ruled})
        return _lines((row.at, names[row.credit_code], row.ruled_by, row.reason) for row in ruled)

    @staticmethod
    def _named(codes: set[str]) -> dict[str, str]:
        known = facts_of(codes)
        return {code: f"{known[code].name}（{code}）" if code in known else code for code in codes}
