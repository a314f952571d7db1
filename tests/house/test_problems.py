"""Errors and tests keep their own promises."""

import ast
import re

import pytest

from audit.problem import Problem
from project.reference.modules import import_all
from tests.house.source import FLOORS, called
from tests.house.source import tests as all_tests


def _problems() -> list[type[Problem]]:
    import_all()
    found, queue = [], [Problem]
    while queue:
        for child in queue.pop().__subclasses__():
            queue.append(child)
            if child.__module__.split(".")[0] in FLOORS:
                found.append(child)
    return found


def test_every_problem_has_a_code_of_its_own() -> None:
    owners: dict[str, str] = {}
    for kind in _problems():
        if "code" in kind.__dict__:
            assert kind.code not in owners, f"{kind.code}: {owners[kind.code]} and {kind.__qualname__}"
            owners[kind.code] = kind.__qualname__
    assert len(owners) > 20


@pytest.mark.parametrize("kind", _problems(), ids=lambda kind: kind.__name__)
def test_a_problem_says_code_status_and_title(kind: type[Problem]) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.code)
    assert 400 <= kind.status < 600
    assert re.search("[一-鿿]", str(kind.title))


# pytest's own, schemathesis's, and hypothesis's, which asks the invariants of a machine.
ASSERTING = {"raises", "warns", "fail", "validate_response", "call_and_validate", "run_state_machine_as_test"}


def _asserts(function: ast.FunctionDef, asserting: set[str]) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call) and called(node) in ASSERTING | asserting:
            return True
    return False


def test_every_test_can_fail() -> None:
    """Each holds an assert, `pytest.raises`, or calls a function of the tests that does."""
    functions = [
        (source, node) for source in all_tests() for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef)
    ]
    asserting: set[str] = set()
    while True:
        more = {function.name for _source, function in functions if _asserts(function, asserting)}
        if more == asserting:
            break
        asserting = more
    hollow = [
        f"{source.at(function)}: {function.name}"
        for source, function in functions
        if function.name.startswith("test_") and function.name not in asserting
    ]
    assert hollow == []
