"""The law of frequency, in versions."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.desk import RegisterDesk
from audit.draft import Draft
from audit.duties import Matter, Reach
from audit.kinds import KINDS, Kind
from audit.models import (
    FrequencyRule,
)
from audit.services.frequency_rule import RuleUnfit, enact


@admin.register(FrequencyRule)
class FrequencyRuleDesk(RegisterDesk):
    """The law of frequency. An enacted version is only looked at; adding enacts the next one of its code."""

    matter = Matter.FREQUENCY_RULES
    list_display = (
        "code", "version", "title", "sort", "parameters", "region_prefix", "effective_from", "effective_to", "source",
    )  # fmt: skip
    list_filter = ("kind", "region_prefix")
    search_fields = ("code", "source")
    ordering = ("code", "-version")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows if sight.reach is not Reach.NOTHING else rows.none()

    @admin.display(description=_("种类"))
    def sort(self, row: FrequencyRule) -> str:
        return KINDS[Kind(row.kind)].title

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        new = (
            "code", "title", "kind", "parameters", "region_prefix", "scope", "effective_from", "effective_to",
            "repeals", "source",
        )  # fmt: skip
        return new if obj is None else ("version", *new, "enacted_by", "enacted_at")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":
            return forms.ChoiceField(
                label=db_field.verbose_name, choices=[(str(kind), sort.title) for kind, sort in KINDS.items()]
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else self.get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        home = sight(request).region_prefix
        if not home or not obj.region_prefix.startswith(home):
            raise RuleUnfit(str(_("只能为本地区（%s）及其下级地区制定规则") % (home or "—")))
        super().save_model(request, obj, form, change)

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        made = enact(
            Draft(
                code=row.code,
                title=row.title,
                kind=row.kind,
                parameters=row.parameters,
                region_prefix=row.region_prefix,
                scope=row.scope or {},
                effective_from=row.effective_from,
                effective_to=row.effective_to,
                repeals=row.repeals,
                source=row.source,
            ),
            actor=actor,
            at=at,
        )
        row.pk, row.version, row._state.adding = made.pk, made.version, False
