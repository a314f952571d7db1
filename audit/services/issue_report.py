"""Issue a region's monthly report (印发月度通报): its figures are kept as they were known, under a number."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from audit import lane
from audit.actor import Actor
from audit.as_of import SETTLES
from audit.canonical import canonical
from audit.cases import party_of
from audit.facts import year_of
from audit.matching import MatchPolicy
from audit.models import MonthlyReport
from audit.month_known import Month
from audit.monthly import FORM, plain_region, report_number
from audit.period import Period
from audit.problem import Problem
from audit.services.entry import record


class MonthNotOver(Problem):
    """As of `SETTLES` ago: a deed's moment may be a little earlier than its commit."""

    code, status, title = "month-not-over", 409, _("该月尚未结束，不能印发通报")


class ReportUnchanged(Problem):
    """`detail` names the report that says the same."""

    code, status, title = "report-unchanged", 409, _("已有通报，数据没有变化")


class NotYourRegion(Problem):
    code, status, title = "report-not-your-region", 403, _("该地区不在您的职责范围内")


class ReportTooLarge(Problem):
    """`detail` names the command that issues it."""

    code, status, title = "report-too-large", 422, _("数据过多，不能在网页上印发")


def issue_report(
    *, region: str, month: Period, policy: MatchPolicy, actor: Actor, at: datetime, most: int | None = None
) -> MonthlyReport:
    """The report, as of some minutes ago, when all had arrived (audit/as_of.py). One about a month that has one
    already names it, and stands beside it. Refused if more than `most` versions of visits were to be read.

    Raises MonthNotOver, ReportUnchanged, NotYourRegion, ReportTooLarge.
    """
    region, as_of = plain_region(region), at - SETTLES
    party = party_of(actor)
    if actor.is_account and not (
        party.role == "supervisor" and region.startswith(plain_region(party.region_prefix) or "-")
    ):
        raise NotYourRegion
    asked = Month(region=region, month=month, by=as_of)
    if as_of < asked.days[1]:
        raise MonthNotOver
    if most is not None and asked.versions > most:
        said = _("三个月的入企版本超过 %(most)d 个：请管理员在服务器上运行 manage.py report %(region)s %(month)s")
        raise ReportTooLarge(str(said) % {"most": most, "region": region, "month": month})
    with lane.queued(_lane(region)):
        return _issued(
            asked, told=canonical({"form": FORM, **asked.figures(policy=policy)}).decode(), actor=actor, at=at
        )


def _lane(region: str) -> str:
    return f"report:{region}"


def _issued(asked: Month, *, told: str, actor: Actor, at: datetime) -> MonthlyReport:
    region, month = asked.region, asked.month
    with transaction.atomic():
        lane.hold(_lane(region))
        earlier = MonthlyReport.objects.filter(region_code=region, month=str(month)).order_by("-pk").first()
        if earlier is not None and earlier.figures == told:
            raise ReportUnchanged(earlier.number)
        year = year_of(at)
        last = MonthlyReport.objects.filter(region_code=region, year=year).aggregate(last=Max("serial"))["last"] or 0
        report = MonthlyReport(
            number=report_number(region=region, year=year, serial=last + 1),
            region_code=region,
            month=str(month),
            year=year,
            serial=last + 1,
            as_of=asked.by,
            figures=told,
            replaces=earlier.number if earlier else "",
            by=actor,
            at=at,
        )
        report.save(force_insert=True)
        body = {
            "number": report.number,
            "region": region,
            "month": report.month,
            "as_of": asked.by,
            "figures": hashlib.sha256(told.encode()).hexdigest(),
            "replaces": report.replaces,
        }
        record(kind="report-issued", subject=f"report:{report.number}", body=body, actor=actor, at=at)
    return report
