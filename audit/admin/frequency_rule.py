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
from audit.duties import Matter, Reach
from audit.models import (
    FrequencyRule,
)
from audit.services.frequency_rule import RuleUnfit, enact_cap


class CapForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    cap = forms.IntegerField(label=_("年度上限（次）"), min_value=0, max_value=366)

    class Meta:
        model = FrequencyRule
        fields = ("code", "region_prefix", "effective_from", "effective_to", "source")


@admin.register(FrequencyRule)
class FrequencyRuleDesk(RegisterDesk):
    """Versions of the annual cap. An enacted one is only looked at; adding enacts the next version of its code."""

    matter = Matter.FREQUENCY_RULES
    list_display = ("code", "version", "kind", "cap", "region_prefix", "effective_from", "effective_to", "source")
    list_filter = ("kind", "region_prefix")
    search_fields = ("code", "source")
    ordering = ("code", "-version")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows if sight.reach is not Reach.NOTHING else rows.none()

    @admin.display(description=_("年度上限（次）"))
    def cap(self, row: FrequencyRule) -> Any:
        return row.parameters.get("cap")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        new = ("code", "region_prefix", "cap", "effective_from", "effective_to", "source")
        return new if obj is None else ("code", "version", "kind", *new[1:])

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = CapForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else self.get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        home = sight(request).region_prefix
        if not home or not obj.region_prefix.startswith(home):
            raise RuleUnfit(str(_("只能为本地区（%s）及其下级地区制定规则") % (home or "—")))
        obj.parameters = {"cap": form.cleaned_data["cap"]}
        super().save_model(request, obj, form, change)

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        made = enact_cap(
            code=row.code,
            cap=row.parameters["cap"],
            region_prefix=row.region_prefix,
            effective_from=row.effective_from,
            effective_to=row.effective_to,
            source=row.source,
            actor=actor,
            at=at,
        )
        row.pk, row.version, row._state.adding = made.pk, made.version, False
