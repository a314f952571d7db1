"""Markdown, as far as the reference needs it."""

from collections.abc import Sequence

NOTICE = "<!-- Written by `manage.py reference`. Change the source, not this file. -->"


def cell(text: str) -> str:
    """A table's cell: one line, no bar that would end it."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; every row as wide as its head, or ValueError."""
    lines = [head, ["---"] * len(head), *rows]
    if any(len(line) != len(head) for line in lines):
        raise ValueError(f"a row is not as wide as {head}")
    return "\n".join("| " + " | ".join(cell(text) for text in line) + " |" for line in lines)


def code(text: str) -> str:
    """In typewriter letters; nothing stays nothing."""
    return f"`{text}`" if text else ""
