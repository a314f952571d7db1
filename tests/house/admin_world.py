"""A small 邢台 for the admin's tests: one chain of organs, and one row of everything at each of them.

`own` is 襄都区市场监督管理局; `child` a town team below it, `parent` the city's bureau above it, `sibling` 信都区's.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from axes.models import AccessFailureLog, AccessLog
from django.db import models, transaction
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit.actor import Actor
from audit.history import save_as
from audit.models import (
    Account,
    Attempt,
    Case,
    CaseStep,
    Complaint,
    ComplaintState,
    Delivery,
    Document,
    Endpoint,
    Filing,
    Flag,
    FlagState,
    FrequencyRule,
    LookUpFlag,
    Manifest,
    ReadLog,
    Verification,
    VisitFact,
)
from audit.services.account import create_account, enrol_totp
from checkins.models import (
    Correction,
    Item,
    Merge,
    OverdueApproval,
    Resolution,
    Scan,
    SequenceGap,
    SequenceRepeat,
    Urgency,
    Visit,
)
from enterprises.models import Contact, Enterprise, LicenceAlias, Premises
from enterprises.services.search_index import keep_new_names
from enterprises.subject import subject_number
from officers.models import Activation, Agency, Device, Officer

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SETUP = Actor.command("test")
PASSWORD = "grey-heron-42-lamps"
POSITIONS = ("own", "child", "parent", "sibling")

# role → who holds it here
PEOPLE = {
    "system_admin": ("zhao.min", "赵敏", "", ""),
    "security_admin": ("qian.fang", "钱芳", "", ""),
    "audit_admin": ("sun.li", "孙丽", "", ""),
    "supervisor": ("li.jing", "李静", "130502", "130502-SFJ"),
    "agency_admin": ("zhou.jie", "周杰", "", "130502-SCJG"),
    "agency_leader": ("wu.gang", "吴刚", "", "130502-SCJG"),
    "discipline": ("zheng.yi", "郑毅", "130502", ""),
    "": ("wang.wu", "王五", "", ""),
}


def account_of(role: str, *, password: str | None = None) -> Account:
    username, name, region, agency = PEOPLE[role]
    return create_account(
        username=username,
        name=name,
        role=role,
        region_prefix=region,
        agency_code=agency,
        password=password,
        actor=SETUP,
        at=AT,
    )


def signed_in(account: Account) -> Client:
    """A browser in which this account has given both factors."""
    client = Client()
    if not TOTPDevice.objects.filter(user=account).exists():
        enrol_totp(account=account, issuer="test", actor=SETUP, at=AT)  # which ends the sessions before it
    client.force_login(account)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = TOTPDevice.objects.get(user=account).persistent_id
    session.save()
    return client


@dataclass
class World:
    agencies: dict[str, Agency] = field(default_factory=dict)
    rows: dict[str, dict[type[models.Model], Any]] = field(default_factory=dict)
    serial: int = 0

    def tracked(self, row: Any) -> Any:
        with transaction.atomic():
            save_as(row, actor=SETUP, at=AT, new=True)
        return row

    def agency(self, code: str, name: str, parent: Agency | None, region: str, supervised_by: str) -> Agency:
        path = f"{parent.path if parent else '/'}{code}/"
        level = "town" if len(region) == 9 else "city" if region.endswith("00") else "district"
        return self.tracked(  # type: ignore[no-any-return]
            Agency(
                code=code,
                name=name,
                parent=parent,
                path=path,
                region_code=region,
                level=level,
                supervised_by=supervised_by,
            )
        )

    def visit_by(self, agency: Agency, *, region: str) -> dict[type[models.Model], Any]:
        """One of everything: an officer of the agency with a phone, who was once at an enterprise of the region."""
        self.serial += 1
        n = self.serial
        number = f"RQ20261120{n:06d}"
        officer = self.tracked(
            Officer(
                certificate_no=f"13050200{n:05d}",
                name=f"张伟{n}",
                agency=agency,
                valid_from=date(2024, 1, 1),
                valid_until=date(2028, 12, 31),
            )
        )
        device = self.tracked(
            Device(
                officer=officer, name=f"手机{n}", token_hash=n.to_bytes(32, "big"), enrolled_at=AT, enrolled_by="test"
            )
        )
        activation = Activation.objects.create(
            officer=officer,
            code_hash=n.to_bytes(32, "big"),
            made_at=AT,
            made_by=SETUP,
            expires_at=AT + timedelta(hours=24),
        )
        enterprise = self.tracked(Enterprise(credit_code=f"TEST{n:014d}", name=f"第{n}食品厂", region_code=region))
        contact = self.tracked(Contact(enterprise=enterprise, name=f"刘洋{n}", phone=f"138{n:08d}"))
        premises = self.tracked(Premises(enterprise=enterprise, address=f"中兴大街{n}号"))
        with transaction.atomic():
            keep_new_names([enterprise])
        scan = Scan(
            scan_id=uuid.UUID(int=n),
            officer=officer,
            device=device,
            agency=agency,
            content=b"c" * 32,
            credit_code=enterprise.credit_code,
            scanned_at=AT,
            received_at=AT,
            words={},
            extra={},
            counter=n,
        )
        if hasattr(scan, "lane"):
            scan.lane = enterprise.credit_code
        scan.save(force_insert=True)
        urgency = Urgency.objects.create(scan=scan, agency=agency, at=AT, due_at=AT + timedelta(hours=24))
        gap = SequenceGap.objects.create(scan=scan, device=device, first=n + 1, last=n + 1, at=AT)
        repeat = SequenceRepeat.objects.create(scan=scan, device=device, counter=n, at=AT)
        visit = self.tracked(
            Visit(
                number=number,
                agency=agency,
                enterprise=enterprise,
                opening_scan=scan,
                started_at=AT,
                purpose="inspection",
                category="routine",
            )
        )
        Resolution.objects.create(
            scan=scan,
            serial=1,
            visit=visit,
            agency=agency,
            credit_code=enterprise.credit_code,
            purpose="inspection",
            onsite_at=AT,
            by=SETUP,
            at=AT,
            facts={},
        )
        overdue = OverdueApproval.objects.create(
            visit=visit, scan=scan, agency=agency, due_at=AT + timedelta(hours=24), raised_at=AT + timedelta(hours=25)
        )
        lesson = LicenceAlias.objects.create(
            scheme="sgs",
            opaque_id=f"entity-{n}",
            credit_code=enterprise.credit_code,
            taught_by=Actor.officer(officer.certificate_no),
            scan=str(scan.scan_id),
            at=AT,
        )
        merge = Merge.objects.create(
            subject=subject_number(str(scan.scan_id)),
            credit_code=enterprise.credit_code,
            reason="已领营业执照",
            proposed_by=SETUP,
            at=AT,
        )
        correction = Correction.objects.create(
            visit=visit,
            kind=Correction.Kind.VOIDING,
            claim={"state": "voided"},
            scans=[str(scan.scan_id)],
            reason="扫错了企业",
            by=Actor.officer("13050299999"),
            at=AT,
        )
        fact = VisitFact.objects.create(
            visit=number,
            version=1,
            known_from=AT,
            state="open",
            origin="scanned",
            credit_code=enterprise.credit_code,
            enterprise_name=enterprise.name,
            region_code=region,
            industry="C14",
            risk_grade="B",
            agency_code=agency.code,
            agency_path=agency.path,
            agency_name=agency.name,
            supervised_by=agency.supervised_by,
            purpose="inspection",
            category="routine",
            reason="",
            source_no="",
            superior_ordered=False,
            joint_id="",
            started_at=AT,
            officers=[{"certificate_no": officer.certificate_no, "name": officer.name}],
        )
        flag = Flag.objects.create(
            rule="annual_cap",
            rule_version=1,
            level="warning",
            credit_code=enterprise.credit_code,
            enterprise_name=enterprise.name,
            region_code=region,
            agency_code=agency.code,
            agency_name=agency.name,
            supervised_by=agency.supervised_by,
            period="2026",
            opened_by_visit=number,
            raised_at=AT,
        )
        look_up_flag = LookUpFlag.objects.create(
            certificate_no=officer.certificate_no,
            officer_name=officer.name,
            agency_code=agency.code,
            agency_name=agency.name,
            agency_path=agency.path,
            region_code=agency.region_code,
            supervised_by=agency.supervised_by,
            look_ups=61,
            hourly=60,
            raised_at=AT,
        )
        FlagState.objects.create(
            flag=flag,
            state="raised",
            at=AT,
            actor=SETUP,
            evidence={
                "sentence": f"{agency.name} 2026 年对该企业检查 1 次，超过年度上限 0 次。",
                "rule": "annual_cap",
                "version": 1,
                "cap": 0,
                "year": 2026,
                "counted": [number],
                "left_out": [{"visit": "RQ-EARLIER", "why": "service"}],
            },
        )
        item = self.tracked(
            Item(
                code=f"SC-{n:03d}",
                name="计量器具",
                agency_code=agency.code,
                region_code=agency.region_code,
                valid_from=date(2026, 1, 1),
            )
        )
        document = Document.objects.create(
            source="办案系统",
            source_ref=f"检〔2026〕{n}号",
            version=1,
            kind="inspection",
            credit_code=enterprise.credit_code,
            enterprise_name=enterprise.name,
            region_code=region,
            agency_code=agency.code,
            agency_path=agency.path,
            agency_name=agency.name,
            supervised_by=agency.supervised_by,
            on=AT.date(),
            withdrawn=False,
            known_from=AT,
            by=SETUP,
        )
        complaint = Complaint.objects.create(
            number=f"TS20261120-{n:010d}",
            submission=uuid.UUID(int=n),
            source="door",
            kind="unscanned",
            credit_code=enterprise.credit_code,
            enterprise_name=enterprise.name,
            region_code=region,
            happened_at=AT,
            text="有人没有扫码就来检查",
            phone="13812341234",
            may_be_named=False,
            by_owner=False,
            salt=b"s" * 16,
            received_at=AT,
            by=SETUP,
        )
        ComplaintState.objects.create(complaint=complaint, serial=1, state="open", by=SETUP, at=AT)
        case = self.tracked(
            Case(
                number=f"DB20261120-{n:010d}",
                flag=flag,
                credit_code=enterprise.credit_code,
                enterprise_name=enterprise.name,
                region_code=region,
                agency_code=agency.code,
                agency_path=agency.path,
                agency_name=agency.name,
                supervised_by=agency.supervised_by,
                responsible="吴刚",
                state="handed",
                rung="remind",
                due_on=AT.date(),
                opened_at=AT,
            )
        )
        CaseStep.objects.create(case=case, serial=1, deed="hand_out", state="handed", rung="remind", by=SETUP, at=AT)
        filing = Filing.objects.create(
            number=f"F-{number}",
            event="visit",
            credit_code=enterprise.credit_code,
            visit=number,
            payload={"visit": number},
            created_at=AT,
            owed=1,
        )
        delivery = Delivery.objects.create(
            filing=filing, platform="platform", lane=enterprise.credit_code, next_attempt_at=AT
        )
        Endpoint.objects.create(code=f"p{self.serial}", name="监督平台", paused_at=AT, reason="HTTP 401", probe_at=AT)
        Manifest.objects.create(
            platform="platform", day=AT.date(), at=AT, count=1, held=0, root="0" * 64, missing=[number], surplus=[],
            difference=1, again=0, receipt="DZ1",
        )  # fmt: skip
        Verification.objects.create(
            at=AT, ended_at=AT, recent=False, found=1, findings=["audit_entry 1：内容与叶哈希不符"], counted={}, mark={}
        )
        Attempt.objects.create(filing=filing, platform="platform", at=AT, ok=False, http_status=503, detail="busy")
        return {
            Agency: agency,
            Officer: officer,
            Device: device,
            Activation: activation,
            Enterprise: enterprise,
            Premises: premises,
            Scan: scan,
            SequenceGap: gap,
            SequenceRepeat: repeat,
            Urgency: urgency,
            OverdueApproval: overdue,
            Visit: visit,
            VisitFact: fact,
            Flag: flag,
            LookUpFlag: look_up_flag,
            Filing: filing,
            Delivery: delivery,
            LicenceAlias: lesson,
            Merge: merge,
            Correction: correction,
            Document: document,
            Complaint: complaint,
            Case: case,
            Contact: contact,
            Item: item,
        }


def build() -> World:
    world = World()
    city_sfj = world.agency("130500-SFJ", "邢台市司法局", None, "130500", "")
    world.agency("130502-SFJ", "襄都区司法局", city_sfj, "130502", "130500-SFJ")
    world.agency("130503-SFJ", "信都区司法局", city_sfj, "130503", "130500-SFJ")
    parent = world.agency("130500-SCJG", "邢台市市场监督管理局", None, "130500", "130500-SFJ")
    own = world.agency("130502-SCJG", "襄都区市场监督管理局", parent, "130502", "130502-SFJ")
    child = world.agency("130502100-ZHZF", "襄都区晏家屯镇综合行政执法队", own, "130502100", "130502-SFJ")
    sibling = world.agency("130503-SCJG", "信都区市场监督管理局", parent, "130503", "130503-SFJ")
    world.agencies = {"own": own, "child": child, "parent": parent, "sibling": sibling}
    for position, agency in world.agencies.items():
        # The city's bureau was in 宁晋, outside everybody's region here.
        region = "130528" if position == "parent" else agency.region_code
        world.rows[position] = world.visit_by(agency, region=region)
    world.tracked(
        FrequencyRule(
            code="xingtai-cap",
            version=1,
            kind="annual_cap",
            parameters={"cap": 2},
            region_prefix="1305",
            effective_from=date(2026, 1, 1),
            source="邢台市办法",
        )
    )
    ReadLog.objects.create(actor="account:li.jing", page="board", subject="period=2026", shown=1, at=AT)
    AccessLog.objects.create(username="li.jing", ip_address="10.0.0.8", user_agent="Firefox", path_info="/admin/login/")
    AccessFailureLog.objects.create(
        username="li.jing", ip_address="10.0.0.9", user_agent="curl", path_info="/admin/login/", locked_out=True
    )
    return world
