"""Papers by API, and who did not scan: backends by their signed word, supervisors by their session."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit.actor import Actor
from audit.facts import SHANGHAI
from audit.models import Account, Document
from audit.services.account import create_account
from audit.services.documents import take_in
from project.documents_api import source_of
from tests.audit.test_watch import paper, visit
from tests.house.admin_world import AT, SETUP, signed_in
from tests.officers.test_assertion import BACKENDS, CITY, signed
from tests.town import BEARINGS, CASHMERE, GLASS, NOBODY_KNOWS, Town

pytestmark = pytest.mark.django_db
PATH = "/api/v1/documents"
WORKER = Actor.command("test")


@pytest.fixture(autouse=True)
def _registered(settings: Settings) -> None:
    settings.OFFICER_POLICY = replace(settings.OFFICER_POLICY, backends=BACKENDS)


def item(ref: str = "检1号", **changes: Any) -> dict[str, Any]:
    said = {"source_ref": ref, "agency_code": "130502-SCJG", "credit_code": BEARINGS, "on": "2026-03-02"}
    return said | changes


def assertion(documents: Any, /, *, key: Any = CITY, **changes: Any) -> str:
    now = int(timezone.now().timestamp())
    said = {"iss": "xingtai-oa", "aud": settings.PUBLIC_URL + PATH, "iat": now, "exp": now + 300, "jti": "d-1"}
    return signed(said | {"documents": documents} | changes, key=key)


def hand_in(client: Client, *documents: Any, **changes: Any) -> Any:
    body = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": assertion(list(documents), **changes),
    }
    return client.post(PATH, json.dumps(body), content_type="application/json")


def supervisor(agency: str = "130502-SFJ", region: str = "130502", role: str = "supervisor") -> Client:
    account = create_account(
        username=f"li.jing{Account.objects.count()}",
        name="李静",
        role=role,
        region_prefix=region,
        agency_code=agency,
        password=None,
        actor=SETUP,
        at=AT,
    )
    return signed_in(account)


def test_the_citys_backend_hands_in_its_papers_and_the_same_again_changes_nothing(town: Town, client: Client) -> None:
    papers = (item(), item("罚2号", kind="penalty"), item("计划3", kind="plan", on="2099-01-31"))
    answer = hand_in(client, *papers)
    assert (answer.status_code, answer.json()) == (200, {"new": 3, "changed": 0, "unchanged": 0, "refused": []})
    row = Document.objects.get(source_ref="检1号")
    assert (row.source, row.by, row.enterprise_name) == ("xingtai-oa", "backend:xingtai-oa", "邢台轴承有限公司")
    assert (row.agency_path, row.on) == ("/130502-SCJG/", date(2026, 3, 2))
    again = hand_in(client, *papers, jti="d-2").json()
    assert (again["new"], again["unchanged"]) == (0, 3)
    gone = hand_in(client, item(withdrawn=True), jti="d-3").json()
    assert gone["changed"] == 1


def test_bad_items_are_named_and_stop_no_other(town: Town, client: Client) -> None:
    answer = hand_in(
        client,
        item("A1"),
        item("A2", agency_code="NIEMAND"),
        item("A3", on="2026-02-30"),
        item("A4", credit_code="91330104341916223P"),
        item("A5", credit_code=NOBODY_KNOWS),
        item("A6", withdrawn=True),
        item("A1", on="2026-03-05"),
    ).json()
    assert answer["new"] == 1
    assert [(each["index"], each["source_ref"], each["field"]) for each in answer["refused"]] == [
        (1, "A2", "agency_code"),
        (2, "A3", "on"),
        (3, "A4", "credit_code"),
        (4, "A5", "enterprise_name"),
        (4, "A5", "region_code"),
        (5, "A6", "source_ref"),
        (6, "A1", "source_ref"),
    ]


def test_an_assertion_counts_once_here_and_only_if_it_was_meant_for_here(town: Town, client: Client) -> None:
    assert hand_in(client, item()).status_code == 200
    assert hand_in(client, item(on="2026-03-01")).json()["type"] == "/problems/assertion-replayed"
    enrolment = hand_in(client, item(), jti="d-9", aud=f"{settings.PUBLIC_URL}/api/v1/enrolments/assertion")
    assert (enrolment.status_code, enrolment.json()["reason"]) == (400, "audience")
    assert hand_in(client, item(), jti="d-10", iss="stranger").json()["reason"] == "signature"
    for documents in ([], [item(str(number)) for number in range(501)], [{"source_ref": "x"}], "x"):
        answer = hand_in(client, jti="d-11", documents=documents)
        assert (answer.status_code, answer.json()["reason"]) == (400, "claims")
    assert Document.objects.count() == 1


def test_500_papers_fit_into_one_assertion(town: Town, client: Client) -> None:
    papers = [
        item(f"襄市监检字〔2026〕第{number}号", enterprise_name="邢台轴承有限公司", region_code="130502")
        for number in range(500)
    ]
    assert hand_in(client, *papers).json()["new"] == 500


def test_li_jing_hands_in_the_papers_of_agencies_in_her_sight_only(town: Town) -> None:
    client = supervisor()
    body = {"source": "巡查台账", "documents": [item("A1"), item("A2", agency_code="130534-SCJG")]}
    answer = client.post("/api/v1/supervision/documents", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["new"] == 1
    assert [each["index"] for each in answer.json()["refused"]] == [1]
    assert Document.objects.get().source == "130502-SFJ:巡查台账"
    leader = supervisor("130502-SCJG", "", "agency_leader")
    refused = leader.post("/api/v1/supervision/documents", json.dumps(body), content_type="application/json")
    assert refused.status_code == 404
    nobody = Client().post("/api/v1/supervision/documents", json.dumps(body), content_type="application/json")
    assert nobody.status_code == 401


def test_a_long_source_keeps_apart_what_it_loses() -> None:
    assert source_of("xingtai-oa") == "xingtai-oa"
    first, second = source_of("x" * 60 + "1"), source_of("x" * 60 + "2")
    assert len(first) == len(second) == 40
    assert first != second


def papers_of_march() -> None:
    """襄都区市场监管局: three papers, two of them scanned; 清河县: one, not scanned."""
    qinghe: dict[str, Any] = {"agency_code": "130534-SCJG", "agency_path": "/130534-SCJG/"}
    qinghe |= {
        "agency_name": "清河县市场监管局",
        "supervised_by": "130534-SFJ",
        "region_code": "130534",
        "credit_code": CASHMERE,
    }
    papers = [
        paper("A1", date(2026, 3, 2)),
        paper("A2", date(2026, 3, 9), credit_code=GLASS, enterprise_name="襄都区明亮玻璃店"),
        paper("A3", date(2026, 4, 1), kind="penalty"),
        paper("B1", date(2026, 3, 2), **qinghe),
    ]
    take_in(papers=papers, source="办案系统", actor=WORKER, at=datetime(2026, 4, 2, tzinfo=UTC))
    visit(1, at=datetime(2026, 3, 2, 9, tzinfo=SHANGHAI))
    visit(2, at=datetime(2026, 3, 31, 9, tzinfo=SHANGHAI))


def ask(client: Client, what: str, **changes: Any) -> Any:
    return client.get(f"/api/v1/supervision/{what}", {"from": "2026-03-01", "to": "2026-04-30", **changes})


def test_li_jing_sees_who_did_not_scan_with_the_list_behind_the_figure() -> None:
    papers_of_march()
    answer = ask(supervisor(), "unscanned").json()
    assert answer["figure"] == {"documents": 3, "matched": 2, "unscanned": 1, "percent": 66}
    assert answer["total"] == 1
    assert answer["items"] == [
        {
            "kind": "inspection",
            "source": "办案系统",
            "source_ref": "A2",
            "on": "2026-03-09",
            "agency_code": "130502-SCJG",
            "agency": "襄都区市场监督管理局",
            "credit_code": GLASS,
            "enterprise": "襄都区明亮玻璃店",
            "region_code": "130502",
            "looked_from": "2026-03-08",
            "looked_to": "2026-03-09",
        }
    ]
    assert "应扫：" in answer["definition"]
    assert "1日内" in answer["definition"]


def test_the_scan_rate_is_told_by_agency_and_month() -> None:
    papers_of_march()
    city = supervisor("130500-SFJ", "1305")
    rows = ask(city, "scan-rate").json()["rows"]
    assert [(row["month"], row["agency_code"], row["documents"], row["matched"], row["percent"]) for row in rows] == [
        ("2026-03", "130502-SCJG", 2, 1, 50),
        ("2026-03", "130534-SCJG", 1, 0, 0),
        ("2026-04", "130502-SCJG", 1, 1, 100),
    ]
    assert len(ask(city, "scan-rate", agency="130534-SCJG").json()["rows"]) == 1
    assert len(ask(city, "scan-rate", region="130534").json()["rows"]) == 1
    empty = ask(city, "scan-rate", agency="NIEMAND").json()
    assert (empty["rows"], empty["figure"]["percent"]) == ([], None)


def test_the_leader_sees_the_own_agency_and_administrators_nothing() -> None:
    papers_of_march()
    leader = supervisor("130534-SCJG", "", "agency_leader")
    assert [each["source_ref"] for each in ask(leader, "unscanned").json()["items"]] == ["B1"]
    assert ask(supervisor("", "", "system_admin"), "unscanned").status_code == 404
    assert ask(Client(), "unscanned").status_code == 401


def test_pages_of_the_list_and_windows_that_are_none() -> None:
    day = date(2026, 3, 2)
    papers = [paper(f"A{number}", day, credit_code=f"TEST{number:014d}") for number in range(7)]
    take_in(papers=papers, source="办案系统", actor=WORKER, at=datetime(2026, 4, 2, tzinfo=UTC))
    client = supervisor()
    seen = [
        each["source_ref"]
        for offset in (0, 3, 6, 9)
        for each in ask(client, "unscanned", offset=offset, limit=3).json()["items"]
    ]
    assert seen == [f"A{number}" for number in range(7)]
    for wrong in ({"to": "2026-02-28"}, {"to": "2027-03-02"}):
        assert ask(client, "unscanned", **wrong).json()["type"] == "/problems/no-such-window"
    for wrong in ({"from": "x"}, {"limit": "0"}, {"offset": "-1"}, {"region": "13x"}, {"agency": "a/b"}):
        assert ask(client, "unscanned", **wrong).status_code == 422


def test_a_plan_is_asked_for_only_when_its_day_has_passed() -> None:
    today = timezone.now().astimezone(SHANGHAI).date()
    papers = [paper("P0", today, kind="plan"), paper("P1", today - timedelta(days=1), kind="plan")]
    take_in(papers=papers, source="计划系统", actor=WORKER, at=timezone.now())
    window = {"from": (today - timedelta(days=3)).isoformat(), "to": (today + timedelta(days=3)).isoformat()}
    answer = ask(supervisor(), "unscanned", **window).json()
    assert [each["source_ref"] for each in answer["items"]] == ["P1"]


def test_the_figures_cost_two_statements_however_many_papers() -> None:
    client = supervisor()
    counts = []
    for total in (3, 60):
        codes = [f"TEST{number:014d}" for number in range(total)]
        papers = [paper(f"{total}-{code}", date(2026, 3, 2), credit_code=code) for code in codes]
        take_in(papers=papers, source="办案系统", actor=WORKER, at=datetime(2026, 4, 2, tzinfo=UTC))
        visit(total, at=datetime(2026, 3, 2, 9, tzinfo=SHANGHAI), credit_code="TEST00000000000001")
        for what in ("unscanned", "scan-rate"):
            with CaptureQueriesContext(connection) as queries:
                assert ask(client, what).status_code == 200
            counts.append(sum("audit_document" in query["sql"] for query in queries))
            assert len(queries) == 6  # session, account, second factor; papers, their scans; the read log
    assert counts == [2] * 4
