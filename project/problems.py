"""Every refusal as `application/problem+json` (RFC 9457), whoever raised it: a deed, ninja, Django or a bug."""

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from audit.problem import Problem

logger = logging.getLogger("project.problems")
CONTENT_TYPE = "application/problem+json"


class BadRequest(Problem):
    """What Django itself finds wrong before anybody reads the body, such as a host that is not ours."""

    code, status, title = "bad-request", 400, _("请求有误")


class Unreadable(Problem):
    code, status, title = "unreadable-body", 400, _("请求内容无法读取")


class Unauthorized(Problem):
    code, status, title = "unauthorized", 401, _("未登录或令牌无效")


class NotFound(Problem):
    code, status, title = "not-found", 404, _("没有找到")


class MethodNotAllowed(Problem):
    code, status, title = "method-not-allowed", 405, _("不支持该请求方法")


class LengthRequired(Problem):
    """Django reads as much as Content-Length says: a body sent in chunks would count as none."""

    code, status, title = "length-required", 411, _("请求须带 Content-Length，不支持分块传输")


class TooLarge(Problem):
    code, status, title = "body-too-large", 413, _("请求内容过大")


class UnsupportedMedia(Problem):
    code, status, title = "unsupported-media-type", 415, _("不支持该内容类型")


class Invalid(Problem):
    code, status, title = "invalid-body", 422, _("请求内容不符合要求")


class TooMany(Problem):
    code, status, title = "too-many-requests", 429, _("请求过于频繁")


class Broken(Problem):
    code, status, title = "internal-error", 500, _("系统内部错误")


class Busy(Problem):
    code, status, title = "busy", 503, _("系统繁忙，请稍后重试")


ALWAYS: tuple[type[Problem], ...] = (BadRequest, NotFound, MethodNotAllowed, TooLarge, Invalid, TooMany, Broken, Busy)
OF_BODIES: tuple[type[Problem], ...] = (Unreadable, LengthRequired, UnsupportedMedia)
_EVERY: tuple[type[Problem], ...] = (*OF_BODIES, Unauthorized, *ALWAYS)
BY_STATUS: dict[int, type[Problem]] = {kind.status: kind for kind in _EVERY}

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


def respond(problem: Problem) -> HttpResponse:
    """The HTTP answer of a problem, with its headers; 401 names the scheme (RFC 6750), 503 says when to retry."""
    response = HttpResponse(
        json.dumps(problem.body(), ensure_ascii=False, default=str),
        status=problem.status,
        content_type=CONTENT_TYPE,
    )
    if problem.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="ruqi"'
    if problem.status == 503:
        response["Retry-After"] = "1"
    for name, value in problem.headers.items():
        response[name] = value
    return response


def _invalid(error: ValidationError) -> Problem:
    fields = [
        {
            "field": ".".join(map(str, _place(item["loc"]))),
            "code": item["type"],
            "message": str(SENTENCES.get(item["type"], OTHERWISE)),
        }
        for item in error.errors
    ]
    first = fields[0]
    return Invalid(f"{first['field'] or _('请求内容')}：{first['message']}", errors=fields)


def _place(loc: Sequence[str | int]) -> Sequence[str | int]:
    """ninja names the source first and, for a body, our own parameter next: neither is the caller's word."""
    return loc[2:] if loc[0] == "body" else loc[1:]


def _http(error: HttpError) -> Problem:
    if isinstance(error.__cause__, Problem):  # raised inside ninja's body parser
        return error.__cause__
    return BY_STATUS.get(error.status_code, BadRequest)()


def _unavailable(error: OperationalError) -> Problem:
    """An exhausted pool, a locked SQLite file, a lost server: nothing was stored, the phone may try again."""
    logger.error("database unavailable", exc_info=error)
    return Busy()


def _broken(error: Exception) -> Problem:
    logger.error("unhandled", exc_info=error)
    return Broken()


def register(api: NinjaAPI) -> None:
    """Make ninja answer every exception as a problem."""
    translations: list[tuple[type[Exception], Callable[[Any], Problem]]] = [
        (Problem, lambda error: error),
        (ValidationError, _invalid),
        (AuthenticationError, lambda _error: Unauthorized()),
        (HttpError, _http),
        (Http404, lambda _error: NotFound()),
        (RequestDataTooBig, lambda _error: TooLarge()),
        (OperationalError, _unavailable),
        (Exception, _broken),
    ]
    for kind, translate in translations:

        def handler(_request: HttpRequest, error: Any, translate: Callable[[Any], Problem] = translate) -> HttpResponse:
            return respond(translate(error))

        api.add_exception_handler(kind, handler)


class ProblemMiddleware:
    """Under /api/ no refusal is HTML: what Django itself answers (404, 405, 500 …) is put into a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/") and "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            return respond(LengthRequired())
        response = self.get_response(request)
        if (
            response.status_code < 400
            or not request.path.startswith("/api/")
            or response.headers.get("Content-Type") == CONTENT_TYPE
        ):
            return response
        problem = BY_STATUS.get(response.status_code, Broken if response.status_code >= 500 else BadRequest)()
        problem.headers = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
        return respond(problem)
