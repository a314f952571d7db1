"""An unsafe production does not open its doors: `project.wsgi`, as the server loads it, in a process of its own."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

# One worker: the migrated file is made once.
pytestmark = pytest.mark.xdist_group("production")
embedded = pytest.mark.embedded

ROOT = Path(__file__).resolve().parents[2]
ROTATE_KEYS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
import django
from django.core.management import call_command
django.setup()
call_command("rotate_keys")
"""


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, as an operator leaves it."""
    path = tmp_path_factory.mktemp("production") / "ruqi.sqlite3"
    done = _python("-m", "django", "migrate", "--settings", "project.settings", "-v", "0", **_environment(path))
    assert done.returncode == 0, done.stderr
    return path


def _environment(database: Path) -> dict[str, str]:
    return {
        "RUQI_ENV": "production",
        "SECRET_KEY": "x" * 60,
        "ALLOWED_HOSTS": "ruqi.example",
        "PUBLIC_URL": "https://ruqi.example",
        "DATABASE_URL": f"sqlite:///{database}",
    }


def _python(*arguments: str, **environment: str | None) -> "subprocess.CompletedProcess[str]":
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**keep, **{name: value for name, value in environment.items() if value is not None}},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _open_the_door(database: Path, before: str = "", /, **changes: str | None) -> "subprocess.CompletedProcess[str]":
    return _python("-c", f"{before}\nimport project.wsgi", **{**_environment(database), **changes})


@embedded
def test_a_house_without_a_signing_key_opens_and_says_what_to_run(migrated: Path) -> None:
    done = _open_the_door(migrated)
    assert done.returncode == 0, done.stderr
    assert "there is no key to sign electronic IDs with" in done.stderr
    assert "manage.py rotate_keys" in done.stderr


@embedded
def test_a_safe_house_opens_and_a_signing_key_that_does_not_open_is_said_aloud(migrated: Path, tmp_path: Path) -> None:
    house = tmp_path / "ruqi.sqlite3"
    house.write_bytes(migrated.read_bytes())
    safe = _open_the_door(house, ROTATE_KEYS)
    assert safe.returncode == 0, safe.stderr
    assert "electronic IDs" not in safe.stderr
    done = _open_the_door(house, SIGNING_KEY_SECRETS="another")
    assert done.returncode == 0, done.stderr
    assert "cannot be used: SIGNING_KEY_SECRETS" in done.stderr


@embedded
@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "PUBLIC_URL"])
def test_a_missing_setting_is_named_aloud(migrated: Path, name: str) -> None:
    done = _open_the_door(migrated, **{name: None})
    assert done.returncode != 0
    assert name in done.stderr
    assert "ImproperlyConfigured" in done.stderr


@embedded
def test_a_signing_key_is_published_two_days_before_it_signs_and_no_less(migrated: Path) -> None:
    done = _open_the_door(migrated, SIGNING_KEY_LEAD_HOURS="47.9")
    assert done.returncode != 0
    assert "ImproperlyConfigured: SIGNING_KEY_LEAD_HOURS: at least 48 in production" in done.stderr


@embedded
def test_production_is_what_an_unset_environment_means(migrated: Path) -> None:
    done = _open_the_door(migrated, RUQI_ENV=None, SECRET_KEY=None)
    assert "SECRET_KEY" in done.stderr


@embedded
def test_debug_sqlite_that_does_not_sync_and_a_missing_append_only_trigger_are_refused(
    migrated: Path, tmp_path: Path
) -> None:
    """Each is an error, of which one is enough; all of them are said at once."""
    copy = tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(migrated)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("DROP TRIGGER checkins_scan_no_delete")
    loosen = "import project.databases as d; d.SQLITE_INIT = d.SQLITE_INIT.replace('FULL', 'NORMAL')"
    done = _open_the_door(copy, loosen, DEBUG="true")
    assert done.returncode != 0
    assert "SystemCheckError" in done.stderr
    errors, warnings, _rest = done.stderr.partition("ERRORS:")[2].partition("WARNINGS:")
    assert warnings, done.stderr
    for refused in ("project.E001", "project.E002", "project.E004", "checkins_scan_no_delete"):
        assert refused in errors


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_postgresql_that_may_lose_a_commit_is_refused() -> None:
    from django.db import connection

    database = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + "/" + connection.settings_dict["NAME"]
    safe = _python("-c", "import project.wsgi", **{**_environment(Path("unused")), "DATABASE_URL": database})
    assert safe.returncode == 0, safe.stderr
    options = {"PGOPTIONS": "-c synchronous_commit=off"}
    done = _python("-c", "import project.wsgi", **{**_environment(Path("unused")), "DATABASE_URL": database, **options})
    assert done.returncode != 0
    assert "project.E003" in done.stderr
    assert "synchronous_commit=off" in done.stderr
