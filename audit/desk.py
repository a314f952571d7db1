"""The admin's desk: Django's ModelAdmin that asks the duty table, shows only what is in reach, and never deletes.

Every floor's admin.py builds on it. What is out of reach is answered 404, whether it exists or not. A save is the
deed of the floor's services; a deed's refusal comes back as a sentence on the form.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button, press
from audit.desk_file import listing_of
from audit.duties import Matter, May
from audit.handed_out import TooManyRows, hand_out
from audit.list_file import Form
from audit.noted import note
from audit.problem import Problem
from audit.versions import Versions


def _or_404(view: Callable[..., HttpResponse], *args: Any) -> HttpResponse:
    try:
        return view(*args)
    except PermissionDenied as refusal:
        raise Http404 from refusal


if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyTabularInline = admin.TabularInline[Any, Any]
else:
    AnyModelAdmin, AnyTabularInline = admin.ModelAdmin, admin.TabularInline


FILTERS_ASK = ("", "__exact", "__isnull", "__isempty", "__gte", "__lt", "__id__exact")
"""What Django's own list filters ask of their column."""


class Desk(AnyModelAdmin):
    """Rows to look at. `matter` is the row's place in the duty table; `reach` says which rows are in sight.

    Who is shown rows is noted in the read log, unless they tell nothing of people (`personal`): under `read_as` (the
    model's name), a row by its column `named_by`.
    """

    matter: ClassVar[Matter]
    personal: ClassVar[bool] = True
    read_as: ClassVar[str] = ""
    named_by: ClassVar[str] = "pk"
    show_full_result_count = False
    list_per_page = 50
    actions_on_top = True
    view_on_site = False
    buttons: ClassVar[Sequence[Button]] = ()
    change_form_template = "audit/change_form.html"
    change_list_template = "audit/change_list.html"

    def reach(self, rows: "models.QuerySet[Any]", sight: Sight) -> "models.QuerySet[Any]":
        """Which of the rows may this account see?"""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Any]":
        return self.reach(super().get_queryset(request), sight(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sight(request).may(May.VIEW, self.matter)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """May the address ask this of the list? Only what its filters ask.

        Django lets an address ask anything of a model's own columns: `?phone__startswith=138` would tell a masked
        number digit by digit, and `?password__startswith=` a hash.
        """
        try:
            self.opts.get_field(lookup.split(LOOKUP_SEP)[0])
        except FieldDoesNotExist:
            return super().lookup_allowed(lookup, value, request)
        filters = [item[0] if isinstance(item, tuple) else item for item in self.get_list_filter(request)]
        columns = [item for item in filters if isinstance(item, str)]
        named = {getattr(item, "parameter_name", None) for item in filters if not isinstance(item, str)}
        return lookup in named | {f"{column}{test}" for column in columns for test in FILTERS_ASK}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        response = _or_404(super().changelist_view, request, extra_context)
        listed = (getattr(response, "context_data", None) or {}).get("cl")
        if listed is not None:
            self.note_read(request, asked=request.GET.urlencode(), shown=len(listed.result_list))
        return response

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        row = self._in_sight_or_404(request, object_id)
        response = _or_404(super().history_view, request, object_id, extra_context)
        self.note_read(request, row, part=".history")
        return response

    def note_read(
        self, request: HttpRequest, row: Any = None, *, asked: str = "", shown: int = 1, part: str = ""
    ) -> None:
        """Write down that this account is shown the list that it `asked` for, or this row, or a `part` of it."""
        if self.personal:
            named = f"{self.opts.model_name}={getattr(row, self.named_by)}" if row is not None else ""
            page = (self.read_as or f"{self.opts.app_label}_{self.opts.model_name}") + part
            note(request, page=page, subject="&".join(filter(None, (named, asked))), shown=shown)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        raise Http404

    def get_urls(self) -> list[Any]:
        of = f"{self.opts.app_label}_{self.opts.model_name}"
        button, file = self.admin_site.admin_view(self.button_view), self.admin_site.admin_view(self.file_view)
        return [
            path("<path:object_id>/do/<slug:name>/", button, name=f"{of}_button"),
            path("list.<slug:form>", file, name=f"{of}_file"),
            *super().get_urls(),
        ]

    def file_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """The list as a file, filtered as on the screen; what cannot be listed goes back to the screen, which says so.

        Statements: those of the screen's rows, one for all rows, one for the read log.
        """
        knocker = sight(request)
        kind = Form.named(form)
        if kind is None or request.method not in {"GET", "HEAD"} or not self.has_view_permission(request):
            raise Http404
        screen = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            listing = listing_of(self, request)
            return hand_out(listing, form=kind, actor=knocker.actor, at=timezone.now(), most=settings.EXPORT_ROWS)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{screen}?e=1")
        except TooManyRows as refusal:
            self.message_user(request, f"{refusal.title}：{refusal.detail}", messages.ERROR)
            return HttpResponseRedirect(f"{screen}?{request.GET.urlencode()}")

    def button_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """The page of one button of one row; see audit/button.py."""
        row = self._in_sight_or_404(request, object_id)
        for button in self.buttons:
            if button.name == name:
                return press(self, button, request, row)
        raise Http404

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row, knocker = context.get("original"), sight(request)
        if row is not None:
            self.note_read(request, row)
        context["tracked"] = isinstance(self, Versions)
        context["buttons"] = [
            button
            for button in self.buttons
            if row is not None and knocker.may(button.verb, button.matter) and button.fits(row)
        ]
        return super().render_change_form(request, context, *args, **kwargs)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if object_id is not None:
            self._in_sight_or_404(request, object_id)
        try:
            return _or_404(super().changeform_view, request, object_id, form_url, extra_context)
        except Problem as refusal:
            # Rolled back; the same form once more, with what was typed and why it is refused.
            self._refusals(request).append(refusal)
            return _or_404(super().changeform_view, request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        refusals = self._refusals(request)
        if not refusals:
            return form

        def clean(self: forms.BaseForm) -> None:
            raise ValidationError([str(refusal.detail or refusal.title) for refusal in refusals])

        return type(form.__name__, (form,), {"clean": clean})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only what is in sight may be chosen, in the list and in what is posted."""
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if related is not None:
            kwargs.setdefault("queryset", related.get_queryset(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _in_sight_or_404(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, unquote(object_id)) if self.has_view_or_change_permission(request) else None
        if row is None:
            raise Http404
        return row

    @staticmethod
    def _refusals(request: HttpRequest) -> list[Problem]:
        asked: Any = request
        if not hasattr(asked, "refusals"):
            asked.refusals = []
        found: list[Problem] = asked.refusals
        return found


def one_of(column: str, title: "StrOrPromise", words: Mapping[Any, Any]) -> type[admin.SimpleListFilter]:
    """A list filter over a column of known codes. (Django's own asks the whole table for its distinct values.)"""

    class OneOf(admin.SimpleListFilter):
        parameter_name = column

        def __init__(self, *args: Any) -> None:
            self.title = str(title)
            super().__init__(*args)

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(str(code), str(word)) for code, word in words.items()]

        def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
            known = self.value() in {str(code) for code in words}
            return queryset.filter(**{column: self.value()}) if known else queryset

    return OneOf


class DeskInline(AnyTabularInline):
    """Rows that belong to the desk's row: to look at, and to keep if `kept`. Never deleted."""

    matter: ClassVar[Matter]
    kept: ClassVar[bool] = False
    extra = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sight(request).may(May.VIEW, self.matter)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.kept and sight(request).may(May.ADD, self.matter)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.kept and sight(request).may(May.CHANGE, self.matter)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RegisterDesk(Desk, Versions):
    """A register that may be kept here: adding and changing as the duty table says, each save by a deed."""

    read_only_once_made: ClassVar[Sequence[str]] = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sight(request).may(May.ADD, self.matter)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sight(request).may(May.CHANGE, self.matter)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = self.read_only_once_made if obj is not None else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A moment's two inputs are named for who hears the page; what Django writes beside them is no label."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.SplitDateTimeField):
            for part, name in zip(field.widget.widgets, (_("日期"), _("时间")), strict=True):
                part.attrs["aria-label"] = f"{field.label} · {name}"
        return field

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        """The deed that saves the row (which afterwards carries its key)."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self.keep(obj, actor=sight(request).actor, at=timezone.now(), new=not change)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> Any:
        """An earlier version, to look at."""
        row = self._in_sight_or_404(request, object_id)
        response = _or_404(super().history_form_view, request, object_id, version_id, extra_context)
        self.note_read(request, row, asked=f"version={version_id}", part=".history")
        return response
