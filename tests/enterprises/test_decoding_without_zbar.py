"""A machine without libzbar0, an operator's slip in QR_DECODERS: `manage.py check` says so, photos are still read."""

import os
import subprocess
import sys

import pytest

from tests.enterprises.photos import BEARINGS_TEXT

pytestmark = pytest.mark.embedded

WITHOUT_ZBAR = """
import ctypes.util
found = ctypes.util.find_library
ctypes.util.find_library = lambda name: None if name == "zbar" else found(name)
"""
CHECK = """
import django
django.setup()
from django.core.management import call_command
call_command("check")
"""
READ = """
from enterprises.decoding import decode
from enterprises.picture import Picture
from tests.enterprises.photos import on_table, saved
print(decode(Picture.open(saved(on_table())), decoders=["pyzbar", "zxing-cpp"], budget=30).text)
"""


def _run(program: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "RUQI_ENV": "test", "DJANGO_SETTINGS_MODULE": "tests.settings", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_libzbar0_the_check_warns_and_the_photo_is_read() -> None:
    checked = _run(WITHOUT_ZBAR + CHECK)
    assert checked.returncode == 0, checked.stderr
    assert "project.W001" in checked.stderr
    assert "libzbar0" in checked.stderr
    read = _run(WITHOUT_ZBAR + READ)
    assert read.stdout.strip() == BEARINGS_TEXT, read.stderr
    assert "project.W001" not in _run(WITHOUT_ZBAR + CHECK, QR_DECODERS="zxing-cpp").stderr


def test_a_decoder_that_nobody_knows_stops_the_house() -> None:
    checked = _run(CHECK, QR_DECODERS="zxing-cpp,opencv")
    assert checked.returncode != 0
    assert "opencv" in checked.stderr
    assert "project.E006" in checked.stderr


def test_a_house_that_has_no_decoder_does_not_open() -> None:
    checked = _run(WITHOUT_ZBAR + CHECK, QR_DECODERS="pyzbar")
    assert checked.returncode != 0
    assert "project.E006" in checked.stderr
