"""A nightly run goes on from the last one that held, and what it finds is an alarm on the supervisors' workbench."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from time_machine import TimeMachineFixture

from audit.models import Entry, Leaf, Verification, VisitFact
from checkins.models import Scan
from tests.audit.tampering import past_the_guards
from tests.audit.test_verify import filled, verified
from tests.audit.test_verify_rows import all_sealed
from tests.house.admin_world import account_of, build, signed_in
from tests.town import CABLES, GLASS, Town

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)


@pytest.fixture
def yesterday(town: Town, time_machine: TimeMachineFixture) -> Town:
    """张伟 was at 邢台轴承, all of it was verified, and two hours later 李娜 was at 明亮玻璃店."""
    time_machine.move_to(NOON, tick=False)
    town.zhang_wei.scan(scanned_at=NOON.isoformat())
    filled(300)
    all_sealed()
    time_machine.move_to(NOON + timedelta(hours=2), tick=False)
    code, out = verified()
    assert code == 0, out
    town.li_na.scan(GLASS, scanned_at=NOON.isoformat())
    filled(300)
    all_sealed()
    return town


@pytest.mark.django_db
def test_the_next_run_reads_what_is_new_and_finds_what_was_done_to_it(yesterday: Town) -> None:
    first = Verification.objects.get()
    size = first.mark["logs"]["1"]
    code, out = verified("--incremental")
    assert code == 0, out
    assert f"位置 {Leaf.objects.filter(index__gte=size).count()}，瓦片 1，检查点 1，入企事实 1，备案 1" in out
    assert f"条目 {Entry.objects.filter(pk__gt=first.mark['entry']).count()}（" in out
    old, new = VisitFact.objects.order_by("pk")
    scan = Scan.objects.order_by("received_at").last()
    assert scan is not None
    for sql, key, named in (
        ("UPDATE audit_visitfact SET purpose = 'x' WHERE id = %s", new.pk, f"audit_visitfact {new.pk} ("),
        ("DELETE FROM audit_visitfact WHERE id = %s", new.pk, f"audit_visitfact {new.visit} v1：条目"),
        ("UPDATE checkins_scan SET provider = 'x' WHERE officer_id = %s", scan.officer_id, f"{scan.pk}：与条目"),
        ("DELETE FROM audit_leaf WHERE id = %s", Leaf.objects.latest("index").pk, "此前核验过的部分"),
        ("UPDATE audit_tile SET root = hashes WHERE log_id = %s", 1, "此前核验过的部分已不是当时签署的"),
    ):
        with transaction.atomic():
            with past_the_guards() as cursor:
                cursor.execute(sql, [key])
            code, out = verified("--incremental")
            transaction.set_rollback(True)
        assert (code, named in out) == (1, True), (sql, out)
    with past_the_guards() as cursor:
        cursor.execute("UPDATE audit_visitfact SET purpose = 'x' WHERE id = %s", [old.pk])
    assert verified("--incremental")[0] == 0
    assert f"audit_visitfact {old.pk} (" in verified()[1]
    assert list(Verification.objects.order_by("pk").values_list("recent", flat=True)) == [False, True, True, False]


@pytest.mark.django_db
def test_without_a_run_that_held_everything_is_read(town: Town) -> None:
    town.zhang_wei.scan(CABLES)
    all_sealed()
    code, out = verified("--incremental")
    assert (code, "还没有核验通过的记录：核验全部" in out) == (0, True), out
    before = Verification.objects.count()
    assert verified("--unrecorded")[0] == 0
    assert (before, Verification.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_a_run_that_found_something_is_an_alarm_on_the_workbench_until_one_holds() -> None:
    build()
    said: dict[str, Any] = {"at": NOON, "ended_at": NOON, "recent": False, "counted": {}, "mark": {}}
    Verification.objects.create(**said, found=3, findings=["checkins_scan 7：与条目 9 封存的不符"])
    alarm = "存证核验不通过：2026-07-01 12:00 发现 3 处记录被改、被删或被插入"
    supervisor = signed_in(account_of("supervisor"))
    assert alarm in workbench(supervisor)
    assert alarm in workbench(signed_in(account_of("audit_admin")))
    assert "存证核验不通过" not in workbench(signed_in(account_of("agency_leader")))
    run = Verification.objects.latest("pk")
    page = supervisor.get(reverse("admin:audit_verification_change", args=[run.pk])).content.decode()
    assert "checkins_scan 7：与条目 9 封存的不符" in page
    Verification.objects.create(**said, found=0, findings=[])
    assert "存证核验不通过" not in workbench(supervisor)


def workbench(client: Client) -> str:
    return str(client.get(reverse("admin:index")).content.decode())
