"""Every sentence that people see: what our source hands to gettext, floor by floor.

Used by `manage.py catalogue` and by the test that no sentence lacks its English.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
# What the leading arguments of gettext's functions are.
ARGUMENTS = {
    "_": ("msgid",),
    "gettext": ("msgid",),
    "gettext_lazy": ("msgid",),
    "gettext_noop": ("msgid",),
    "ngettext": ("msgid", "plural"),
    "ngettext_lazy": ("msgid", "plural"),
    "pgettext": ("context", "msgid"),
    "pgettext_lazy": ("context", "msgid"),
    "npgettext": ("context", "msgid", "plural"),
    "npgettext_lazy": ("context", "msgid", "plural"),
}
_IN_TEMPLATES = re.compile(r"\b(_|n?p?gettext)\((u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?:\s*,[^()]*)?)\)")


class Unreadable(ValueError):
    """A call of gettext whose words are no constants: no tool can read them."""


@dataclass(frozen=True, order=True, slots=True)
class Sentence:
    """What gettext is asked for; `plural` is empty but for ngettext, `context` but for pgettext."""

    msgid: str
    plural: str = ""
    context: str = ""


def catalogue_of(floor: str) -> Path:
    """The floor's English catalogue; the compiled one lies beside it."""
    return ROOT / floor / "locale" / "en" / "LC_MESSAGES" / "django.po"


def sentences(floor: str) -> dict[Sentence, str]:
    """Each sentence of a floor's modules and templates, and where it stands first. Raises Unreadable."""
    found: dict[Sentence, str] = {}
    for file in sorted((ROOT / floor).rglob("*")):
        where = file.relative_to(ROOT).as_posix()
        if file.suffix == ".py" and "migrations" not in file.parts:
            told = in_python(file.read_text(encoding="utf-8"), where)
        elif file.suffix in {".html", ".txt"} and "templates" in file.parts:
            told = in_template(file.read_text(encoding="utf-8"), where)
        else:
            continue
        for sentence in told:
            found.setdefault(sentence, where)
    return found


def in_python(source: str, where: str) -> Iterator[Sentence]:
    """What this module says."""
    tree = ast.parse(source, where)
    names = _names(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else names.get(node.func.id, "")
        if name in ARGUMENTS:
            words = [_words(word, where) for word in node.args[: len(ARGUMENTS[name])]]
            yield Sentence(**dict(zip(ARGUMENTS[name], words, strict=True)))


def _names(tree: ast.Module) -> dict[str, str]:
    """What this module calls gettext's functions: `_` for gettext_lazy."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }


def _words(node: ast.expr, where: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise Unreadable(f"{where}:{node.lineno}: {ast.unparse(node)} is not a constant")


def in_template(source: str, where: str) -> Iterator[Sentence]:
    """What this template says, by Django's own reading of its tags."""
    for name, words in _IN_TEMPLATES.findall(templatize(source, origin=where)):
        said = ast.parse(f"({words},)", mode="eval").body
        assert isinstance(said, ast.Tuple)  # noqa: S101  (it was written as one)
        wanted = ARGUMENTS[name]
        yield Sentence(**dict(zip(wanted, [_words(word, where) for word in said.elts[: len(wanted)]], strict=True)))
