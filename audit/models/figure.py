"""Statistics, kept ready: what each visit contributes now, and its sums. All of it can be made again from the facts."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models.document import Document
from audit.models.visit_fact import VisitFact

MEASURES = (
    "visits", "once", "counted", "unconfirmed", "exempt", "superior_ordered", "joint", "imported", "reported",
    "withdrawn", "voided",
)  # fmt: skip
"""What is summed up; audit/figures.py says what each means."""

# The sums are made again from the facts and nobody else writes them: no foreign key is checked row by row.
NAMED: dict[str, Any] = {
    "on_delete": models.PROTECT,
    "db_index": False,
    "db_constraint": False,
    "verbose_name": _("执法单位"),
}


class Span(models.TextChoices):
    """The stretch that one sum is about, from its first day on (Asia/Shanghai)."""

    DAY = "d", _("日")
    MONTH = "m", _("月")
    YEAR = "y", _("年")

    def first_day(self, day: date) -> date:
        """Of the stretch in which this day lies."""
        return {Span.DAY: day, Span.MONTH: day.replace(day=1), Span.YEAR: day.replace(month=1, day=1)}[self]

    @property
    def next_smaller(self) -> "Span":
        return {Span.YEAR: Span.MONTH, Span.MONTH: Span.DAY}[self]

    @classmethod
    def of(cls, name: str) -> Self:
        """`day`, `month` or `year`."""
        return cls[name.upper()]


KEPT = (Span.MONTH, Span.YEAR)
"""Sums are kept of these; of single days there would be as many as visits, so they are read from VisitNow. Only of
whole counties there are few enough (CountyTotal)."""


COUNTY = 6
"""So many digits of a region's code say which county it is (GB/T 2260)."""


class PendingFact(models.Model):
    """A version of a visit that no sum contains yet. A database trigger writes it with the fact itself."""

    fed_by = "audit_visitfact_pending"

    fact = models.OneToOneField(VisitFact, primary_key=True, on_delete=models.PROTECT, related_name="pending")

    def __str__(self) -> str:
        return str(self.fact_id)


class PendingDocument(models.Model):
    """A penalty that may take visits out of 统计年报. A database trigger writes it with the document itself."""

    fed_by = "audit_document_pending"

    document = models.OneToOneField(Document, primary_key=True, on_delete=models.PROTECT, related_name="pending")

    def __str__(self) -> str:
        return str(self.document_id)


class CountedAgency(models.Model):
    """An agency as facts name it. One that moved below another, or got another supervisor, is a further row."""

    code = models.CharField(_("执法单位代码"), max_length=40)
    path = models.CharField(_("执法单位路径"), max_length=255)
    supervised_by = models.CharField(_("监督机关代码"), max_length=40)
    name = models.CharField(_("执法单位"), max_length=100)

    class Meta:
        verbose_name = verbose_name_plural = _("统计单位")
        constraints = (models.UniqueConstraint(fields=["code", "path", "supervised_by"], name="counted_agency_once"),)

    def __str__(self) -> str:
        return self.name


class VisitNow(models.Model):
    """What a visit contributes to the sums as they stand (入企现状): one row a visit, of its version `fact_id`.

    Every measure is 0 or 1. `year`: of `day`, in Asia/Shanghai. `officers`: certificate number → name.
    """

    visit = models.CharField(_("入企编号"), max_length=64, primary_key=True)
    fact_id = models.BigIntegerField(_("入企事实"))
    day = models.DateField(_("日期"))
    year = models.SmallIntegerField(_("年份"))
    started_at = models.DateTimeField(_("入企时间"))
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    region_code = models.CharField(_("地区"), max_length=9)
    agency = models.ForeignKey(CountedAgency, **NAMED)
    purpose = models.CharField(_("目的"), max_length=12)
    category = models.CharField(_("类别"), max_length=12)
    joint_id = models.CharField(_("联合检查"), max_length=64)
    officers = models.JSONField(_("执法人员"))
    visits = models.SmallIntegerField(_("入企"))
    once = models.SmallIntegerField(_("打扰"))
    counted = models.SmallIntegerField(_("计入上限"))
    unconfirmed = models.SmallIntegerField(_("待确认"))
    exempt = models.SmallIntegerField(_("豁免"))
    superior_ordered = models.SmallIntegerField(_("上级部署"))
    joint = models.SmallIntegerField(_("联合"))
    imported = models.SmallIntegerField(_("补录"))
    reported = models.SmallIntegerField(_("统计年报"))
    withdrawn = models.SmallIntegerField(_("撤回"))
    voided = models.SmallIntegerField(_("作废"))

    class Meta:
        verbose_name = verbose_name_plural = _("入企现状")
        indexes = (
            models.Index(fields=["day", "region_code"], name="visit_now_day"),
            models.Index(fields=["agency", "day"], name="visit_now_agency"),
            models.Index(fields=["joint_id"], condition=~models.Q(joint_id=""), name="visit_now_joint"),
        )

    def __str__(self) -> str:
        return self.visit


