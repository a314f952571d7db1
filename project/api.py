"""The one NinjaAPI: the phones' contract, `/api/v1`."""

import json
import math
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.parser import Parser

from audit.problem import all_problems
from checkins.api import router as checkins_router
from officers.api import router as officers_router
from project import problems


class StrictParser(Parser):
    """JSON as RFC 8259 has it: no NaN, no Infinity, no lone surrogate, no NUL (PostgreSQL could not keep it)."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        try:
            text = request.body.decode()
            data = json.loads(text, parse_constant=_refuse, parse_float=_finite)
            if "\\u" in text:
                _storable(data)
        except (ValueError, RecursionError) as error:
            raise problems.Unreadable(str(_("请求内容不是有效的 JSON 文本"))) from error
        if not isinstance(data, dict):
            raise problems.Unreadable(str(_("请求内容应为 JSON 对象")))
        return data


def _storable(value: Any) -> None:
    """Raises ValueError for a text, anywhere in the tree, with a NUL or a lone surrogate."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("NUL")
        value.encode()
    elif isinstance(value, dict):
        for key, item in value.items():
            _storable(key)
            _storable(item)
    elif isinstance(value, list):
        for item in value:
            _storable(item)


def _refuse(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


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


class Api(NinjaAPI):
    """A NinjaAPI whose document names every status that an operation can answer (promise 9).

    An operation adds its own refusals with `openapi_extra={"x-problems": [code, …]}`.
    """

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        schema = super().get_openapi_schema(**kwargs)
        schema["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
        known = {kind.code: kind for kind in all_problems()}
        for methods in schema["paths"].values():
            for operation in methods.values():
                kinds = [problems.BY_STATUS[status] for status in self._statuses(operation)]
                kinds += [known[code] for code in operation.get("x-problems", ())]
                for status in sorted({kind.status for kind in kinds}):
                    operation["responses"][status] = {
                        "description": "; ".join(f"{k.title} ({k.code})" for k in kinds if k.status == status),
                        "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                    }
        return schema

    @staticmethod
    def _statuses(operation: dict[str, Any]) -> list[int]:
        always = [404, 405, 413, 422, 429, 500, 503]
        return sorted(
            always + ([401] if "security" in operation else []) + ([400] if "requestBody" in operation else [])
        )


api = Api(
    title="入企扫码",
    version="1",
    description="The phones' contract. Errors are application/problem+json with a stable `type`.",
    parser=StrictParser(),
    urls_namespace="api-v1",
    openapi_url="/openapi.json",
    docs_url="/docs",
)
problems.register(api)
api.add_router("", officers_router)
api.add_router("", checkins_router)
