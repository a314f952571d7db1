"""The contracts of pyproject.toml hold, and each of them breaks when it is broken on purpose."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import FLOORS, NAMELESS, ROOT, ours

LINTER = Path(sys.executable).with_name("lint-imports")


def _lint(house: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(LINTER), "--no-cache", "--no-logo"],
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


@pytest.fixture(scope="module")
def copied_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", house)
    for floor in FLOORS:
        keep_python = lambda folder, names: [n for n in names if not (n.endswith(".py") or Path(folder, n).is_dir())]  # noqa: E731
        shutil.copytree(ROOT / floor, house / floor, ignore=keep_python)
    return house


def test_every_contract_holds_in_the_house_as_it_stands(copied_house: Path) -> None:
    told = _lint(copied_house)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "0 broken" in told.stdout


# Each line breaks the contract it stands beside, and only that one; several at a time, because starting the linter is
# what takes long.
BREAKS = [
    {
        "Floors": ("audit/queries.py", "from officers.models import Officer"),
        "Rooms of audit": ("audit/helpers.py", ""),
        "Rooms of officers": ("officers/models.py", "import officers.queries"),
        "Rooms of checkins": ("checkins/utils.py", ""),
        "Purity": ("checkins/rules.py", "from django.conf import settings"),
    },
    {
        "Floors": ("officers/services/device.py", "from enterprises.models import Enterprise"),
        "Rooms of enterprises": ("enterprises/models.py", "import enterprises.queries"),
        "Rooms of project": ("project/common.py", ""),
        "Purity": ("audit/rules.py", "import sqlite3"),
    },
    {
        "Floors": ("enterprises/queries.py", "from officers import rules"),
        "Rooms of audit": ("audit/models/flag.py", "import audit.services.flag"),
        "Rooms of checkins": ("checkins/services/withdraw.py", "import checkins.api"),
        "Rooms of project": ("project/databases.py", "import project.settings"),
        "Purity": ("enterprises/credit_code.py", "from ninja import Schema"),
    },
    {
        "Floors": ("checkins/admin/visit.py", "import project.problems"),
        # through a module that knows Django, which `import django` in rules.py would not show
        "Purity": ("officers/rules.py", "import audit.history"),
    },
]


@pytest.mark.parametrize("breaks", BREAKS)
def test_a_contract_that_is_broken_says_so(copied_house: Path, breaks: dict[str, tuple[str, str]]) -> None:
    files = {file: copied_house / file for file, _line in breaks.values()}
    before = {name: file.read_text() for name, file in files.items() if file.exists()}
    for name, line in breaks.values():
        files[name].write_text(f"{before.get(name, '')}\n{line}\n")
    try:
        told = _lint(copied_house)
    finally:
        for name, file in files.items():
            file.unlink() if name not in before else file.write_text(before[name])
    assert told.returncode == 1, told.stdout + told.stderr
    broken = [said.split(":")[0].removesuffix(" BROKEN") for said in told.stdout.splitlines() if "BROKEN" in said]
    assert sorted(broken) == sorted(breaks), told.stdout


def test_nothing_anywhere_has_a_name_that_says_nothing() -> None:
    by_django = "project/postgresql/base.py"  # a database backend's module is called so
    assert [source.path for source in ours() if NAMELESS & set(source.parts)] == [by_django]


def test_every_package_says_in_its_first_lines_what_it_is_for() -> None:
    silent = [
        source.path
        for source in ours()
        if source.text.strip() and not source.text.startswith(('"""', 'r"""')) and source.parts[-1] != "apps"
    ]
    assert silent == []
