"""docs/reference/settings.md: what project/settings.py reads from the environment, as its source says.

A variable is explained by the comment at the end of the line that names it, or by the comment lines above that line.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from project.reference.page import code, table

SOURCE = Path(__file__).resolve().parent.parent / "settings.py"
KINDS = {
    "str": "text",
    "bool": "yes or no",
    "int": "whole number",
    "float": "number",
    "list": "list, by commas",
    "json": "JSON",
    "dict": "`name=value` pairs, by commas",
}


class Unexplained(ValueError):
    """A variable without a comment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """One `env.<kind>("NAME", default=…)`; `default` is Python as written, None where there is none."""

    name: str
    kind: str
    default: str | None
    required: bool
    comment: str


def variables(source: str) -> list[Variable]:
    """Every variable, in the order of the source. Raises Unexplained."""
    comments = _comments(source)
    found: dict[str, Variable] = {}
    for call in _reads(ast.parse(source)):
        name = str(ast.literal_eval(call.args[0]))
        default = next((_written(source, word.value) for word in call.keywords if word.arg == "default"), None)
        before = found.get(name)
        found[name] = Variable(
            name=name,
            kind=call.func.attr if isinstance(call.func, ast.Attribute) else "",
            default=default if before is None or before.default is None else before.default,
            required=default is None or (before is not None and before.required),
            comment=before.comment if before and before.comment else _comment(comments, call.args[0].lineno),
        )
    for variable in found.values():
        if not variable.comment:
            raise Unexplained(f"project/settings.py: {variable.name} has no comment on its line or above it")
    return list(found.values())


def _written(source: str, value: ast.expr) -> str:
    """As in the source: unparsing would write f-strings otherwise on other Pythons."""
    return " ".join((ast.get_source_segment(source, value) or "").split())


def _reads(tree: ast.Module) -> Iterator[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "env" and call.func.attr in KINDS:
            yield call


def _comments(source: str) -> dict[int, tuple[str, bool]]:
    """By line: the comment, and whether it stands alone there."""
    return {
        token.start[0]: (token.string.lstrip("# ").strip(), not token.line[: token.start[1]].strip())
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }


def _comment(comments: dict[int, tuple[str, bool]], line: int) -> str:
    if line in comments:
        return comments[line][0]
    above: list[str] = []
    while line - 1 in comments and comments[line - 1][1]:
        line -= 1
        above.insert(0, comments[line][0])
    return " ".join(above)


def page() -> str:
    """docs/reference/settings.md."""
    rows = [
        [
            code(variable.name),
            KINDS[variable.kind],
            "**required** in production" if variable.required else "",
            code(variable.default or ""),
            variable.comment,
        ]
        for variable in variables(SOURCE.read_text())
    ]
    about = (
        "Everything that differs between houses comes from the environment; `project/settings.py` reads it, and this "
        "table is made from its source. Defaults are written as there; where production requires a variable, the "
        "default is that of `RUQI_ENV=demo` and `RUQI_ENV=test`. P: policy, for a jurisdiction to set."
    )
    return f"# Settings\n\n{about}\n\n{table(['variable', 'kind', '', 'default', 'what it is'], rows)}\n"
