"""What stands on docs/reference/, and what is there that should be otherwise."""

from collections.abc import Callable, Iterator
from pathlib import Path

from project.reference import api, cost, frequency, settings, states, tables, vectors
from project.reference.page import NOTICE

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"
WRITTEN: dict[str, Callable[[], str]] = {
    "api.md": api.page,
    "cost.md": cost.page,
    "electronic-id-vectors.json": vectors.document,
    "frequency.md": frequency.page,
    "openapi.json": api.document,
    "settings.md": settings.page,
    "states.md": states.page,
    "tables.md": tables.page,
}


def pages() -> dict[str, str]:
    """Each file's name and what it must hold. The same house writes the same pages."""
    return {name: f"{NOTICE}\n\n{write()}" if name.endswith(".md") else write() for name, write in WRITTEN.items()}


def stale(folder: Path) -> Iterator[str]:
    """Which files of the folder differ from what the house says of itself, and where first?"""
    for name, wanted in pages().items():
        file = folder / name
        if not file.exists():
            yield f"{name}: missing"
            continue
        found = file.read_text(encoding="utf-8")
        if found != wanted:
            yield f"{name}:{_first_difference(found.split(chr(10)), wanted.split(chr(10)))}"


def _first_difference(found: list[str], wanted: list[str]) -> str:
    for number in range(max(len(found), len(wanted))):
        was = found[number] if number < len(found) else "(end of file)"
        now = wanted[number] if number < len(wanted) else "(end of file)"
        if was != now:
            return f"{number + 1}\n  is:     {was}\n  should: {now}"
    return "1"
