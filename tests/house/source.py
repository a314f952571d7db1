"""Our own source as syntax trees: what the house reads when it inspects itself."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("project", "checkins", "officers", "enterprises", "audit")
# No room on any floor: what is put there has not been named yet.
NAMELESS = {"utils", "util", "helpers", "helper", "common", "core", "misc", "signals", "exceptions", "errors", "base"}


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is relative to the project, with slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def parts(self) -> tuple[str, ...]:
        return Path(self.path).with_suffix("").parts

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def at(self, node: ast.expr | ast.stmt) -> str:
        return f"{self.path}:{node.lineno}"


@lru_cache
def _under(folder: str) -> tuple[Source, ...]:
    files = sorted((ROOT / folder).rglob("*.py"))
    return tuple(Source(file.relative_to(ROOT).as_posix(), file.read_text()) for file in files)


def ours() -> list[Source]:
    """The floors' modules, migrations left out."""
    return [source for floor in FLOORS for source in _under(floor) if "migrations" not in source.parts]


def tests() -> list[Source]:
    return list(_under("tests"))


def called(call: ast.Call) -> str:
    """The last name of what is called: `save` in `row.save()`, `record` in `record()`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def dotted(node: ast.expr) -> str:
    """`timezone.now` for that expression; empty for anything but names and attributes."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
