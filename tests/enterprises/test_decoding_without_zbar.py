"""A machine without libzbar0, an operator's slip in QR_DECODERS: `manage.py check` says so, photos are still read."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

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
WITHOUT_PYZBAR = """
from dataclasses import replace
from django.conf import settings
settings.PHOTO_POLICY = replace(settings.PHOTO_POLICY, decoders=("zxing-cpp",))
import sys
print("and now", file=sys.stderr)
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


def test_without_libzbar0_the_check_warns_unless_pyzbar_is_left_out_and_the_photo_is_read() -> None:
    done = _run(WITHOUT_ZBAR + CHECK + WITHOUT_PYZBAR + READ)
    assert done.returncode == 0, done.stderr
    checked, between, without_pyzbar = done.stderr.partition("and now\n")
    assert between
    assert "project.W001" in checked
    assert "libzbar0" in checked
    assert "project.W001" not in without_pyzbar
    assert done.stdout.strip().endswith(BEARINGS_TEXT), done.stdout


def test_a_decoder_that_nobody_knows_stops_the_house(settings: Settings) -> None:
    settings.PHOTO_POLICY = replace(settings.PHOTO_POLICY, decoders=("zxing-cpp", "opencv"))
    with pytest.raises(SystemCheckError, match=r"project\.E006\) QR_DECODERS: opencv is none of"):
        call_command("check")


def test_a_house_that_has_no_decoder_does_not_open() -> None:
    checked = _run(WITHOUT_ZBAR + CHECK, QR_DECODERS="pyzbar,opencv")
    assert checked.returncode != 0
    assert "project.E006) QR_DECODERS names no decoder that this machine has" in checked.stderr
    assert "project.E006) QR_DECODERS: opencv is none of" in checked.stderr, "as the setting is spelt"
