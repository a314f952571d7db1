"""Refusals that every floor may have to give: a body that is not as asked for, a busy house, a bug of ours."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.problem import Problem


class Invalid(Problem):
    code, status, title = "invalid-body", 422, _("请求内容不符合要求")


class Broken(Problem):
    code, status, title = "internal-error", 500, _("系统内部错误")


class Busy(Problem):
    code, status, title = "busy", 503, _("系统繁忙，请稍后重试")


# What pydantic found, for a person; other kinds fall back to the last line.
SENTENCES = {
    "missing": _("缺少该字段"),
    "string_type": _("应为文本"),
    "string_too_long": _("文本过长"),
    "string_too_short": _("文本过短"),
    "string_unicode": _("文本含有无效字符"),
    "string_pattern_mismatch": _("格式不正确"),
    "uuid_parsing": _("应为 UUID"),
    "uuid_type": _("应为 UUID"),
    "moment": _("应为 RFC 3339 时间，带时区，在 1970 至 2099 年之间"),
    "day": _("应为日期，例如 2026-01-31，在 1970 至 2099 年之间"),
    "literal_error": _("不在允许的取值之内"),
    "enum": _("不在允许的取值之内"),
    "greater_than_equal": _("数值过小"),
    "less_than_equal": _("数值过大"),
    "finite_number": _("应为有限的数"),
    "float_type": _("应为数值"),
    "int_type": _("应为整数"),
    "bool_type": _("应为 true 或 false"),
    "list_type": _("应为数组"),
    "too_long": _("条目过多"),
    "model_type": _("应为对象"),
    "model_attributes_type": _("应为对象"),
    "enterprise_missing": _("须提供 code 或 credit_code"),
}
OTHERWISE = _("取值不正确")


def invalid(found: Iterable[tuple[Sequence[str | int], str]]) -> Invalid:
    """What pydantic found, as a problem: each place with its kind of error."""
    fields: list[Mapping[str, Any]] = [
        {
            "field": ".".join(map(str, place)),
            "code": kind,
            "message": str(SENTENCES.get(kind, OTHERWISE)),
        }
        for place, kind in found
    ]
    first = fields[0]
    return Invalid(f"{first['field'] or _('请求内容')}：{first['message']}", errors=fields)