class Sums(models.Model):
    """The measures of all visits of a stretch and purpose, summed up."""

    id = models.BigAutoField(primary_key=True)
    span = models.CharField(_("期间"), max_length=1, choices=[(span.value, span.label) for span in KEPT])
    start = models.DateField(_("起始日"))
    purpose = models.CharField(_("目的"), max_length=12)
    visits = models.IntegerField(_("入企"))
    once = models.IntegerField(_("打扰"))
    counted = models.IntegerField(_("计入上限"))
    unconfirmed = models.IntegerField(_("待确认"))
    exempt = models.IntegerField(_("豁免"))
    superior_ordered = models.IntegerField(_("上级部署"))
    joint = models.IntegerField(_("联合"))
    imported = models.IntegerField(_("补录"))
    reported = models.IntegerField(_("统计年报"))
    withdrawn = models.IntegerField(_("撤回"))
    voided = models.IntegerField(_("作废"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.span} {self.start}"


class Total(Sums):
    """Sums by agency, region and category."""

    agency = models.ForeignKey(CountedAgency, **NAMED)
    region_code = models.CharField(_("地区"), max_length=9)
    category = models.CharField(_("类别"), max_length=12)

    class Meta:
        verbose_name = verbose_name_plural = _("汇总")
        constraints = (
            models.UniqueConstraint(
                fields=["span", "start", "agency", "region_code", "purpose", "category"], name="total_once"
            ),
        )
        indexes = (models.Index(fields=["agency", "span", "start"], name="total_agency"),)


class CountyTotal(Sums):
    """Sums by county and supervising organ (区县汇总), of single days too: how a city or a province stands, by day."""

    span = models.CharField(_("期间"), max_length=1, choices=Span)
    region_code = models.CharField(_("区县"), max_length=COUNTY)
    supervised_by = models.CharField(_("监督机关代码"), max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = _("区县汇总")
        constraints = (
            models.UniqueConstraint(
                fields=["span", "start", "region_code", "supervised_by", "purpose"], name="county_total_once"
            ),
        )


class EnterpriseTotal(Sums):
    """Sums by enterprise. One that moved to another region has a row in each: what happened there."""

    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    region_code = models.CharField(_("地区"), max_length=9)

    class Meta:
        verbose_name = verbose_name_plural = _("企业汇总")
        constraints = (
            models.UniqueConstraint(
                fields=["credit_code", "span", "start", "purpose", "region_code"], name="enterprise_total_once"
            ),
        )
        indexes = (
            models.Index(fields=["span", "start", "region_code"], name="enterprise_total_region"),
            models.Index(
                fields=["span", "start", "purpose", "-once", "credit_code"],
                name="enterprise_total_ranking",
            ),
        )


class OfficerTotal(Sums):
    """Sums by officer: a visit of two officers is one in each of their rows."""

    certificate_no = models.CharField(_("证件号"), max_length=40)
    name = models.CharField(_("姓名"), max_length=80)
    agency = models.ForeignKey(CountedAgency, **NAMED)

    class Meta:
        verbose_name = verbose_name_plural = _("人员汇总")
        constraints = (
            models.UniqueConstraint(
                fields=["certificate_no", "span", "start", "purpose", "agency"], name="officer_total_once"
            ),
        )
        indexes = (
            models.Index(fields=["span", "start", "agency"], name="officer_total_agency"),
            models.Index(
                fields=["span", "start", "purpose", "-visits", "certificate_no"],
                name="officer_total_ranking",
            ),
        )
