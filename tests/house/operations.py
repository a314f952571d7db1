"""What the OpenAPI document promises, operation by operation, and a good call of each: what the attacks start from."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client

from audit.actor import Actor
from officers.models import Officer
from officers.services.enrolment import make_activation
from project.api import api
from tests.house.admin_world import account_of, signed_in
from tests.officers.test_assertion import BACKENDS, claims, signed
from tests.town import Phone, Town, scan_body

METHODS = ("get", "head", "options", "post", "put", "patch", "delete", "trace")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method at one path; `body` is the JSON schema of what it takes, None for nothing or for other media."""

    method: str
    path: str
    secured: bool
    statuses: frozenset[int]
    body: Mapping[str, Any] | None

    def __str__(self) -> str:
        return f"{self.method} {self.path.removeprefix('/api/v1')}"

    @property
    def address(self) -> str:
        """The path with something in every gap."""
        return self.path.replace("{scan_id}", str(uuid.uuid4())).replace("{number}", "RQ20260701-NOBODY0000")


def document() -> dict[str, Any]:
    """As the house serves it."""
    made: dict[str, Any] = api.get_openapi_schema()
    return made


def operations() -> list[Operation]:
    """All of them."""
    doc = document()
    return [
        Operation(
            method=method,
            path=path,
            secured="security" in told,
            statuses=frozenset(map(int, told["responses"])),
            body=_body(doc, told),
        )
        for path, methods in doc["paths"].items()
        for method, told in methods.items()
    ]


def _body(doc: dict[str, Any], told: dict[str, Any]) -> Mapping[str, Any] | None:
    media = told.get("requestBody", {}).get("content", {}).get("application/json")
    if media is None:
        return None
    name = media["schema"].get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = doc["components"]["schemas"][name] if name else media["schema"]
    return found


def send(phone: Phone, operation: Operation, body: Any = None, /, path: str = "", **headers: str) -> Any:
    """Call it with 张伟's token, what is the supervision's from 李静's browser. Bytes and text go as they are."""
    client = Client(raise_request_exception=False)
    if operation.path.startswith("/api/v1/supervision/"):
        client.cookies = BROWSER.cookies
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    content_type = headers.pop("content_type", "application/json")
    return client.generic(
        operation.method.upper(),
        path or operation.address,
        b"" if body is None else data.encode() if isinstance(data, str) else data,
        content_type=content_type,
        headers={"authorization": f"Bearer {phone.token}", **headers},
    )


BROWSER = Client()
"""李静's: 襄都区's supervisor."""


def sign_in_li_jing() -> None:
    """With both factors, in this test's database."""
    BROWSER.cookies = signed_in(account_of("supervisor")).cookies


def rows() -> dict[str, int]:
    """How many rows each table of the house has, in one statement."""
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f'(SELECT count(*) FROM "{table}")' for table in tables))
        return dict(zip(tables, cursor.fetchone(), strict=True))


Good = tuple[str, dict[str, Any]]


def _scan(town: Town) -> Good:
    return "/api/v1/scans", scan_body(
        location={
            "longitude": 114.5,
            "latitude": 37.07,
            "accuracy_m": 9.5,
            "datum": "GCJ02",
            "provider": "fused",
            "mock": False,
        },
        visit={
            "purpose": "inspection",
            "category": "case",
            "reason": "投诉举报",
            "source_no": "12345",
            "items": ["消防通道"],
        },
        late_reason="隧道内无信号",
        credit_code=None,
    )


def _batch(town: Town) -> Good:
    return "/api/v1/scans/batch", {"items": [_scan(town)[1]]}


def _resolution(town: Town) -> Good:
    body = scan_body(code="https://www.sgs.gov.cn/lz/licenseLink.do?method=licenceView&entyId=20140")
    scan_id = town.zhang_wei.post("/scans", body).json()["scan_id"]
    return f"/api/v1/scans/{scan_id}/resolution", {"credit_code": "91110108551385082Q"}


def _withdrawal(town: Town) -> Good:
    return f"/api/v1/scans/{town.zhang_wei.scan().json()['scan_id']}/withdrawal", {"reason": "扫错了门"}


def _voiding(town: Town) -> Good:
    """The calls are 张伟's: the visit must be a colleague's."""
    return f"/api/v1/visits/{town.li_na.scan().json()['visit']['number']}/voiding", {"reason": "扫错了企业"}


def _classification(town: Town) -> Good:
    number = town.zhang_wei.scan().json()["visit"]["number"]
    words = {"purpose": "inspection", "category": "case", "reason": "complaint", "source_no": "12345-1"}
    return f"/api/v1/visits/{number}/classification", {
        "visit": {**words, "superior_ordered": False},
        "reason": "投诉件补登",
    }


def _join(town: Town) -> Good:
    first = town.wang_qiang.scan().json()["visit"]
    number = town.zhang_wei.scan().json()["visit"]["number"]
    return f"/api/v1/visits/{number}/join", {"with": first["number"]}


def _approval(town: Town) -> Good:
    number = town.zhang_wei.scan(visit={"emergency": True}).json()["visit"]["number"]
    return f"/api/v1/visits/{number}/approval", {"approval_no": "襄市监审〔2026〕3号"}


def _plan_link(town: Town) -> Good:
    number = town.zhang_wei.scan().json()["visit"]["number"]
    return f"/api/v1/visits/{number}/plan", {"plan_no": "襄市监检〔2026〕18号"}


