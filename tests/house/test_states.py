"""The table of a visit's states is the only one that decides: read from the services' own source."""

import ast
from collections.abc import Iterator

from checkins.states import TABLE, Deed
from tests.house.source import Source, called, dotted, ours

ASKING = {"ask", "hold_own", "holder"}
OPEN = {"Visit.Status.OPEN", "State.OPEN", "models.Visit.Status.OPEN"}


def _services() -> list[Source]:
    return [source for source in ours() if source.parts[:2] == ("checkins", "services")]


def _deeds(node: ast.AST) -> set[str]:
    named = {dotted(one) for one in ast.walk(node) if isinstance(one, ast.Attribute)}
    return {one.removeprefix("Deed.") for one in named if one.startswith("Deed.")}


def _asked(source: Source) -> set[str]:
    """The deeds that this service asks the table about; those of a mapping that stands in the file, too."""
    tables = {
        dotted(target): _deeds(node.value)
        for node in source.tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    found: set[str] = set()
    for call in source.calls():
        if called(call) in ASKING:
            for keyword in call.keywords:
                if keyword.arg == "deed" and isinstance(keyword.value, ast.Subscript):
                    found |= tables[dotted(keyword.value.value)]
                elif keyword.arg == "deed":
                    found |= _deeds(keyword.value)
    return found


def test_every_deed_that_the_table_refuses_anywhere_is_asked_by_the_service_that_does_it() -> None:
    asked = {name for source in _services() for name in _asked(source)}
    refused = {deed.name for deed in Deed if any(cell.refused for cell in TABLE[deed].values())}
    assert asked == refused
    assert {deed.name for deed in Deed} - refused == {"SCAN", "LATE_SCAN", "WITHDRAWAL", "MERGE", "REGROUPING"}


def test_no_service_looks_by_itself_whether_a_visit_is_open() -> None:
    found = [f"{source.at(node)}: {ast.unparse(node)}" for source in _services() for node in _looks(source)]
    assert found == []


def _looks(source: Source) -> Iterator[ast.expr]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Compare) and _is_about_status(node) and _says_open(node):
            yield node
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if (keyword.arg or "").split("__")[-1] == "status" and _says_open(keyword.value):
                    yield node


def _is_about_status(node: ast.Compare) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr == "status" for one in (node.left, *node.comparators))


def _says_open(node: ast.AST) -> bool:
    return any(
        (isinstance(one, ast.Attribute) and dotted(one) in OPEN)
        or (isinstance(one, ast.Constant) and one.value == "open")
        for one in ast.walk(node)
    )


def test_the_inspection_finds_what_it_looks_for() -> None:
    text = "if visit.status != Visit.Status.OPEN:\n    raise VisitNotOpen\nVisit.objects.filter(status='open')\n"
    assert len(list(_looks(Source("checkins/services/join.py", text)))) == 2
