"""A worker has no use for the admin's desks and starts without them; what serves pages has them, and they are sound."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.embedded

START = """
import sys
import django
django.setup()
assert not [name for name in sys.modules if name.endswith(".admin") and not name.startswith("django")], "laid out"
from django.core.checks import Tags, run_checks
print("sound", run_checks(tags=[Tags.admin]))
from django.contrib import admin
from officers.models import Officer
admin.site._registry[Officer].list_display = ("shoe_size",)
print("faulty", [fault.id for fault in run_checks(tags=[Tags.admin])])
"""


def test_desks_are_laid_out_when_they_are_checked_and_a_fault_of_one_is_found() -> None:
    done = subprocess.run(
        [sys.executable, "-c", START],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["sound []", "faulty ['admin.E108']"], done.stderr
