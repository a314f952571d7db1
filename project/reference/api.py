"""docs/reference/api.md and openapi.json: what the phones' contract answers."""

import json
from collections.abc import Iterator
from typing import Any

from django.utils import translation
from ninja.responses import NinjaJSONEncoder

from audit.problem import Problem, all_problems
from checkins.warnings import MEANINGS
from project.api import api
from project.reference.modules import FLOORS, import_all
from project.reference.page import code, table


def document() -> str:
    """docs/reference/openapi.json, its titles in Chinese as the house speaks it first."""
    with translation.override("zh-hans"):
        schema = api.get_openapi_schema()
        return json.dumps(schema, cls=NinjaJSONEncoder, ensure_ascii=False, indent=2) + "\n"


def page() -> str:
    """docs/reference/api.md."""
    common = set.intersection(*({status for status, _codes in _refusals(one)} for _m, _p, one in _operations()))
    return (
        "\n\n".join(
            [
                "# The phones' contract",
                "`/api/v1`; the whole document with every field is [openapi.json](openapi.json), served at "
                "`/api/v1/openapi.json`. v1 only ever gains.",
                "## Operations",
                "Every operation may also answer " + ", ".join(sorted(common)) + "; see the codes below.",
                table(
                    ["call", "what it does", "knocks with", "answers", "refuses with"],
                    [_operation(*one, common=common) for one in _operations()],
                ),
                "## Error codes",
                "A refusal is `application/problem+json` (RFC 9457): `type` is `/problems/<code>` and stable for ever, "
                "`title` and `detail` are sentences in the reader's language (`Accept-Language`), Chinese first.",
                table(["code", "status", "标题", "title"], [_problem(kind) for kind in problems()]),
                "## Warning codes",
                "In `for_officer.warnings` of an answer to a scan. A warning never blocks. `would_refuse`: a stricter "
                "house would have refused the visit for it. P: policy, for a jurisdiction to set.",
                table(["code", "消息", "message", "rule", "would_refuse"], list(_warnings())),
            ]
        )
        + "\n"
    )


def problems() -> list[type[Problem]]:
    """Every kind of refusal of our packages, by code."""
    import_all()
    return [kind for kind in all_problems() if kind.__module__.split(".")[0] in FLOORS]


def both(text: Any) -> tuple[str, str]:
    """The text in Chinese and in English."""
    with translation.override("zh-hans"):
        chinese = str(text)
    with translation.override("en"):
        return chinese, str(text)


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    paths = json.loads(document())["paths"]
    return ((method.upper(), path, operation) for path in sorted(paths) for method, operation in paths[path].items())


def _refusals(operation: dict[str, Any]) -> list[tuple[str, str]]:
    """(status, description) of what is a problem."""
    return [
        (status, answer["description"])
        for status, answer in operation["responses"].items()
        if "application/problem+json" in answer.get("content", {})
    ]


def _operation(method: str, path: str, operation: dict[str, Any], *, common: set[str]) -> list[str]:
    refusals = dict(_refusals(operation))
    good = sorted(status for status in operation["responses"] if status not in refusals)
    own = {kind.code: kind for kind in problems() if kind.code in operation.get("x-problems", ())}
    refused = [*(status for status in refusals if status not in common), *(f"`{name}`" for name in sorted(own))]
    auth = ", ".join(name for need in operation.get("security", ()) for name in need)
    return [code(f"{method} {path}"), operation["summary"], code(auth), ", ".join(good), ", ".join(refused)]


def _problem(kind: type[Problem]) -> list[str]:
    return [code(kind.code), str(kind.status), *both(kind.title)]


def _warnings() -> Iterator[list[str]]:
    for warning, meaning in MEANINGS.items():
        yield [code(warning.value), *both(meaning.message), meaning.rule, "yes" if meaning.would_refuse else ""]
