"""The form of a rule's draft: one field for each value of its kind, in words, and what is typed back into values."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from audit.draft import LENGTHS, LISTS, Draft, faults
from audit.explained import REASONS
from audit.kinds import KINDS, Kind, Parameter
from audit.law import Rule
from audit.rule_words import JOINT, LEVELS, SCOPES, SHARES, name_of, percent, runs

_APART = re.compile(r"[\s,，、;；]+")
_RUN = re.compile(r"([0-9]{1,2})(?:\s*[-–—至]\s*([0-9]{1,2}))?", re.ASCII)
MOST = 2_000
"""Characters of a list."""


class ListField(forms.CharField):
    """Words apart by commas, pauses or blanks."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=MOST, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return [word for word in _APART.split(text) if word]

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list) else value


class DaysField(forms.CharField):
    """Days of the month: 1-15、20."""

    def clean(self, value: Any) -> Any:
        found: list[int] = []
        for word in filter(None, _APART.split(super().clean(value))):
            match = _RUN.fullmatch(word)
            if match is None or int(match[1]) > int(match[2] or match[1]):
                raise forms.ValidationError(_("应为日期数字，例如 1-15、20"))
            found += range(int(match[1]), int(match[2] or match[1]) + 1)
        return sorted(set(found))

    def prepare_value(self, value: Any) -> Any:
        return runs(value) if isinstance(value, list) else value


class ShareField(forms.DecimalField):
    """A share, typed as per cent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=100, decimal_places=2, **options)

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return None if found is None else float(found / Decimal(100))

    def prepare_value(self, value: Any) -> Any:
        return percent(value) if isinstance(value, float | int) else value


class PercentilesField(forms.CharField):
    """C34/B 5 — one a line: the 95th percentile of an industry and a risk grade."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20 * MOST, **options)

    def clean(self, value: Any) -> Any:
        found: dict[str, int] = {}
        for line in filter(None, map(str.strip, super().clean(value).splitlines())):
            match = re.fullmatch(r"([^/\s]*/[^/\s]*)[\s=：:]+([0-9]{1,5})", line, re.ASCII)
            if match is None:
                raise forms.ValidationError(_("每行写“行业/风险等级 次数”，例如 C34/B 5"))
            found[match[1]] = int(match[2])
        return found

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{key} {many}" for key, many in sorted(value.items())) if isinstance(value, dict) else value


class DraftForm(forms.Form):
    """`kind` decides on the fields; `basis`: the version that the new one goes on from, whose code, kind and region
    stay; `home`: the drafter's region."""

    note = forms.CharField(label=lazy("起草说明"), max_length=200, help_text=lazy("为什么要改，供施行人参考"))
    source = forms.CharField(
        label=lazy("依据"), max_length=LENGTHS["source"], help_text=lazy("文件名称、文号、条款；本地口径请写明（P）")
    )
    effective_from = forms.DateField(label=lazy("拟施行日期"), help_text=lazy("最早为明天，例如 2026-07-01"))
    effective_to = forms.DateField(
        label=lazy("废止日期"), required=False, help_text=lazy("自这一天起不再适用；不填则长期有效")
    )

    def __init__(self, *args: Any, kind: Kind, basis: Rule | None, home: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind, self.basis = kind, basis
        before = {"repeals": forms.BooleanField(label=lazy("废止本规则"), required=False)} if basis else _names(home)
        values = {
            name: field_of(kind, name, parameter, basis.value(name) if basis else parameter.default)
            for name, parameter in KINDS[kind].parameters.items()
        }
        scopes = {f"scope_{name}": _scope(name, basis) for name in LISTS}
        if basis is not None:
            self.fields["source"].initial = basis.source
        self.fields = {**before, **values, **scopes, **self.fields}
        for field in self.fields.values():
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
                field.input_formats = ["%Y-%m-%d"]

    def clean(self) -> dict[str, Any]:
        """What no rule can be is said at the field that says it."""
        if not self.errors:
            for place, why in faults(self.draft()):
                name = place.replace("scope.", "scope_")
                self.add_error(name if name in self.fields else None, why)
        return self.cleaned_data

    def draft(self) -> Draft:
        """What was typed, as a rule would say it. A value that is as usual is not said."""
        words = self.cleaned_data
        named = self.basis
        return Draft(
            code=named.code if named else words["code"],
            title=named.title if named else words["title"],
            kind=str(self.kind),
            parameters={
                name: words[name]
                for name, parameter in KINDS[self.kind].parameters.items()
                if words[name] is not None and words[name] != parameter.default
            },
            effective_from=words["effective_from"],
            effective_to=words["effective_to"],
            source=words["source"],
            region_prefix=named.scope.region_prefix if named else words["region_prefix"],
            scope={name: words[f"scope_{name}"] for name in LISTS if words[f"scope_{name}"]},
            repeals=bool(words.get("repeals")),
        )


def _names(home: str) -> dict[str, forms.Field]:
    return {
        "code": forms.CharField(
            label=lazy("规则代码"),
            max_length=LENGTHS["code"],
            help_text=lazy("例如 city_cap；施行后不变"),
        ),
        "title": forms.CharField(label=lazy("名称"), max_length=LENGTHS["title"], required=False),
        "region_prefix": forms.CharField(
            label=lazy("地区代码"), max_length=9, initial=home, help_text=lazy("2、4、6 或 9 位，本地区及其下级")
        ),
    }


def _scope(name: str, basis: Rule | None) -> forms.Field:
    said = list(getattr(basis.scope, name)) if basis else []
    if name == "levels":
        return forms.MultipleChoiceField(
            label=SCOPES[name],
            choices=list(LEVELS.items()),
            initial=said,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
    return ListField(label=SCOPES[name], initial=said, help_text=lazy("几项之间用逗号或顿号分开；不填则不限"))


def field_of(kind: Kind, name: str, parameter: Parameter, usual: Any) -> forms.Field:
    """The field of one value; what it may be at last is audit/kinds.py's to say."""
    words: dict[str, Any] = {"label": name_of(kind, name), "initial": usual, "required": parameter.required}
    if name in SHARES:
        return ShareField(**words)
    if name == "count_case":
        return forms.BooleanField(**words)
    if name == "exempt":
        choices = [(str(code), said) for code, said in REASONS.items()]
        return forms.MultipleChoiceField(**words, choices=choices, widget=forms.CheckboxSelectMultiple)
    if name == "joint":
        return forms.ChoiceField(**words, choices=list(JOINT.items()))
    if name == "p95":
        return PercentilesField(**words)
    if name == "dates":
        return ListField(label=words["label"], initial=usual, help_text=lazy("例如 2026-06-07、2026-06-08"))
    if name == "days" and kind is Kind.QUIET_DAYS:
        return DaysField(**words, max_length=200, help_text=lazy("例如 1-15、20"))
    return forms.IntegerField(**words, min_value=0, max_value=10_000)
