"""A register's desk that takes files: upload, see what it would change, take it over; refused rows as a list."""

import io
import uuid
from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.auth import Sight, sight
from audit.desk import RegisterDesk
from audit.duties import May
from audit.foreseen import SHOWN, Foreseen, Register
from audit.handed_out import TYPES, Listing, hand_out
from audit.list_file import Form, Sheet, write
from audit.models import ImportFile
from audit.problem import Problem
from audit.services.log_read import log_read
from audit.services.preview_import import preview_import
from audit.services.take_import import take_import
from audit.versions import word


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("文件"), help_text=gettext_lazy("CSV（UTF-8 或 GB18030）或 XLSX"))
    reason = forms.CharField(
        label=gettext_lazy("原因"), max_length=100, help_text=gettext_lazy("写入每条变更的历史，例如来文文号")
    )


class IntakeDesk(RegisterDesk):
    """Who may add to the register and change it may bring a file. Others find no such page."""

    change_list_template = "audit/intake_list.html"

    def register_of(self, sight: Sight) -> Register:
        """The register, as far as this account may write into it."""
        raise NotImplementedError

    def get_urls(self) -> list[Any]:
        of, guard = f"{self.opts.app_label}_{self.opts.model_name}", self.admin_site.admin_view
        return [
            path("import/", guard(self.upload_view), name=f"{of}_import"),
            path("import/template.<slug:form>", guard(self.template_view), name=f"{of}_import_template"),
            path("import/<uuid:key>/", guard(self.preview_view), name=f"{of}_import_file"),
            path("import/<uuid:key>/refused.<slug:form>", guard(self.refused_view), name=f"{of}_import_refused"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may = {"import_page": self._page("import") if self._may(request) else None}
        return super().changelist_view(request, {**may, **(extra_context or {})})

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """GET asks for a file, POST keeps it and leads to what it would change."""
        register = self._register_or_404(request)
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        refusal = ""
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                kept = preview_import(
                    register,
                    name=PurePath(file.name).name,
                    content=file.read(settings.IMPORT_POLICY.file_bytes + 1),
                    reason=form.cleaned_data["reason"],
                    policy=settings.IMPORT_POLICY,
                    actor=sight(request).actor,
                    at=timezone.now(),
                )
            except Problem as problem:
                refusal = str(problem.detail or problem.title)
            else:
                return HttpResponseRedirect(self._page("import_file", kept.pk))
        context = {
            "title": _("从文件导入"),
            "form": form,
            "refusal": refusal,
            "columns": register.columns,
            "lines": register.most_lines(settings.IMPORT_POLICY),
            "megabytes": f"{settings.IMPORT_POLICY.file_bytes / 2**20:g}",
            "templates": [(form.value.upper(), self._page("import_template", form.value)) for form in reversed(Form)],
        }
        return self._answer(request, "audit/intake.html", context)

    def preview_view(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        """What it would change; POST takes it over. Looking is recorded."""
        register = self._register_or_404(request)
        if request.method == "POST":
            return self._take(request, register, key)
        file = self._file_or_404(request, register, key)
        found = Foreseen.of(file.foreseen)
        shown = len(found.new) + len(found.changed) + min(len(found.refused), SHOWN)
        self._log(request, file, shown=shown)
        words = _Words(register)
        context = {
            "title": _("导入结果") if file.taken_at else _("导入预览"),
            "file": file,
            "found": found,
            "refused": found.refused[:SHOWN],
            "changed": [(line, key, [words.change(*one) for one in changes]) for line, key, changes in found.changed],
            "new": [
                (line, [(words.label(name), words.value(name, value)) for name, value in values])
                for line, values in found.new
            ],
            "most": SHOWN,
            "asks_a_word": found.needs_a_word(settings.IMPORT_POLICY),
            "again": self._page("import"),
            "lists": [(form.value.upper(), self._page("import_refused", key, form.value)) for form in reversed(Form)],
        }
        return self._answer(request, "audit/intake_preview.html", context)

    def _take(self, request: HttpRequest, register: Register, key: uuid.UUID) -> HttpResponse:
        try:
            taken = take_import(
                register,
                key=key,
                leaving_confirmed=request.POST.get("leaving") == "yes",
                policy=settings.IMPORT_POLICY,
                actor=sight(request).actor,
                at=timezone.now(),
            )
        except Problem as problem:
            self.message_user(request, str(problem.detail or problem.title), messages.ERROR)
            return HttpResponseRedirect(self._page("import") if problem.status == 404 else request.path)
        if taken.changed_meanwhile:
            self.message_user(
                request, _("预览之后登记簿已有变化，尚未导入任何内容。下面是新的预览，请重新核对。"), messages.WARNING
            )
        return HttpResponseRedirect(request.path)

    def refused_view(self, request: HttpRequest, key: uuid.UUID, form: str) -> HttpResponseBase:
        """The refused rows with their reasons, as a file."""
        register, kind = self._register_or_404(request), Form.named(form)
        file = self._file_or_404(request, register, key)
        if kind is None or request.method not in {"GET", "HEAD"}:
            raise Http404
        listing = Listing(
            page=f"{self.opts.app_label}_{self.opts.model_name}_refused",
            subject=file.sha256,
            title=_("未导入的行"),
            headings=[_("行号"), _("列"), _("值"), _("说明")],
            rows=Foreseen.of(file.foreseen).refused,
        )
        return hand_out(listing, form=kind, actor=sight(request).actor, at=timezone.now(), most=settings.EXPORT_ROWS)

    def template_view(self, request: HttpRequest, form: str) -> HttpResponse:
        """An empty file with the register's headings; of XLSX a second sheet says what belongs under each."""
        register, kind = self._register_or_404(request), Form.named(form)
        if kind is None or request.method not in {"GET", "HEAD"}:
            raise Http404
        title = _("%s导入模板") % register.title
        notes = [(str(column.heading), _told(column.required, column.note)) for column in register.columns]
        sheet = Sheet(
            title=title,
            headings=[str(column.heading) for column in register.columns],
            notes_title=_("说明"),
            notes=notes,
        )
        file = io.BytesIO()
        write(kind, sheet, (), file=file, most=1)
        response = HttpResponse(file.getvalue(), content_type=TYPES[kind])
        response["Content-Disposition"] = f'attachment; filename="template.{kind}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def _may(self, request: HttpRequest) -> bool:
        knocker = sight(request)
        return knocker.may(May.ADD, self.matter) and knocker.may(May.CHANGE, self.matter)

    def _register_or_404(self, request: HttpRequest) -> Register:
        if not self._may(request):
            raise Http404
        return self.register_of(sight(request))

    def _file_or_404(self, request: HttpRequest, register: Register, key: uuid.UUID) -> ImportFile:
        """Its own account's, without the content. One statement."""
        kept = ImportFile.objects.defer("content").filter(
            pk=key, register=register.label, actor=sight(request).actor, expires_at__gt=timezone.now()
        )
        file = kept.first()
        if file is None:
            raise Http404
        return file

    def _log(self, request: HttpRequest, file: ImportFile, *, shown: int) -> None:
        page = f"{self.opts.app_label}_{self.opts.model_name}_import"
        log_read(page=page[:40], subject=file.sha256, shown=shown, actor=sight(request).actor, at=timezone.now())

    def _page(self, kind: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{kind}", args=args)

    def _answer(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(request, template, {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "back": self._page("changelist"),
            **context,
        })  # fmt: skip


def _told(required: bool, note: str) -> str:
    return "；".join(filter(None, [_("新登记时必填") if required else "", note]))


class _Words:
    """Columns and values of a register in people's words."""

    def __init__(self, register: Register) -> None:
        self._columns = {column.name: column for column in register.columns}
        self._models = register.models

    def label(self, name: str) -> str:
        field = self._field(name)
        if field is not None:
            return str(field.verbose_name)
        return str(self._columns[name].heading) if name in self._columns else name

    def value(self, name: str, value: Any) -> str:
        field = self._field(name)
        choices = dict(field.flatchoices) if field is not None and hasattr(field, "flatchoices") else {}
        return str(choices[value]) if isinstance(value, str) and value in choices else word(value)

    def change(self, name: str, old: Any, new: Any) -> tuple[str, str, str]:
        return self.label(name), self.value(name, old), self.value(name, new)

    def _field(self, name: str) -> Any:
        for model in self._models:
            try:
                return model._meta.get_field(name)
            except FieldDoesNotExist:
                continue
        return None
