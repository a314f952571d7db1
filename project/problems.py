"""Every refusal as `application/problem+json` (RFC 9457), whoever raised it: a deed, ninja, Django or a bug."""

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from audit.problem import Problem
from audit.trouble import Broken, Busy, Invalid, invalid

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


class TooMany(Problem):
    code, status, title = "too-many-requests", 429, _("请求过于频繁")


ALWAYS: tuple[type[Problem], ...] = (BadRequest, NotFound, MethodNotAllowed, TooLarge, Invalid, TooMany, Broken, Busy)
OF_BODIES: tuple[type[Problem], ...] = (Unreadable, LengthRequired, UnsupportedMedia)
_EVERY: tuple[type[Problem], ...] = (*OF_BODIES, Unauthorized, *ALWAYS)
BY_STATUS: dict[int, type[Problem]] = {kind.status: kind for kind in _EVERY}


# A phone's whole queue in one body. Every other body stays small: DATA_UPLOAD_MAX_MEMORY_SIZE has no exceptions, so the
# middleware reads this one itself.
LARGER: dict[str, int] = {"/api/v1/scans/batch": settings.MAX_BATCH_BYTES}


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
    return invalid((_place(item["loc"]), item["type"]) for item in error.errors)


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
        largest = LARGER.get(request.path)
        if largest is not None and request.method == "POST":
            declared = request.META.get("CONTENT_LENGTH") or "0"
            if not declared.isdecimal() or int(declared) > largest:
                return respond(TooLarge())
            try:
                request._body = request.read(int(declared))
            except UnreadablePostError:
                return respond(Unreadable())
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
