"""刘洋 takes the receipt of an inspection at her door, and checks it by herself."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from tests.audit.test_verify_rows import all_sealed
from tests.checkins.doors import Browser
from tests.town import BEARINGS, CASHMERE, GLASS, Town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at_noon")]
SCRIPT = Path(settings.BASE_DIR) / "deploy" / "verify_receipt.py"


def owner(credit_code: str = BEARINGS) -> Browser:
    browser = Browser(credit_code)
    browser.prove((timezone.now() + timedelta(hours=1)).timestamp())
    return browser


def test_the_owner_takes_the_receipt_of_a_visit_and_checks_it_without_us(town: Town, tmp_path: Path) -> None:
    number = town.zhang_wei.scan().json()["visit"]["number"]
    elsewhere = town.zhao_min.scan(CASHMERE).json()["visit"]["number"]
    liu_yang = owner()
    assert "回执尚未生成" in liu_yang.get("door-proof", 409, visit=number)
    all_sealed()
    assert f"{number}" in liu_yang.get("door-history")
    receipt = liu_yang.get("door-proof", visit=number)
    assert receipt.startswith("c2sp.org/tlog-proof@v1\nextra ")
    for other in (elsewhere, "RQ-NEVER", "\x00", ""):
        assert "没有这一回执" in liu_yang.get("door-proof", 404, visit=other)
    assert "只给本企业看" in Browser().get("door-proof", 403, visit=number)
    assert "没有这一回执" in owner(GLASS).get("door-proof", 404, visit=number)
    file = tmp_path / "visit.tlog-proof"
    file.write_text(receipt, newline="")
    page = liu_yang.client.get(reverse("check-receipt"))
    vkeys = re.findall(rf"{re.escape(settings.LOG.origin)}/1\+[0-9a-f]{{8}}\+[^\s<]+", page.content.decode())
    assert len(vkeys) == 2
    done = subprocess.run([sys.executable, str(SCRIPT), str(file), *vkeys], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert number in done.stdout
    assert "张伟" in done.stdout


def test_the_page_that_checks_receipts_lets_nothing_in_and_sends_nothing_out(town: Town) -> None:
    page = Browser().client.get(reverse("check-receipt"))
    policy = page["Content-Security-Policy"]
    assert ("connect-src" in policy, "unsafe" in policy) == (False, False)
    assert policy.startswith("default-src 'none'; script-src 'self';")
    english = Browser().client.get(reverse("check-receipt"), headers={"accept-language": "en"}).content.decode()
    assert "Choose the receipt" in english
