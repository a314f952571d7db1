"""The one NinjaAPI: the phones' contract, `/api/v1`."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.parser import Parser
from ninja.renderers import JSONRenderer

from audit import strict_json
from audit.api import router as audit_router
from audit.auth import AccountSession, NoFormToken
from audit.problem import all_problems
from checkins.api import router as checkins_router
from checkins.api.batch import post_batch
from enterprises.api import router as enterprises_router
from officers.api import router as officers_router
from officers.auth import DeviceToken
from project import problems
from project.documents_api import router as documents_router


def _is_queue(request: HttpRequest) -> bool:
    """Is it `POST /scans/batch`, which reads each of its items for itself?"""
    match = request.resolver_match
    return match is not None and match.url_name == post_batch.__name__


class StrictParser(Parser):
    """A body is a JSON object, as strictly read as audit/strict_json.py does."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        # A body without a type is taken for JSON. What was compressed or is a form was not meant for us.
        if request.content_type not in {"", "application/json"} or "Content-Encoding" in request.headers:
            raise problems.UnsupportedMedia(str(_("请求内容应为未压缩的 application/json")))
        try:
            data = strict_json.read(request.body.decode(), apart="items" if _is_queue(request) else "")
        except ValueError as error:
            raise problems.Unreadable(str(_("请求内容不是有效的 JSON 文本"))) from error
        if not isinstance(data, dict):
            raise problems.Unreadable(str(_("请求内容应为 JSON 对象")))
        return data


PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {
            "type": "string",
            "description": "stable, /problems/<code>; docs/reference/api.md lists them",
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


class ReadableJson(JSONRenderer):
    """Chinese as Chinese, not as escapes: people read these answers in terminals and logs."""

    json_dumps_params = {"ensure_ascii": False}


class Api(NinjaAPI):
    """A NinjaAPI whose document names every status that an operation can answer (promise 9).

    An operation adds its own refusals with `openapi_extra={"x-problems": [code, …]}`.
    """

    def __init__(self, **words: Any) -> None:
        super().__init__(**words)
        self._written: dict[tuple[str | None, str], Any] = {}

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> Any:
        """The same document for every reader of one language, not to be changed: to write it costs a second of CPU,
        and anybody may ask for it."""
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        key = get_language(), prefix
        if key not in self._written:
            self._written[key] = self._write(prefix)
        return self._written[key]

    def _write(self, prefix: str) -> Any:
        schema = super().get_openapi_schema(path_prefix=prefix)
        schema["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
        known = {kind.code: kind for kind in all_problems()}
        for methods in schema["paths"].values():
            for method, operation in methods.items():
                kinds = [*problems.ALWAYS]
                kinds += [problems.Unauthorized] if "security" in operation else []
                by_session = any(AccountSession.__name__ in scheme for scheme in operation.get("security", ()))
                kinds += [NoFormToken] if by_session and method != "get" else []
                kinds += problems.OF_BODIES if "requestBody" in operation else []
                kinds += [known[code] for code in operation.get("x-problems", ())]
                for status in sorted({kind.status for kind in kinds}):
                    operation["responses"][status] = {
                        "description": "; ".join(f"{k.title} ({k.code})" for k in kinds if k.status == status),
                        "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                    }
        return schema


api = Api(
    title="入企扫码",
    version="1",
    description="The phones' contract. Errors are application/problem+json with a stable `type`.",
    parser=StrictParser(),
    renderer=ReadableJson(),
    urls_namespace="api-v1",
    openapi_url="/openapi.json",
    docs_url="/docs",
)
problems.register(api)
api.add_router("/supervision", audit_router)
api.add_router("", officers_router)
api.add_router("", checkins_router)
api.add_router("", enterprises_router, auth=DeviceToken())  # enterprises knows no officers: they meet here
api.add_router("", documents_router)