def _leave(town: Town) -> Good:
    code = town.wang_qiang.scan().json()["visit"]["joint_code"]
    number = town.zhang_wei.scan(visit={"joint_code": code}).json()["visit"]["number"]
    return f"/api/v1/visits/{number}/leave", {"reason": "各查各的"}


def _departure(town: Town) -> Good:
    number = town.zhang_wei.scan().json()["visit"]["number"]
    return f"/api/v1/visits/{number}/departure", {
        "departed_at": datetime.now(UTC).isoformat(),
        "location": {"longitude": 114.5, "latitude": 37.07, "accuracy_m": 9.5, "datum": "GCJ02"},
    }


def _result(town: Town) -> Good:
    number = town.zhang_wei.scan().json()["visit"]["number"]
    found = {"item": "消防通道", "outcome": "rectify", "rectify_by": "2099-07-20", "note": "堆放杂物", "case_no": ""}
    return f"/api/v1/visits/{number}/result", {"items": [found], "reinspection_of": ""}


def _enrolment(town: Town) -> Good:
    code = make_activation(
        officer=Officer.objects.get(certificate_no=town.li_na.officer.certificate_no),
        actor=Actor.account("李主任"),
        at=datetime.now(UTC),
        policy=settings.OFFICER_POLICY,
    )
    return "/api/v1/enrolments", {"code": code, "device_name": "李娜的新手机"}


def _assertion(town: Town) -> Good:
    settings.OFFICER_POLICY = replace(settings.OFFICER_POLICY, backends=BACKENDS)
    assertion = signed(claims(sub=town.li_na.officer.certificate_no))
    return "/api/v1/enrolments/assertion", {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": assertion,
    }


def _plan(town: Town) -> Good:
    return "/api/v1/plans", {
        "source_ref": "襄市监检〔2026〕18号",
        "credit_code": "91110108551385082Q",
        "first_day": "2026-07-01",
        "last_day": "2026-07-10",
        "category": "special",
        "items": ["计量器具"],
        "title": "计量专项检查",
        "joint_open": True,
        "withdrawn": False,
    }


_PAPER = {
    "source_ref": "检1号",
    "agency_code": "130502-SCJG",
    "credit_code": "91110108551385082Q",
    "on": "2026-03-02",
}


def _documents(town: Town) -> Good:
    settings.OFFICER_POLICY = replace(settings.OFFICER_POLICY, backends=BACKENDS)
    words = {**claims(aud="http://127.0.0.1:8000/api/v1/documents"), "documents": [_PAPER]}
    return "/api/v1/documents", {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": signed(words),
    }


def _record(town: Town) -> Good:
    settings.OFFICER_POLICY = replace(settings.OFFICER_POLICY, backends=BACKENDS)
    path = f"/api/v1/visits/{town.zhang_wei.scan().json()['visit']['number']}/record"
    found = {"item": "消防通道", "outcome": "case_opened", "case_no": "襄市监立〔2026〕3号"}
    said = {"agency_code": "130502-SCJG", "plan": {"plan_no": "双随机〔2026〕7号"}, "result": {"items": [found]}}
    return path, {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": signed({**claims(aud=f"http://127.0.0.1:8000{path}"), **said}),
    }


def _supervisors_documents(town: Town) -> Good:
    return "/api/v1/supervision/documents", {"source": "巡查台账", "documents": [_PAPER]}


def _sandbox(town: Town) -> Good:
    rule = {
        "code": "annual_cap",
        "title": "年度检查上限",
        "kind": "annual_cap",
        "region_prefix": "1305",
        "scope": {"levels": ["district"]},
        "parameters": {"cap": 1},
        "effective_from": "2026-07-01",
        "effective_to": None,
        "repeals": False,
        "source": "草案",
    }
    return "/api/v1/supervision/sandbox", {
        "rules": [rule],
        "from": "2026-01-01",
        "to": "2026-12-31",
        "region": "130502",
    }


def _confirm(town: Town) -> Good:
    return "/api/v1/verify/confirm", {"presentation": "LZ1:%69 VD92EX0", "credit_code": "91110108551385082Q"}


SAMPLES: dict[str, Callable[[Town], Good]] = {
    "post /scans": _scan,
    "post /scans/batch": _batch,
    "post /scans/{scan_id}/resolution": _resolution,
    "post /scans/{scan_id}/withdrawal": _withdrawal,
    "post /visits/{number}/voiding": _voiding,
    "post /visits/{number}/classification": _classification,
    "post /visits/{number}/join": _join,
    "post /visits/{number}/leave": _leave,
    "post /visits/{number}/approval": _approval,
    "post /visits/{number}/departure": _departure,
    "post /visits/{number}/result": _result,
    "post /visits/{number}/plan": _plan_link,
    "post /visits/{number}/record": _record,
    "post /plans": _plan,
    "post /enrolments": _enrolment,
    "post /enrolments/assertion": _assertion,
    "post /documents": _documents,
    "post /supervision/documents": _supervisors_documents,
    "post /supervision/sandbox": _sandbox,
    "post /verify/confirm": _confirm,
}
"""A good call of every operation that takes JSON. A new operation needs one: test_bad_bodies.py says so."""
ONLY_ASK = frozenset({"post /supervision/sandbox"})
"""Operations that take a body and write nothing but who asked, whatever it says."""
NOTED = frozenset({"audit_readlog", "audit_pendingrow"})
"""Where who asked is written, and what waits to be sealed."""
