"""The world of admin_world.py with what else has an address: figures, receipts, pictures, drafts of rules, reports."""

import hashlib
from datetime import date, timedelta
from typing import Any

from django.db import models, transaction
from django.urls import reverse

from audit.actor import Actor
from audit.draft import Draft
from audit.facts import Fact
from audit.matching import MatchPolicy
from audit.models import Case, CaseFile, CaseStep, Complaint, ComplaintPicture, Document, Flag, RuleTrial
from audit.period import Period
from audit.services.account import create_account
from audit.services.draft_rule import draft_rule
from audit.services.entry import record
from audit.services.issue_report import issue_report
from audit.services.visit_fact import append
from checkins.models import Scan
from enterprises.models import Enterprise
from officers.models import Agency, Officer
from tests.audit.test_verify_rows import all_sealed
from tests.house.admin_world import AT, POSITIONS, SETUP, World, account_of, build

LATER = AT + timedelta(hours=6)
REGIONS = {"own": "130502", "child": "130502100", "parent": "1305", "sibling": "130503"}
PICTURE = b"\xff\xd8\xff\xd9"


class Rows:
    """One of everything at each position, and where it is found."""

    def __init__(self) -> None:
        self.world: World = build()
        self.accounts = {"supervisor": account_of("supervisor")}
        self.more: dict[str, dict[str, int]] = {position: {} for position in POSITIONS}
        for position in POSITIONS:
            self._visit(position)
            self._pictures(position)
            self._drafts(position)
        all_sealed()

    def of(self, position: str, model: type[models.Model]) -> Any:
        return self.world.rows[position].get(model) or model._default_manager.order_by("-pk")[0]

    def visit(self, position: str) -> str:
        return f"RQ20261120-{position.upper()}"

    def marks(self, position: str) -> set[str]:
        """Words that stand on a page only if it tells of this position's visit."""
        enterprise, officer = self.of(position, Enterprise), self.of(position, Officer)
        return {
            self.visit(position),
            enterprise.credit_code,
            officer.certificate_no,
            str(self.of(position, Scan).scan_id),
            self.of(position, Document).source_ref,
        }

    def address(self, name: str, position: str) -> tuple[str, dict[str, str]]:
        """Where the row of this position is found, and what has to be asked besides."""
        more, agency = self.more[position], self.of(position, Agency).code
        code = self.of(position, Enterprise).credit_code
        days = {"from": "2026-11-01", "to": "2026-11-30"}
        where: dict[str, tuple[list[Any], dict[str, str]]] = {
            "board-visit": ([self.visit(position)], {}),
            "board-visit-receipt": ([self.visit(position)], {}),
            "board-scan-receipt": ([self.of(position, Scan).scan_id], {}),
            "board-flag": ([self.of(position, Flag).pk], {}),
            "board-enterprise": ([code], {}),
            "board-rule": (["xingtai-cap"], {}),
            "board-rule-draft": ([more["draft"]], {}),
            "board-rule-trial": ([more["trial"]], {}),
            "board-report": ([more["report"]], {}),
            "board-report-file": ([more["report"], "docx"], {}),
            "admin:app_list": (["officers"], {}),
            "admin:autocomplete": (
                [],
                {"app_label": "officers", "model_name": "officer", "field_name": "agency", "term": "局"},
            ),
            "admin:audit_case_picture": ([self.of(position, Case).pk, more["file"]], {}),
            "admin:audit_complaint_picture": ([self.of(position, Complaint).pk, 1], {}),
            "admin:checkins_scan_photo": ([self.of(position, Scan).pk], {}),
            "api-v1:figures": ([], {"group": "enterprise", "agency": agency, **days}),
            "api-v1:unscanned": ([], days),
            "api-v1:scan_rate": ([], days),
            "api-v1:counts": ([], {"credit_code": code, "agency": agency, "year": "2026"}),
        }
        args, asked = where.get(name, (["csv"] if name.startswith("board-") and name.endswith("-file") else [], {}))
        return reverse(name, args=args), asked

    def _visit(self, position: str) -> None:
        """Told as a deed tells it, so that it is counted; and the entries that receipts are made of."""
        agency, enterprise = self.of(position, Agency), self.of(position, Enterprise)
        officer, number = self.of(position, Officer), self.visit(position)
        with transaction.atomic():
            append(
                Fact(
                    visit=number, version=1, state="open", origin="scanned", credit_code=enterprise.credit_code,
                    region_code=enterprise.region_code, industry="C14", risk_grade="B", agency_code=agency.code,
                    agency_path=agency.path, agency_name=agency.name, agency_level=agency.level,
                    supervised_by=agency.supervised_by, purpose="inspection", category="routine", reason="",
                    source_no="", superior_ordered=False, joint_id="", started_at=AT,
                    officers=((officer.certificate_no, officer.name),),
                ),
                enterprise_name=enterprise.name,
                at=AT,
            )  # fmt: skip
            scan = str(self.of(position, Scan).scan_id)
            for kind, subject in (("visit-shown", f"visit:{number}"), ("scan", scan)):
                record(kind=kind, subject=subject, body={"at": AT.isoformat()}, actor=SETUP, at=AT)

    def _pictures(self, position: str) -> None:
        sha256 = hashlib.sha256(PICTURE + position.encode()).hexdigest()
        case, complaint = self.of(position, Case), self.of(position, Complaint)
        step = CaseStep.objects.create(
            case=case, serial=2, deed="answer", state="answered", rung="remind", agency_code=case.agency_code, by=SETUP,
            at=AT,
        )  # fmt: skip
        words = {"place": 1, "sha256": sha256, "copy": PICTURE, "copy_sha256": sha256}
        self.more[position]["file"] = CaseFile.objects.create(step=step, **words).pk
        ComplaintPicture.objects.create(complaint=complaint, **words)

    def _drafts(self, position: str) -> None:
        """Of a rule, tried by 李静's bureau or by another; and the report of October."""
        row = self.draft(REGIONS[position], f"draft-{position}")
        own = position == "own"
        trial = RuleTrial.objects.create(
            draft=row, first=date(2026, 1, 1), last=date(2026, 10, 31), region_prefix=REGIONS[position], by=SETUP,
            at=AT,
            reach_region="130502" if own else REGIONS[position],
            reach_agency="130502-SFJ" if own else f"{REGIONS[position]}-SFJ", queued=True,
        )  # fmt: skip
        report = issue_report(
            region=REGIONS[position], month=Period(year=2026, month=10), policy=MatchPolicy(), actor=SETUP, at=LATER
        )
        self.more[position] |= {"draft": row.pk, "trial": trial.pk, "report": report.pk}

    def draft(self, region: str, code: str) -> Any:
        made = Draft(
            code=code, title=code, kind="annual_cap", parameters={"cap": 1}, region_prefix=region,
            effective_from=date(2027, 1, 1), source="草案",
        )  # fmt: skip
        drafter = create_account(
            username=code, name="起草人", role="supervisor", region_prefix=region, agency_code=f"{region}-SFJ",
            password=None, actor=SETUP, at=AT,
        )  # fmt: skip
        return draft_rule(made, note="企业反映检查仍多", actor=Actor.account(drafter.username), at=LATER)
